"""`--track`: curves of real simulations, compared with the stored tables; nothing else changes."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.run_table import run_table
from tests.pyctl.cli.commands import invoke
from tests.pyctl.tracking.events import scalars

CELLS = (
    "--set",
    "interval_s=0.2",
    "--set",
    "sites=1",
    "--set",
    "ues_per_slice=1",
    "--set",
    "warmup_s=0.1",
)


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(out: str, *more: str) -> Path:
    words = ("run", "cells", "--allocator", "equal", *CELLS, "--set", "steps=3")
    result = invoke(*words, "--json", "--quiet", "--out", out, *more)
    assert result.exit_code == 0, result.output
    return Path(json.loads(result.stdout)["run_dir"])


def test_curves_are_the_means_of_the_stored_tables_and_change_nothing() -> None:
    folder = run("tracked", "--track", "tensorboard")
    plain = run("plain")
    assert folder.name == plain.name
    digests = [json.loads((each / "summary.json").read_text()) for each in (folder, plain)]
    assert digests[0]["kpi_sha256"] == digests[1]["kpi_sha256"]

    curves = scalars(Path("tracked", "tensorboard", folder.name))
    steps = pd.read_parquet(folder / "steps.parquet")
    means = steps.groupby(["slice", "step"]).mean()
    fields = [name for name in steps if name not in ("step", "t_sim_s", "cell", "slice")]
    assert "thp_dl" in fields
    assert "prb_max_decided" in fields
    for name in fields:
        for number, series in means[name].groupby("slice"):
            expected = series.droplevel("slice").dropna().to_dict()
            # Curves are float32, as the fields are.
            assert curves.get(f"{name}/slice {number}", {}) == pytest.approx(expected, rel=1e-6)
    intervals = pd.read_parquet(folder / "intervals.parquet").set_index("step")
    for name in ("reward", "decision_s"):
        expected = intervals[name].to_dict()
        assert curves[f"interval/{name}"] == pytest.approx(expected, rel=1e-6)
    assert curves["summary/reward_mean"] == {
        3: pytest.approx(float(np.mean(intervals["reward"])), rel=1e-6)
    }
    assert "summary/per_slice/1/r_mean" in curves


def test_a_store_does_not_count_the_curves() -> None:
    plan = "scenario: loopback\nallocators: [equal]\nparameters: {steps: [3, 5]}\n"
    Path("plan.yaml").write_text(plan)
    ran = invoke("batch", "plan.yaml", "--quiet", "--json", "--track", "tensorboard")
    assert ran.exit_code == 0, ran.output
    runs = sorted(name for name in os.listdir("results") if name != "tensorboard")
    assert sorted(os.listdir("results/tensorboard")) == runs
    status = json.loads(invoke("status", "results", "--json").stdout)
    assert status["counts"] == {
        **dict.fromkeys(("failed", "hung", "interrupted", "running", "stale"), 0),
        "ok": 2,
    }
    assert len(run_table(Path("results"))) == 2
    assert invoke("report", "results", "--out", "report.html").exit_code == 0
    assert "tensorboard" not in Path("report.html").read_text()


@pytest.mark.parametrize("command", [("run", "loopback", "--allocator", "equal"), ("batch", "p")])
def test_trackers_that_are_not_there_are_refused_before_anything(command: tuple[str, ...]) -> None:
    Path("p").write_text("scenario: loopback\nallocators: [equal]\n")
    for name, told in (
        ("wandb", "--track wandb needs the package wandb, which is not installed"),
        ("tensorbord", "unknown tracker 'tensorbord'; did you mean 'tensorboard'?"),
    ):
        result = invoke(*command, "--track", name)
        assert result.exit_code == 2
        assert told in result.stderr
    assert not Path("results").exists()


def test_a_tracker_that_fails_costs_nothing_but_a_warning() -> None:
    Path("results").mkdir()
    Path("results/tensorboard").write_text("in the way")
    words = ("run", "loopback", "--allocator", "equal", "--set", "steps=3", "--quiet")
    result = invoke(*words, "--track", "tensorboard")
    assert result.exit_code == 0, result.output
    assert result.stderr.count("warning") == 1
    assert "tensorboard takes no figures" in result.stderr
    assert Path("results/tensorboard").read_text() == "in the way"
