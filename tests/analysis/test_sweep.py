"""Which comparisons are points of a curve over one number, and the curve."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.comparison import compare
from analysis.drawing import draw_results
from analysis.figures.sweep import headline_table, metrics
from analysis.metric_table import METHOD
from analysis.report.page import write_report
from analysis.statistics import bootstrap_mean
from analysis.store_reader import read_store
from analysis.style import style
from analysis.sweep import Sweep, sweeps_of
from tests.analysis.report.reports import Page
from tests.analysis.stores import e2e_run, edge_run

LOSSES = {"conservation": {"sent": 9, "received": 9, "dropped": {"timed_out": 0}}}


def store_of(folder: Path, *parameters: dict[str, Any]) -> Path:
    for i, own in enumerate(parameters):
        edge_run(folder / str(i), parameters=own)
    return folder


def found(store: Path) -> dict[tuple[str, str], list[float]]:
    return {
        (sweep.parameter, sweep.apart): [value for value, _ in sweep.points]
        for sweep in sweeps_of(compare(read_store(store)))
    }


def test_points_are_in_the_order_of_their_values(tmp_path: Path) -> None:
    store = store_of(tmp_path, {"rate_hz": 100}, {"rate_hz": 5}, {"rate_hz": 20.5})
    e2e_run(tmp_path / "e")  # another scenario
    assert found(store) == {("rate_hz", ""): [5, 20.5, 100]}
    (sweep,) = sweeps_of(compare(read_store(store)))
    assert sweep.name == "edge-cloud-over-rate_hz"


def test_each_number_is_swept_with_all_else_the_same(tmp_path: Path) -> None:
    grid = [{"rate_hz": rate, "users": users} for rate in (5, 6) for users in (1, 2, 3)]
    store = store_of(tmp_path, *grid)
    assert found(store) == {
        ("rate_hz", "users 1"): [5, 6],
        ("rate_hz", "users 2"): [5, 6],
        ("rate_hz", "users 3"): [5, 6],
        ("users", "rate_hz 5"): [1, 2, 3],
        ("users", "rate_hz 6"): [1, 2, 3],
    }
    names = [sweep.name for sweep in sweeps_of(compare(read_store(store)))]
    assert len(set(names)) == 5
    assert all(name.startswith("edge-cloud-over-") for name in names)


@pytest.mark.parametrize(
    "parameters",
    [
        [{"rate_hz": 5}],
        [{"rate_hz": 5, "users": 1}, {"rate_hz": 6, "users": 2}],  # which of them is it?
        [{"mask": "week"}, {"mask": "constant"}],
        [{"moves": True}, {"moves": False}],
        [{"rate_hz": 5}, {}],
    ],
)
def test_what_is_no_curve(parameters: list[dict[str, Any]], tmp_path: Path) -> None:
    assert found(store_of(tmp_path, *parameters)) == {}


def swept(tmp_path: Path) -> Sweep:
    for rate, offset in ((5, 0.0), (500, 1.0)):
        for seed, reward in enumerate((1.0, 2.0, 4.0)):
            for allocator, factor in (("equal", 1), ("traffic", -1)):
                edge_run(
                    tmp_path / f"{rate}{seed}{allocator}",
                    allocator=allocator,
                    seed=seed,
                    parameters={"rate_hz": rate},
                    summary={"reward_mean": factor * (reward + offset), **LOSSES},
                )
    (sweep,) = sweeps_of(compare(read_store(tmp_path)))
    return sweep


def test_means_and_intervals_are_those_of_the_tables(tmp_path: Path) -> None:
    table = headline_table(swept(tmp_path))
    rows = table.set_index(["metric", "allocator", "value"])
    assert list(rows.index) == [
        ("reward_mean", "equal", 5),
        ("reward_mean", "traffic", 5),
        ("reward_mean", "equal", 500),
        ("reward_mean", "traffic", 500),
    ]
    expected = bootstrap_mean([2.0, 3.0, 5.0], METHOD)
    last = rows.loc[("reward_mean", "equal", 500)]
    assert last[["seeds", "mean", "low", "high"]].tolist() == pytest.approx(
        [3, 10 / 3, expected.low, expected.high]
    )
    assert np.all(rows["low"] < rows["mean"])


def test_the_figure_shows_each_allocator_over_the_parameter(tmp_path: Path) -> None:
    sweep = swept(tmp_path)
    with style() as plt:
        figure, _ = metrics(plt, sweep)
        (axis,) = figure.axes
        assert axis.get_xlabel() == "rate_hz [1]"
        assert axis.get_ylabel() == "mean reward [1]"
        assert axis.get_xscale() == "log"  # 5 and 500
        curves = {curve.get_label(): curve.get_xydata() for curve in axis.get_lines()}
        assert {name: curve.tolist() for name, curve in curves.items()} == {
            "equal": [[5, pytest.approx(7 / 3)], [500, pytest.approx(10 / 3)]],
            "traffic": [[5, pytest.approx(-7 / 3)], [500, pytest.approx(-10 / 3)]],
        }
        plt.close(figure)


def test_it_is_drawn_beside_the_comparisons_and_in_the_report(tmp_path: Path) -> None:
    store = tmp_path / "store"
    sweep = swept(store)
    drawn = {one.shown.name: one for one in draw_results(store, tmp_path / "out")}
    assert len(drawn) == 3
    own = drawn[sweep.name]
    assert sorted(path.name for path in own.files) == [
        *("metrics.csv", "metrics.pdf", "metrics.png", "metrics.svg", "runs.csv")
    ]
    assert len((own.folder / "runs.csv").read_text().splitlines()) == 1 + 12
    write_report(store, tmp_path / "report.html", None)
    page = Page.read((tmp_path / "report.html").read_text())
    shown = [one.attributes["alt"] for one in page.all("img")]
    assert shown[0] == f"{sweep.name}: metrics"
