"""Stands between allocator and simulation: no decision passes that the scenario would refuse.

Repairs are counted by kind, never silent:

* ``clipped``: an element was outside its bounds and is moved to the nearer one;
* ``projected``: elements that share a total exceeded it together and are replaced by the nearest
  ones that do not;
* ``not_finite``, ``malformed``: the decision had NaN or infinity, or not the right fields and
  shapes; the last good decision stays in force.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from agents.protocol import Array, Decision, FieldSchema
from pyctl.errors import InvalidAction
from pyctl.projection import project_rows

# float32 shares that sum to 1 on paper miss it by a few units of the last place.
SUM_SLACK = 1e-6


@dataclass(frozen=True)
class RepairReport:
    """What the guard changed.

    Attributes:
        clipped: elements moved to their bounds.
        projected: totals that were exceeded.
        not_finite: decisions replaced because of NaN or infinity.
        malformed: decisions replaced because of their fields or shapes.
        reason: why the decision was replaced, else empty.
    """

    clipped: int = 0
    projected: int = 0
    not_finite: int = 0
    malformed: int = 0
    reason: str = ""

    @property
    def count(self) -> int:
        """Returns the number of repairs of all kinds."""
        return sum(self.counts().values())

    def counts(self) -> dict[str, int]:
        """Returns the number of repairs by kind."""
        kinds = (f.name for f in fields(self) if f.name != "reason")
        return {kind: getattr(self, kind) for kind in kinds}

    def __add__(self, other: RepairReport) -> RepairReport:
        sums = {kind: count + other.counts()[kind] for kind, count in self.counts().items()}
        return RepairReport(**sums, reason=other.reason or self.reason)


class _Unusable(Exception):
    """The decision cannot be repaired; says which kind of fault and why."""

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind


class Guard:
    """Checks and repairs the decisions of one episode."""

    def __init__(self, schemas: Sequence[FieldSchema]) -> None:
        """Takes the schemas of the action."""
        self._schemas = tuple(schemas)
        self._last_good: Decision | None = None
        self.total = RepairReport()

    def repair(self, decision: Decision) -> tuple[Decision, RepairReport]:
        """Makes a decision that the scenario accepts.

        Returns:
            The decision to put in force (float32 arrays of the schemas' shapes) and what was
            repaired.

        Raises:
            InvalidAction: the decision is not usable and no earlier one was.
        """
        try:
            good, report = self._repair_fields(decision)
        except _Unusable as fault:
            good = self._fall_back(str(fault))
            report = RepairReport(**{fault.kind: 1}, reason=str(fault))
        self._last_good = good
        self.total += report
        return good, report

    def _fall_back(self, reason: str) -> Decision:
        if self._last_good is None:
            raise InvalidAction(f"{reason}; no earlier decision can stay in force in its place")
        return self._last_good

    def _repair_fields(self, decision: Decision) -> tuple[Decision, RepairReport]:
        _require_names(decision.allocation, self._schemas)
        allocation: dict[str, Array] = {}
        report = RepairReport()
        for schema in self._schemas:
            values = _values_of(decision.allocation[schema.name], schema)
            allocation[schema.name], repaired = _repair_values(values, schema)
            report += repaired
        return Decision(allocation, decision.info), report


def _require_names(allocation: Mapping[str, Any], schemas: Sequence[FieldSchema]) -> None:
    names = [schema.name for schema in schemas]
    if set(allocation) != set(names):
        raise _Unusable(
            "malformed",
            f"the decision has the fields {sorted(allocation)}; {sorted(names)} are required",
        )


def _values_of(raw: Any, schema: FieldSchema) -> npt.NDArray[np.float64]:
    try:
        values = np.asarray(raw, dtype=np.float64)
    except (TypeError, ValueError):
        raise _Unusable(
            "malformed", f"{schema.name} is {raw!r}; numbers of shape {schema.shape} are required"
        ) from None
    if values.shape != schema.shape:
        raise _Unusable(
            "malformed", f"{schema.name} has shape {values.shape}; {schema.shape} is required"
        )
    wrong = np.argwhere(~np.isfinite(values))
    if len(wrong):
        at = tuple(int(i) for i in wrong[0])
        where = ", ".join(f"{axis} {i}" for axis, i in zip(schema.axes, at, strict=True))
        raise _Unusable(
            "not_finite",
            f"{schema.name}[{where}] is {values[at]:g}; a number between "
            f"{schema.low[at]:g} and {schema.high[at]:g} is required",
        )
    return values


def _repair_values(
    values: npt.NDArray[np.float64], schema: FieldSchema
) -> tuple[Array, RepairReport]:
    # Compared as they travel: 1 + 1e-12 is 1 in float32.
    travelling = values.astype(np.float32)
    clipped = np.clip(travelling, schema.low, schema.high)
    moved = int((clipped != travelling).sum())
    projected, exceeded = _respect_total(clipped, schema)
    return projected, RepairReport(clipped=moved, projected=exceeded)


def _respect_total(values: Array, schema: FieldSchema) -> tuple[Array, int]:
    if schema.sum_axis is None or schema.sum_max is None:
        return values, 0
    axis = schema.axes.index(schema.sum_axis)
    low = _as_rows(schema.low, axis)
    rows = _as_rows(values, axis)
    over = rows.sum(axis=1) > schema.sum_max + SUM_SLACK
    if not over.any():
        return values, 0
    # What each element has above its lower bound is what can be taken away.
    limits = schema.sum_max - low.sum(axis=1)
    rows[over] = low[over] + project_rows(rows[over] - low[over], limits[over])
    moved = np.moveaxis(values, axis, -1)
    restored = np.moveaxis(rows.reshape(moved.shape), -1, axis)
    return restored.astype(np.float32), int(over.sum())


def _as_rows(values: Array, axis: int) -> npt.NDArray[np.float64]:
    """Brings ``axis`` last and flattens the others: shape (rows, length of ``axis``)."""
    return np.moveaxis(values, axis, -1).reshape(-1, values.shape[axis]).astype(np.float64)
