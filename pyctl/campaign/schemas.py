"""From a scenario's description (a JSON object) to the types that allocators see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from agents.protocol import Array, Context, FieldSchema


def context_of(description: Mapping[str, Any], seed: int) -> Context:
    """Makes the context of an episode.

    Args:
        description: as the scenario printed or sent it.
        seed: of the run.
    """
    values = dict(description["context"])
    return Context(
        scenario=description["scenario"],
        seed=seed,
        interval_s=float(values["interval_s"]),
        observation=schemas_of(description["observation"]),
        action=schemas_of(description["action"]),
        values=values,
    )


def schemas_of(fields: list[Mapping[str, Any]]) -> tuple[FieldSchema, ...]:
    """Makes the schemas of the observation or of the action."""
    return tuple(_schema(field) for field in fields)


def _schema(field: Mapping[str, Any]) -> FieldSchema:
    shape = tuple(int(length) for length in field["shape"])
    return FieldSchema(
        name=field["name"],
        shape=shape,
        axes=tuple(field["axes"]),
        low=_bound(field["low"], shape),
        high=_bound(field["high"], shape),
        unit=field["unit"],
        meaning=field["meaning"],
        sum_axis=field.get("sum_axis"),
        sum_max=field.get("sum_max"),
    )


def _bound(bound: float | list[float], shape: tuple[int, ...]) -> Array:
    """Spreads a number, or a flat row-major list, over the field's shape."""
    values = np.asarray(bound, dtype=np.float32)
    if values.ndim == 0:
        return np.full(shape, values, dtype=np.float32)
    return values.reshape(shape)
