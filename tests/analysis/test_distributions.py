"""Distributions from counts by bin, by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.distributions import cdf, percentile, select

TABLE = pd.DataFrame(
    [
        ("latency", 1, 0, 1.0, 2.0, 3),
        ("latency", 2, 0, 1.0, 2.0, 1),
        ("latency", 2, 0, 4.0, 8.0, 4),
        ("latency", 2, 1, 8.0, 16.0, 2),
        ("other", 1, 0, 0.0, 1.0, 100),
    ],
    columns=["field", "step", "node", "low_s", "high_s", "count"],
)


def test_a_distribution_is_flat_where_no_bin_holds_anything() -> None:
    edges, shares = cdf(select(TABLE, "latency"))
    assert edges.tolist() == [1, 2, 4, 8, 16]
    assert shares.tolist() == pytest.approx([0, 0.4, 0.4, 0.8, 1])


def test_elements_are_selected_by_id() -> None:
    edges, shares = cdf(select(TABLE, "latency", node=0, step=2))
    assert edges.tolist() == [1, 2, 4, 8]
    assert shares.tolist() == pytest.approx([0, 0.2, 0.2, 1])


def test_percentiles_lie_in_their_bin() -> None:
    rows = select(TABLE, "latency")
    # 60 % is half of the second bin's 40 %.
    assert [percentile(rows, q) for q in (0, 20, 40, 60, 100)] == pytest.approx([1, 1.5, 2, 6, 16])


def test_nothing_has_no_distribution() -> None:
    rows = select(TABLE, "latency", node=7)
    assert [values.size for values in cdf(rows)] == [0, 0]
    assert percentile(rows, 50) is None
