"""Figures of `e2e-slice`: their numbers, by hand, from a small store."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analysis.drawing import draw_results
from analysis.statistics import bootstrap_mean
from tests.analysis.stores import e2e_run


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.DataFrame]:
    """The CSV files of two allocators, one of them with two seeds."""
    store = tmp_path_factory.mktemp("store")
    e2e_run(store / "a", q_mbps=6, seed=1)
    e2e_run(store / "b", q_mbps=8, seed=2)
    e2e_run(store / "c", q_mbps=3, allocator="traffic")
    (drawn,) = draw_results(store, store / "out")
    assert drawn.left_out == {}
    for path in drawn.files:
        assert path.stat().st_size > (5000 if path.suffix != ".csv" else 40)
    return {path.stem: pd.read_csv(path) for path in drawn.files if path.suffix == ".csv"}


def of(table: pd.DataFrame, **wanted: object) -> list[float]:
    for column, value in wanted.items():
        table = table[table[column] == value]
    return [float(value) for value in table["mean"]]


def test_every_figure_is_there(tables: dict[str, pd.DataFrame]) -> None:
    assert set(tables) == {
        *("topology", "transport-rate", "cpu", "throughput", "throughput-cdf"),
        *("degradation", "reward", "runs"),
    }


def test_grants_and_their_use(tables: dict[str, pd.DataFrame]) -> None:
    rate = tables["transport-rate"]
    assert of(rate, allocator="equal", slice=2, quantity="granted [Mbit/s]") == [20, 20]
    assert of(rate, allocator="equal", slice=2, quantity="used [Mbit/s]") == [3, 4]
    # In the middle of intervals of 10 s.
    assert sorted(set(rate["time_s"])) == [5, 15]
    cpu = tables["cpu"]
    assert of(cpu, allocator="traffic", slice=1, quantity="granted [millicores]") == [1000, 1000]
    assert of(cpu, allocator="traffic", slice=1, quantity="used [millicores]") == [100, 200]


def test_throughput_by_slot_with_the_band_of_the_seeds(tables: dict[str, pd.DataFrame]) -> None:
    table = tables["throughput"]
    q = table[(table["quantity"] == "q [Mbit/s]") & (table["allocator"] == "equal")]
    first = q[q["slice"] == 1]
    assert list(first["time_s"]) == [5, 10, 15, 20]
    assert list(first["mean"]) == [7, 8, 7, 8]
    band = bootstrap_mean([6.0, 8.0])
    assert (first["low"].iloc[0], first["high"].iloc[0]) == (band.low, band.high) == (6, 8)
    # Without viewers there is no throughput, not one of 0.
    assert list(q[q["slice"] == 2]["time_s"]) == [5, 10, 15]
    assert of(table, allocator="equal", slice=2, quantity="viewers") == [2, 2, 2, 0]


def test_degradation_cost_and_reward(tables: dict[str, pd.DataFrame]) -> None:
    assert of(tables["degradation"], allocator="equal", slice=1) == [0.5, 0.25]
    # (10 + 20) / 50 of the rate, 2000 / 4000 of the CPU.
    assert of(tables["reward"], allocator="equal", quantity="cost") == [1.1, 1.1]
    assert of(tables["reward"], allocator="equal", quantity="reward") == [-1.5, -0.75]


def test_distribution_of_throughput(tables: dict[str, pd.DataFrame]) -> None:
    table = tables["throughput-cdf"]
    for _, curve in table.groupby(["allocator", "slice"]):
        assert curve["q_mbps"].is_monotonic_increasing
        assert curve["mean"].is_monotonic_increasing
        assert curve["mean"].iloc[-1] == 1
    # Seed 1 has 6, 7, 6 (and no viewers in the last slot), seed 2 has 8, 9, 8.
    curve = table[(table["allocator"] == "equal") & (table["slice"] == 2)].set_index("q_mbps")
    assert curve["mean"].to_dict() == pytest.approx({6: 1 / 3, 7: 1 / 2, 8: 5 / 6, 9: 1})
    assert list(curve["high"])[:2] == pytest.approx([2 / 3, 1], rel=1e-5)


def test_a_slice_without_viewers_is_drawn(tmp_path: Path) -> None:
    folder = e2e_run(tmp_path / "a")
    steps = pd.read_parquet(folder / "steps.parquet")
    steps.loc[steps["slice"] == 2, "users"] = 0.0
    steps.to_parquet(folder / "steps.parquet")
    draw_results(folder, tmp_path / "out")
    table = pd.read_csv(tmp_path / "out" / "e2e-slice" / "throughput-cdf.csv")
    assert set(table["slice"]) == {1}
