"""Figures of `edge-cloud`: their numbers, by hand, from a small store."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analysis.drawing import draw_results
from tests.analysis.stores import edge_run, edge_steps

NETWORK = {
    "nodes": [
        {"name": "edge 0", "kind": "edge", "x": 0, "y": 0},
        {"name": "cloud", "kind": "cloud", "x": 1, "y": 0},
    ],
    "wires": [{"from": "edge 0", "to": "cloud", "rate_bps": 1e8, "delay_s": 0.02}],
    "airs": [],
}


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.DataFrame]:
    """The CSV files of two allocators, one of them with two seeds."""
    store = tmp_path_factory.mktemp("store")
    edge_run(store / "a", (2, 0, 2), seed=1, topology=NETWORK)
    edge_run(store / "b", (0, 4, 4), seed=2, topology=NETWORK)
    slow = edge_steps(latency_s=0.4)
    edge_run(store / "c", (0, 0, 5), allocator="static", steps=slow, topology=NETWORK)
    (drawn,) = draw_results(store, store / "out")
    assert drawn.left_out == {}
    return {path.stem: pd.read_csv(path) for path in drawn.files if path.suffix == ".csv"}


def of(table: pd.DataFrame, **wanted: object) -> list[float]:
    for column, value in wanted.items():
        table = table[table[column] == value]
    return [float(value) for value in table["mean"]]


def test_every_figure_is_there(tables: dict[str, pd.DataFrame]) -> None:
    assert set(tables) == {
        *("topology", "work", "latency", "latency-cdf", "nodes", "energy-latency", "losses"),
        "runs",
    }


def test_work_by_node_and_what_is_offered(tables: dict[str, pd.DataFrame]) -> None:
    work = tables["work"]
    assert of(work, allocator="equal", node=1, quantity="processed [1/s]") == [20, 40]
    assert of(work, allocator="equal", node=2, quantity="share") == [0.25, 0.25]
    assert of(work, allocator="static", quantity="offered [1/s]") == [40, 80]


def test_latency_is_weighted_by_requests(tables: dict[str, pd.DataFrame]) -> None:
    latency = tables["latency"]
    # (10 x 100 ms + 30 x 200 ms) / 40.
    assert of(latency, allocator="equal", quantity="mean [ms]") == pytest.approx([175, 175])
    assert of(latency, allocator="static", quantity="mean [ms]") == pytest.approx([700, 700])
    # Only the second interval completed any: 95 % of 5 in the bin from 40 to 80 ms.
    static = latency[(latency["allocator"] == "static") & (latency["quantity"] == "p95 [ms]")]
    assert list(static["time_s"]) == [15]
    assert list(static["mean"]) == pytest.approx([78])


def test_distribution_of_latency(tables: dict[str, pd.DataFrame]) -> None:
    table = tables["latency-cdf"]
    for _, curve in table.groupby("allocator"):
        assert curve["latency_ms"].is_monotonic_increasing
        assert curve["mean"].is_monotonic_increasing
        assert (curve["mean"].iloc[0], curve["mean"].iloc[-1]) == (0, 1)
    equal = table[table["allocator"] == "equal"].set_index("latency_ms")
    # Seed 1: 2 of 4 below 20 ms, none from there to 40; seed 2: none, then 4 of 8.
    assert equal["mean"].to_dict() == pytest.approx({10: 0, 20: 0.25, 40: 0.5, 80: 1})
    assert (equal["low"][20], equal["high"][20]) == (0, 0.5)


def test_nodes_energy_and_losses(tables: dict[str, pd.DataFrame]) -> None:
    nodes = tables["nodes"]
    assert of(nodes, allocator="equal", node=0, quantity="utilisation [1]") == pytest.approx([0.15])
    assert of(nodes, allocator="equal", node=2, quantity="power [W]") == [450]
    energy = tables["energy-latency"]
    # 600 W x step over 40 requests a second x step.
    assert set(energy["energy_j"]) == {15}
    assert set(energy[energy["allocator"] == "static"]["latency_ms"]) == {700}
    losses = tables["losses"]
    assert of(losses, allocator="equal", cause="rejected") == [2]
    assert of(losses, allocator="static", cause="timed_out") == [3]


def test_a_run_without_histograms_leaves_their_figures_out(tmp_path: Path) -> None:
    folder = edge_run(tmp_path / "a", topology=NETWORK)
    (folder / "histograms.parquet").unlink()
    (drawn,) = draw_results(folder, tmp_path / "out")
    need = ["histograms.latency_histogram"]
    assert drawn.left_out == {"latency": need, "latency-cdf": need}
    assert not (tmp_path / "out" / "edge-cloud" / "latency.png").exists()
