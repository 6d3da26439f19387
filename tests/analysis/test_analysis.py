"""Metrics by hand, statistics, run folders and the figures of `cells`."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.comparison import compare
from analysis.drawing import draw_runs
from analysis.errors import StoreReadError
from analysis.figures import cells
from analysis.metrics import summarise, utility_by_step
from analysis.statistics import bootstrap_mean
from analysis.store_reader import read_run
from analysis.style import style

SLICES = [
    {"id": 1, "target_bps": 2e6, "delay_bound_s": 0.1},
    {"id": 3, "target_bps": 1e6, "delay_bound_s": 0.1},
]


def steps_table(steps: int = 4, shift: float = 0.0) -> pd.DataFrame:
    """Two cells, two slices; slice 3 appears at step 3."""
    rng = np.random.default_rng(3)
    rows = []
    for step in range(1, steps + 1):
        for cell in (0, 1):
            for entry in SLICES:
                active = float(entry["id"] == 1 or step >= 3)
                rows.append(
                    {
                        "step": step,
                        "t_sim_s": float(step),
                        "cell": cell,
                        "slice": entry["id"],
                        "thp_dl": active * (1e6 + 1e5 * rng.uniform() + shift),
                        "delay_e2e": active * 0.02,
                        "delay_e2e_p95": active * 0.05,
                        "prb_used_dl": active * (10 + cell),
                        "cqi": active * 9,
                        "loss": 0.0,
                        "offered": active * 4e6,
                        "r": active * (1.0 if cell == 0 else 0.5),
                        "prb_max": 0.5,
                        "slice_active": active,
                    }
                )
    return pd.DataFrame(rows)


def write_run(folder: Path, allocator: str, shift: float = 0.0, seed: int = 1) -> Path:
    folder.mkdir(parents=True)
    steps_table(shift=shift).to_parquet(folder / "steps.parquet")
    documents: dict[str, Any] = {
        "config": {
            "scenario": "cells",
            "allocator": allocator,
            "allocator_settings": {},
            "parameters": {},
            "seed": seed,
            "mask_sha256": None,
        },
        "description": {
            "scenario": "cells",
            "context": {
                "slices": SLICES,
                "interval_real_s": 900,
                "ues_per_slice": 4,
                "prbs": 100,
            },
        },
        "summary": {"steps": 4},
        "topology": {
            "sites": [{"id": 0, "x_m": 0, "y_m": 0}],
            "cells": [{"id": 0, "site": 0, "bearing_deg": 30, "x_m": 0, "y_m": 0}],
            "ues": [
                {"id": 0, "cell": 0, "slice": 1, "x_m": 20, "y_m": 30},
                {"id": 1, "cell": 0, "slice": 3, "x_m": -20, "y_m": 10},
            ],
            "sinr_map": {
                "x0_m": -50,
                "y0_m": -50,
                "step_m": 25,
                "columns": 5,
                "rows": 4,
                "sinr_db": list(range(20)),
            },
        },
    }
    for name, value in documents.items():
        (folder / f"{name}.json").write_text(json.dumps(value))
    return folder


def test_summary_by_hand() -> None:
    steps = steps_table()
    intervals = pd.DataFrame({"reward": [0.5, 0.7]})
    figures = summarise(steps, intervals, {"context": {"slices": SLICES}})
    # Every interval has as many r = 1 (cell 0) as r = 0.5 (cell 1), whatever slices are there.
    expected = (math.log(2) + math.log(1.5)) / 2
    assert figures["utility_mean"] == pytest.approx(expected)
    assert utility_by_step(steps).tolist() == pytest.approx([expected] * 4)
    assert figures["p_r1"] == 0.5
    assert figures["reward_mean"] == pytest.approx(0.6)
    slice_3 = figures["per_slice"]["3"]
    assert slice_3["target_bps"] == 1e6
    assert slice_3["r_mean"] == pytest.approx(0.75)
    assert slice_3["prb_used_dl_mean"] == pytest.approx(10.5)
    # Rows in which slice 3 was absent do not dilute it.
    assert slice_3["offered_mean"] == pytest.approx(4e6)


def test_summary_without_qos() -> None:
    steps = pd.DataFrame({"step": [1], "cell": [0], "slice": [1], "echo": [0.5]})
    figures = summarise(steps, pd.DataFrame({"reward": [2.0]}), {"context": {}})
    assert figures["utility_mean"] is None
    assert figures["reward_mean"] == 2.0


def test_bootstrap_covers_the_mean() -> None:
    rng = np.random.default_rng(0)
    sample = rng.normal(5, 2, 400)
    interval = bootstrap_mean(sample)
    assert interval == bootstrap_mean(sample)
    half = 1.96 * sample.std(ddof=1) / 20
    assert interval.high - interval.mean == pytest.approx(half, rel=0.1)
    assert interval.mean - interval.low == pytest.approx(half, rel=0.1)
    assert bootstrap_mean([3.0]).low == bootstrap_mean([3.0]).high == 3.0
    for wrong in ([], [1.0, math.nan]):
        with pytest.raises(ValueError, match="a mean needs finite values"):
            bootstrap_mean(wrong)


def test_folders_that_are_no_runs(tmp_path: Path) -> None:
    with pytest.raises(StoreReadError, match=r"holds no finished run: summary\.json is missing"):
        read_run(tmp_path)
    folder = write_run(tmp_path / "run", "equal")
    (folder / "steps.parquet").write_bytes(b"no")
    with pytest.raises(StoreReadError, match=r"steps\.parquet"):
        _ = read_run(folder).steps
    other = write_run(tmp_path / "other", "equal")
    (other / "config.json").write_text("{")
    with pytest.raises(StoreReadError, match=r"config\.json"):
        read_run(other)


def test_figures_say_what_they_show(tmp_path: Path) -> None:
    runs = [
        read_run(write_run(tmp_path / "a", "equal")),
        read_run(write_run(tmp_path / "b", "traffic", 5e5)),
    ]
    (comparison,) = compare(runs)
    with style() as plt:
        figure, table = cells.throughput(plt, comparison)
        assert [axis.get_ylabel() for axis in figure.axes] == [
            "slice 1\nMbit/s per user",
            "slice 3\nMbit/s per user",
        ]
        legend = {text.get_text() for text in figure.legends[0].get_texts()}
        assert legend == {"offered", "equal", "traffic", "target"}
        line = next(line for line in figure.axes[0].lines if line.get_label() == "equal")
        own = table[(table["allocator"] == "equal") & (table["slice"] == 1)]
        np.testing.assert_allclose(line.get_ydata(), own["mean"] / 1e6)
        # Steps stand in the middle of their quarter hours.
        np.testing.assert_allclose(line.get_xdata(), [0.125, 0.375, 0.625, 0.875])
        offered = table[(table["allocator"] == "offered") & (table["slice"] == 1)]
        np.testing.assert_allclose(offered["mean"], 1e6)

        figure, table = cells.satisfaction(plt, comparison)
        assert figure.axes[0].get_xlabel().startswith("QoS satisfaction r")
        assert {text.get_text() for text in figure.legends[0].get_texts()} == {
            "equal: P(r = 1) = 0.500",
            "traffic: P(r = 1) = 0.500",
        }
        figure, _ = cells.topology(plt, comparison)
        assert figure.axes[0].get_xlabel() == "x [m]"
        assert "dB" in figure.axes[1].get_ylabel()
        plt.close("all")


def test_bands_are_over_cells_of_one_run_and_over_seeds_of_several(tmp_path: Path) -> None:
    first = read_run(write_run(tmp_path / "a", "equal"))
    (alone,) = compare([first])
    own = cells.over_time(alone.variants[0], "prb_used_dl")
    # Cells use 10 and 11 PRBs.
    assert own["mean"].tolist() == [10.5] * 6
    assert own["low"].tolist() == [10] * 6
    again = read_run(write_run(tmp_path / "b", "equal", 2e6, seed=2))
    (both,) = compare([first, again])
    own = cells.over_time(both.variants[0], "prb_used_dl")
    assert own["low"].tolist() == own["high"].tolist() == [10.5] * 6
    thp = cells.over_time(both.variants[0], "thp_dl")
    np.testing.assert_allclose(thp["high"] - thp["low"], 2e6)


def test_drawing_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    folders = [write_run(tmp_path / "a", "equal"), write_run(tmp_path / "b", "traffic", 5e5)]
    first = draw_runs(folders, tmp_path / "first").files
    second = draw_runs(folders, tmp_path / "second").files
    assert [path.name for path in first] == [path.name for path in second]
    assert {path.suffix for path in first} == {".png", ".pdf", ".svg", ".csv"}
    assert len(first) == 17
    for a, b in zip(first, second, strict=True):
        assert a.stat().st_size > (5000 if a.suffix != ".csv" else 40)
        assert a.read_bytes() == b.read_bytes(), a.name


def test_opinions_are_of_those_who_asked() -> None:
    steps = pd.DataFrame(
        {
            "step": [1, 2, 3],
            "slice": [1, 1, 1],
            "offered": [1e6, 0, 2e6],
            "mos": [2.0, 4.2, 3.0],
            "cost": [0.5, 0.0, 0.25],
        }
    )
    intervals = pd.DataFrame({"step": [1, 2, 3], "reward": [-0.5, 0.0, -0.25]})
    config = {"context": {"slices": [{"id": 1, "peak_bps": 2e6}]}}
    figures = summarise(steps, intervals, config)["per_slice"]["1"]
    assert figures["mos_mean"] == 2.5
    assert figures["cost_mean"] == 0.25
    # Rejected in all intervals: there is no opinion, and the table has a dash.
    nobody = summarise(steps.assign(offered=0.0), intervals, config)["per_slice"]["1"]
    assert nobody["mos_mean"] is None
