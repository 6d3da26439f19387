"""Distributions from a run's counts by bin (``histograms.parquet``).

    latency = select(run.histograms, "latency_histogram", node=2)
    edges, shares = cdf(latency)
    percentile(latency, 95)

A table has a row for each step, element and bin that holds anything, with the bin's edges and
its ``count``. Nothing is known of where in a bin the values lie.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd

Numbers = npt.NDArray[np.float64]


def select(histograms: pd.DataFrame, field: str, **ids: int) -> pd.DataFrame:
    """Selects the rows of a field, and of elements by the ids of their axes (``node=2``)."""
    rows = histograms[histograms["field"] == field]
    for axis, wanted in ids.items():
        rows = rows[rows[axis] == wanted]
    return rows


def cdf(rows: pd.DataFrame, low: str = "low_s", high: str = "high_s") -> tuple[Numbers, Numbers]:
    """Makes the cumulative distribution of one field's rows, all together.

    Args:
        rows: of one field.
        low: column of the bins' lower edges.
        high: column of the bins' upper edges.

    Returns:
        Edges, ascending, and the share of values below each, from 0 to 1; both empty of nothing.
        Between two edges a straight line is as good as any.
    """
    counts = rows.groupby([low, high])["count"].sum().reset_index()  # in the order of the edges
    points: dict[float, float] = {}
    below = 0.0
    for lower, upper, count in zip(counts[low], counts[high], counts["count"], strict=True):
        points.setdefault(float(lower), below)
        below += float(count)
        points[float(upper)] = below
    return np.array([*points]), np.array([*points.values()]) / max(below, 1.0)


def percentile(rows: pd.DataFrame, q: float, **edges: Any) -> float | None:
    """Reads a percentile off ``cdf``.

    Args:
        rows: of one field.
        q: percentage, 0 to 100.
        edges: names of the columns of the edges, as of ``cdf``.

    Returns:
        The value, right within its bin; None of nothing.
    """
    at, shares = cdf(rows, **edges)
    if at.size == 0:
        return None
    place = int(np.searchsorted(shares, q / 100, side="left"))
    if place == 0:
        return float(at[0])
    within = (q / 100 - shares[place - 1]) / (shares[place] - shares[place - 1])
    return float(at[place - 1] + within * (at[place] - at[place - 1]))
