"""What the environments of a vector have each of its own, and what in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium import spaces

from pyctl.errors import UsageError
from pyctl.seeds import MAX_SEED, require_seed

Params = Mapping[str, Any]
Space = Any  # spaces.Dict of Boxes, which gymnasium's types do not say


def params_of_each(params: Params | Sequence[Params] | None, n: int) -> list[Params]:
    """Gives each environment its parameters: the same ones, or one of a list of ``n``.

    Raises:
        UsageError: the list has another length, or is none of mappings.
    """
    if params is None or isinstance(params, Mapping):
        return [params or {}] * n
    if isinstance(params, str) or not all(isinstance(each, Mapping) for each in params):
        raise UsageError(f"params is {params!r}; a dict, or a list of one for each is required")
    if len(params) != n:
        raise UsageError(f"params has {len(params)} entries; one for all, or {n} are required")
    return list(params)


def seeds_of_each(seed: int | Sequence[int | None] | None, n: int) -> list[int | None]:
    """Gives each environment its seed: the next number for the next one, or those of a list.

    Raises:
        UsageError: the list has another length, or a seed is not one.
    """
    if seed is None:
        return [None] * n
    if isinstance(seed, int | np.integer) and not isinstance(seed, bool):
        first = require_seed("seed", seed, MAX_SEED - n + 1)
        return [first + i for i in range(n)]
    if isinstance(seed, str | bool) or not isinstance(seed, Sequence) or len(seed) != n:
        raise UsageError(f"seed is {seed!r}; a whole number, or a list of {n} is required")
    for i, each in enumerate(seed):
        if each is not None:
            require_seed(f"seed[{i}]", each)
    return list(seed)


def log_of_each(log_path: str | Path | None, n: int) -> list[Path | None]:
    """Gives each environment its log: ``run.log`` becomes ``run-0.log`` and so on."""
    if log_path is None:
        return [None] * n
    path = Path(log_path)
    return [path.with_name(f"{path.stem}-{i}{path.suffix}") for i in range(n)]


def common_action_space(each: Sequence[Space]) -> spaces.Dict:
    """Returns the action space of all.

    Raises:
        UsageError: they differ.
    """
    _require_same_layout(each, "action")
    for i, space in enumerate(each):
        for name, box in space.spaces.items():
            if box != each[0][name]:
                raise UsageError(
                    f"params[{i}] bounds the action {name} by {box}, params[0] by "
                    f"{each[0][name]}; the same is required"
                )
    common: spaces.Dict = each[0]
    return common


def common_observation_space(each: Sequence[Space]) -> spaces.Dict:
    """Returns the space that all observations are in: of the lowest lows and the highest highs.

    Raises:
        UsageError: they differ in more than their bounds.
    """
    _require_same_layout(each, "observation")
    widest = []
    for name in each[0]:
        boxes = [space[name] for space in each]
        low, high = (np.stack([getattr(box, side) for box in boxes]) for side in ("low", "high"))
        widest.append((name, spaces.Box(low.min(0), high.max(0), dtype=boxes[0].dtype)))
    return spaces.Dict(widest)  # pairs keep the order of the fields


def _require_same_layout(each: Sequence[Space], where: str) -> None:
    layouts = [{n: (b.shape, str(b.dtype)) for n, b in space.spaces.items()} for space in each]
    for i, layout in enumerate(layouts):
        if layout != layouts[0]:
            name = next(n for n in {**layouts[0], **layout} if layout.get(n) != layouts[0].get(n))
            raise UsageError(
                f"params[{i}] gives the {where} {name} the layout {_say(layout.get(name))}, "
                f"params[0] {_say(layouts[0].get(name))}; the same is required"
            )


def _say(layout: tuple[Any, str] | None) -> str:
    return "none" if layout is None else f"{layout[1]} {layout[0]}"
