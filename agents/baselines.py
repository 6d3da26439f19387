"""Allocators that need no learning: the floor and the references of every comparison.

They decide every action field whose elements share a total along its last axis, such as ``prb_max``
(cell, slice), and give shares to the slices that are present only. Switches, fields of unit
``flag`` such as ``admit``, are 1 for all slices that are present.
"""

from __future__ import annotations

import abc
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from agents.errors import AllocatorError
from agents.protocol import Allocator, Context, Decision, FieldSchema, Observation

Floats = npt.NDArray[np.float64]

# Decimal shares such as 0.1 + 0.2 + 0.7 sum to 1 within a few units of the last place only.
SUM_SLACK = 1e-6
SWITCH_UNIT = "flag"


class ShareAllocator(Allocator):
    """Base of the allocators that split a total among the slices that are present."""

    def reset(self, context: Context) -> None:
        """Takes the action fields.

        Raises:
            AllocatorError: an action field is no switch and has no total to share along its last
                axis.
        """
        for schema in context.action:
            if is_switch(schema):
                continue
            if schema.sum_max is None or schema.sum_axis != schema.axes[-1]:
                raise AllocatorError(
                    f"allocator {self.name} cannot decide {schema.name}: it splits totals, and the "
                    f"elements of {schema.name} share none along their last axis"
                )
        self._schemas = context.action

    def act(self, observation: Observation) -> Decision:
        """Gives each slice its weight's share of the total."""
        return Decision(
            {schema.name: self._allocate(schema, observation) for schema in self._schemas}
        )

    def _allocate(self, schema: FieldSchema, observation: Observation) -> npt.NDArray[np.float32]:
        present = present_slices(schema, observation)
        if is_switch(schema):
            return present.astype(np.float32)
        assert schema.sum_max is not None  # noqa: S101 - reset() made sure
        shares = self.shares(schema, present, observation) * schema.sum_max
        return np.clip(shares, schema.low, schema.high).astype(np.float32)

    @abc.abstractmethod
    def shares(self, schema: FieldSchema, present: Floats, observation: Observation) -> Floats:
        """Splits 1 along the last axis.

        Args:
            schema: the field to decide.
            present: 1 where the slice is present, else 0; of the field's shape.
            observation: at this border.

        Returns:
            Fractions of the total, of the field's shape; 0 where ``present`` is.
        """


def is_switch(schema: FieldSchema) -> bool:
    """Tells whether a field's elements mean yes (1) or no (0)."""
    return schema.unit == SWITCH_UNIT


def present_slices(schema: FieldSchema, observation: Observation) -> Floats:
    """Tells which elements of a field belong to slices that are present.

    Returns:
        1 or 0, of the field's shape; all 1 in a scenario without the field ``slice_present``.
    """
    present = observation.fields.get("slice_present")
    if present is None or present.shape != schema.shape:
        return np.ones(schema.shape)
    return (present > 0).astype(np.float64)


def proportional(weights: Floats, present: Floats) -> Floats:
    """Splits 1 along the last axis in proportion to ``weights``; equally where all are 0.

    Args:
        weights: not negative, of any shape.
        present: 1 or 0, of the same shape; only elements with 1 get a share.
    """
    counted = weights * present
    total = counted.sum(axis=-1, keepdims=True)
    counted = np.where(total > 0, counted, present)
    total = counted.sum(axis=-1, keepdims=True)
    shares: Floats = np.divide(counted, total, out=np.zeros_like(counted), where=total > 0)
    return shares


class Equal(ShareAllocator):
    """The same share for every slice that is present."""

    name: ClassVar[str] = "equal"
    summary: ClassVar[str] = "the same share for every slice"

    def shares(self, schema: FieldSchema, present: Floats, observation: Observation) -> Floats:
        """Splits equally."""
        return proportional(present, present)


@dataclass(frozen=True)
class StaticSettings:
    """Settings of ``Static``.

    Attributes:
        shares: one number for each slice, or a row of them for each cell.
    """

    shares: tuple[float, ...] | tuple[tuple[float, ...], ...] = field(
        metadata={
            "help": "share of each slice as 0.4,0.3,0.2,0.1 (together at most 1), "
            "or [[...], ...] with one row for each cell"
        }
    )

    def __post_init__(self) -> None:
        """Refuses shares that no scenario could put in force."""
        rows = self._rows()
        if any(len(row) != len(rows[0]) for row in rows):
            raise AllocatorError("shares has rows of different lengths; one number for each slice")
        table = np.array(rows, dtype=np.float64)
        for value in table.ravel():
            if not (np.isfinite(value) and value >= 0):
                raise AllocatorError(
                    f"shares contains {value:g}; numbers between 0 and 1 are required"
                )
        for total in table.sum(axis=1):
            if total > 1 + SUM_SLACK:
                raise AllocatorError(
                    f"shares {list(self.shares)} sum to {total:g}; at most 1 is allowed"
                )

    def _rows(self) -> list[tuple[float, ...]]:
        nested = [share for share in self.shares if isinstance(share, tuple)]
        flat = tuple(share for share in self.shares if not isinstance(share, tuple))
        return [*nested, flat] if flat or not nested else nested


class Static(ShareAllocator):
    """Shares that the user gives; they do not change while the run lasts."""

    name: ClassVar[str] = "static"
    summary: ClassVar[str] = "fixed shares, given by the setting shares"
    Settings: ClassVar[type[StaticSettings]] = StaticSettings

    def reset(self, context: Context) -> None:
        """Fits the shares to the action fields.

        Raises:
            AllocatorError: there are not as many shares as slices (and rows as cells).
        """
        super().reset(context)
        self._shares = np.array(self.settings.shares, dtype=np.float64)
        for schema in context.action:
            if is_switch(schema):
                continue
            if self._shares.shape not in (schema.shape[-1:], schema.shape):
                raise AllocatorError(
                    f"shares has {_size(self._shares.shape)}; {_size(schema.shape[-1:])} "
                    f"(one for each slice) or {_size(schema.shape)} is required"
                )

    def shares(self, schema: FieldSchema, present: Floats, observation: Observation) -> Floats:
        """Gives the slices that are present what the user gave them; the rest stays free."""
        return np.broadcast_to(self._shares, schema.shape) * present


class Traffic(ShareAllocator):
    """Shares in proportion to the true load that the slices will offer (baseline of paper 001).

    It knows the coming interval, which no real system does; where nothing will be offered it splits
    equally.
    """

    name: ClassVar[str] = "traffic"
    summary: ClassVar[str] = "shares in proportion to the true coming load (knows the future)"
    needs_future: ClassVar[bool] = True

    def shares(self, schema: FieldSchema, present: Floats, observation: Observation) -> Floats:
        """Splits in proportion to ``future["offered"]`` [bit/s]."""
        return proportional(_offered(observation.future, schema), present)


def _offered(future: Mapping[str, npt.NDArray[np.float32]] | None, schema: FieldSchema) -> Floats:
    if future is None or "offered" not in future:
        raise AllocatorError(
            "allocator traffic needs the load offered in the coming interval, "
            "and this scenario does not tell it"
        )
    return np.broadcast_to(np.asarray(future["offered"], dtype=np.float64), schema.shape)


def _size(shape: tuple[int, ...]) -> str:
    if len(shape) == 1:
        return f"{shape[0]} number" + ("s" if shape[0] != 1 else "")
    return " x ".join(str(length) for length in shape)
