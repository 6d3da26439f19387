"""Checks values against gymnasium spaces and says which element is wrong, and how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from pyctl.errors import InvalidAction
from pyctl.projection import project_rows

Space = spaces.Space[Any]

# float32 shares that sum to 1 on paper miss it by a few units of the last place; the scenarios
# allow as much.
SUM_SLACK = 1e-5


def checked(value: Any, space: Space, where: str = "action") -> Any:
    """Returns a value in the space's own types, or tells what is wrong with it.

    Args:
        value: arrays may be lists and of other number types.
        space: of Box, Discrete, Tuple, Dict.
        where: what the value is, for the error's text.

    Raises:
        InvalidAction: the value is not in the space.
    """
    if isinstance(space, spaces.Box):
        return _checked_box(value, space, where)
    if isinstance(space, spaces.Discrete):
        return _checked_choice(value, space, where)
    if isinstance(space, spaces.Tuple):
        if not isinstance(value, Sequence) or len(value) != len(space.spaces):
            raise InvalidAction(f"{where} is {value!r}; {len(space.spaces)} values are required")
        return tuple(
            checked(v, s, f"{where}.{i}")
            for i, (v, s) in enumerate(zip(value, space.spaces, strict=True))
        )
    if isinstance(space, spaces.Dict):
        if not isinstance(value, Mapping) or set(value) != set(space.spaces):
            given = sorted(value) if isinstance(value, Mapping) else repr(value)
            raise InvalidAction(
                f"{where} has the fields {given}; {sorted(space.spaces)} are required"
            )
        return {name: checked(value[name], s, name) for name, s in space.spaces.items()}
    raise InvalidAction(f"{where}: a value of {space} cannot travel")


def require_sums(values: Mapping[str, Any], fields: Sequence[Mapping[str, Any]]) -> None:
    """Checks the totals that the description limits.

    Args:
        values: arrays by field name, in their spaces.
        fields: of the description.

    Raises:
        InvalidAction: a total is above its limit.
    """
    for field in fields:
        if field.get("sum_axis") is None or field.get("sum_max") is None:
            continue
        axis = field["axes"].index(field["sum_axis"])
        totals = np.sum(values[field["name"]], axis=axis, dtype=np.float64)
        wrong = np.argwhere(totals > field["sum_max"] + SUM_SLACK)
        if len(wrong):
            at = tuple(int(i) for i in wrong[0])
            others = [name for i, name in enumerate(field["axes"]) if i != axis]
            raise InvalidAction(
                f"{field['name']}{_place(others, at)} sums to {totals[at]:g} over the "
                f"{field['sum_axis']}s; at most {field['sum_max']:g} is allowed"
            )


def project_sums(
    values: Mapping[str, npt.NDArray[Any]], fields: Sequence[Mapping[str, Any]]
) -> tuple[dict[str, npt.NDArray[Any]], int]:
    """Moves totals above their limits to the nearest allowed point.

    Args:
        values: arrays by field name, in their spaces, whose lower bounds are 0.
        fields: of the description.

    Returns:
        The values, and how many totals were above their limits.
    """
    projected = dict(values)
    count = 0
    for field in fields:
        if field.get("sum_axis") is None or field.get("sum_max") is None:
            continue
        axis = field["axes"].index(field["sum_axis"])
        moved = np.moveaxis(values[field["name"]], axis, -1)
        rows = moved.reshape(-1, moved.shape[-1]).astype(np.float64)
        count += int((rows.sum(axis=1) > field["sum_max"] + SUM_SLACK).sum())
        rows = project_rows(rows, field["sum_max"])
        back = np.moveaxis(rows.reshape(moved.shape), -1, axis)
        projected[field["name"]] = back.astype(values[field["name"]].dtype)
    return projected, count


def _checked_box(value: Any, space: spaces.Box, where: str) -> npt.NDArray[Any]:
    try:
        given = np.asarray(value)
        exact = given.astype(space.dtype)
    except (TypeError, ValueError, OverflowError):
        raise InvalidAction(
            f"{where} is {value!r}; numbers of shape {space.shape} are required"
        ) from None
    if given.dtype.kind not in "iufb":
        raise InvalidAction(f"{where} is {value!r}; numbers of shape {space.shape} are required")
    if given.shape != space.shape:
        raise InvalidAction(f"{where} has shape {given.shape}; {space.shape} is required")
    # Integers are compared as given: a cast may wrap them around.
    compared = exact if space.dtype.kind == "f" else given
    fits = np.isfinite(compared) & (compared >= space.low) & (compared <= space.high)
    if space.dtype.kind in "iu":
        fits &= given == np.floor(given)
    if not fits.all():
        at = tuple(int(i) for i in np.argwhere(~fits)[0])
        kind = "number" if space.dtype.kind == "f" else "whole number"
        raise InvalidAction(
            f"{where}{_place([], at)} is {given[at]:g}; a {kind} between {space.low[at]:g} and "
            f"{space.high[at]:g} is required"
        )
    return exact


def _checked_choice(value: Any, space: spaces.Discrete, where: str) -> np.int64:
    last = int(space.start) + int(space.n) - 1
    try:
        whole = int(value)
        if whole != value or isinstance(value, bool):
            raise ValueError(value)
    except (TypeError, ValueError, OverflowError):
        raise InvalidAction(
            f"{where} is {value!r}; a whole number from {int(space.start)} to {last} is required"
        ) from None
    if not space.start <= whole <= last:
        raise InvalidAction(
            f"{where} is {whole}; a whole number from {int(space.start)} to {last} is required"
        )
    return np.int64(whole)


def _place(axes: Sequence[str], at: Sequence[int]) -> str:
    if not at:
        return ""
    if len(axes) == len(at):
        return "[" + ", ".join(f"{name} {i}" for name, i in zip(axes, at, strict=True)) + "]"
    return "[" + ", ".join(str(i) for i in at) + "]"
