"""Metrics by allocator over paired seeds, by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.comparison import compare
from analysis.errors import NoSuchName
from analysis.metric_table import MetricTable, metric_names, metric_tables
from analysis.metrics import metrics_of
from analysis.statistics import Interval, bootstrap_mean
from analysis.store_reader import read_store
from analysis.words import interval, left_out, needed, number, ordering
from tests.analysis.stores import edge_run

UTILITY = {
    "equal": {1: 0.50, 2: 0.40, 3: 0.60, 4: 0.55},
    "traffic": {1: 0.52, 2: 0.43, 3: 0.61, 5: 0.10},
}


@pytest.fixture
def store(tmp_path: Path) -> Path:
    for allocator, values in UTILITY.items():
        for seed, value in values.items():
            edge_run(
                tmp_path / f"{allocator}{seed}",
                allocator=allocator,
                seed=seed,
                summary={"utility_mean": value, "per_slice": {"1": {"r_mean": value / 2}}},
            )
    return tmp_path


def table_of(store: Path, metric: str = "utility_mean") -> MetricTable:
    (table,), left = metric_tables(compare(read_store(store)), metric, "equal")
    assert left == []
    return table


def test_numbers_of_a_summary() -> None:
    summary = {
        "steps": 4,
        "kpi_sha256": "ab",
        "p_r1": None,
        "terminated": True,
        "bad": float("nan"),
        "per_slice": {"1": {"r_mean": 0.5, "kind": "edge"}},
        "latency": {"p95": 0.25},
    }
    assert metrics_of(summary) == {"steps": 4.0, "per_slice.1.r_mean": 0.5, "latency.p95": 0.25}


def test_differences_are_those_of_the_same_seeds(store: Path) -> None:
    equal, traffic = table_of(store).rows
    assert (equal.label, equal.seeds, equal.difference) == ("equal", (1, 2, 3, 4), None)
    assert equal.mean == bootstrap_mean([0.50, 0.40, 0.60, 0.55], "bca")
    assert traffic.seeds == (1, 2, 3)
    assert traffic.left_out == {4: "not run with traffic", 5: "not run with equal"}
    assert traffic.mean is not None
    assert traffic.mean.mean == pytest.approx((0.52 + 0.43 + 0.61) / 3)
    assert traffic.difference is not None
    assert traffic.difference.interval.mean == pytest.approx((0.02 + 0.03 + 0.01) / 3)
    assert (traffic.difference.pairs, traffic.difference.ordering) == (3, "above")
    half = table_of(store, "per_slice.1.r_mean").rows[1].difference
    assert half is not None
    assert half.interval.mean == pytest.approx(0.01)


def test_words(store: Path) -> None:
    traffic = table_of(store).rows[1]
    assert traffic.difference is not None
    assert ordering(traffic.difference) == "above"
    assert needed(traffic.difference) == ""
    assert left_out(traffic) == ("seeds left out: 4 (not run with traffic); 5 (not run with equal)")
    assert number(None) == "-"
    assert interval(bootstrap_mean([1.5]), 1) == "-"
    assert interval(Interval(2.0, 1.23456, 3.0), 4) == "1.235 to 3"


def test_other_parameters_are_not_compared(store: Path) -> None:
    edge_run(store / "far", parameters={"rate_hz": 9}, seed=1, summary={"utility_mean": 1.0})
    edge_run(
        store / "farther",
        allocator="traffic",
        parameters={"rate_hz": 10},
        summary={"utility_mean": 1.0},
    )
    tables, left = metric_tables(compare(read_store(store)), "utility_mean", "equal")
    assert sorted(len(table.rows) for table in tables) == [1, 2]
    assert len(left) == 1  # there is nothing with `equal` to compare with
    assert left[0] not in {table.name for table in tables}


def test_a_run_without_a_value_is_named(store: Path) -> None:
    edge_run(store / "late", allocator="traffic", seed=4, summary={"utility_mean": None})
    assert table_of(store).rows[1].left_out[4] == "no value with traffic"


def test_unknown_names(store: Path) -> None:
    comparisons = compare(read_store(store))
    assert metric_names(comparisons[0]) == ["utility_mean", "per_slice.1.r_mean"]
    with pytest.raises(NoSuchName, match=r"unknown metric 'utility'; known: per_slice\.1\.r_mean"):
        metric_tables(comparisons, "utility", "equal")
    with pytest.raises(NoSuchName, match="unknown allocator 'fair'; known: equal, traffic"):
        metric_tables(comparisons, "utility_mean", "fair")
