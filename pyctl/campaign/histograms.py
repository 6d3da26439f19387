"""The table of the counts by bin that a run observed.

A field whose last axis has a name that ends in ``_bin`` is a histogram: the context lists its bins
(axis ``latency_bin``: ``latency_bins``), each with its edges. Histograms are not among the columns
of ``steps``, where all else would have to repeat for each bin.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from agents.protocol import Array, Context, FieldSchema

if TYPE_CHECKING:
    import pandas as pd

BIN = "_bin"


def is_histogram(schema: FieldSchema) -> bool:
    """Says whether a field counts by bin."""
    return bool(schema.axes) and schema.axes[-1].endswith(BIN)


def histogram_table(
    context: Context, borders: Sequence[tuple[int, float, Mapping[str, Array]]]
) -> pd.DataFrame | None:
    """Makes the table of all histograms, or None if the scenario has none.

    Args:
        context: with the fields' schemas and the bins.
        borders: step, simulated time [s] and observed fields of each interval.

    Returns:
        One row for each field, step, element and bin that holds anything: ``field``, ``step``,
        ``t_sim_s``, the other axes' ids, ``bin``, its edges as the context names them, ``count``.
    """
    import pandas as pd

    schemas = [schema for schema in context.observation if is_histogram(schema)]
    if not schemas:
        return None
    frames = [pd.DataFrame(_columns(schema, context.values, borders)) for schema in schemas]
    return pd.concat(frames, ignore_index=True)


def _columns(
    schema: FieldSchema,
    values: Mapping[str, Any],
    borders: Sequence[tuple[int, float, Mapping[str, Array]]],
) -> dict[str, npt.NDArray[Any]]:
    counts = np.zeros((len(borders), *schema.shape), np.float32)
    for i, (_, _, observed) in enumerate(borders):
        counts[i] = observed[schema.name]
    border, *elements, bin_ = np.nonzero(counts)
    columns: dict[str, npt.NDArray[Any]] = {
        "field": np.full(border.size, schema.name, dtype=object),
        "step": np.array([step for step, *_ in borders], np.int64)[border],
        "t_sim_s": np.array([t_sim_s for _, t_sim_s, _ in borders], np.float64)[border],
    }
    for axis, length, index in zip(schema.axes, schema.shape, elements, strict=False):
        columns[axis] = np.array(axis_ids(values, axis, length))[index]
    columns["bin"] = bin_
    bins = values[schema.axes[-1] + "s"]
    for edge in (key for key in bins[0] if key != "id"):
        columns[edge] = np.array([float(entry[edge]) for entry in bins])[bin_]
    columns["count"] = counts[(border, *elements, bin_)].astype(np.int64)
    return columns


def axis_ids(values: Mapping[str, Any], axis: str, length: int) -> list[int]:
    """Reads the ids along an axis from the context: ``cells`` has those of the axis ``cell``."""
    entries = values.get(axis + "s")
    if isinstance(entries, list) and len(entries) == length:
        return [int(entry["id"]) for entry in entries]
    return list(range(length))
