"""The errors of the radio study, on numbers worked out by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.store_reader import Run
from analysis.validation import ceiling_errors, compare, delay_error, figures

PRBS = 100


def make_run(cells: int = 1, **columns: Any) -> Run:
    """Makes a run of one slice and two counted steps; the first step is not to be looked at."""
    values: dict[str, Any] = {
        "thp_dl": [9e9, 1e6, 3e6],
        "prb_used_dl": [99.0, 20.0, 40.0],
        "cqi": [1.0, 10.0, 12.0],
        "delay_e2e": [9.0, 0.010, 0.020],
        "loss": [1.0, 0.0, 0.0],
        "prb_max": [0.5, 0.5, 0.5],
        **columns,
    }
    steps = pd.DataFrame({"step": [1, 2, 3], "cell": 0, "slice": 1, **values})
    context = {"prbs": PRBS, "cells": [{"id": i} for i in range(cells)]}
    run = Run(Path("run"), {}, {"context": context}, {})
    run.__dict__["steps"] = steps  # in place of the file
    return run


def test_figures_are_means_without_the_first_step() -> None:
    row = figures(make_run()).loc[1]
    assert row["thp_dl"] == pytest.approx(2e6)
    assert row["prb_share"] == pytest.approx(0.3)
    assert row["cqi"] == pytest.approx(11)
    assert row["delay_e2e"] == pytest.approx(0.015)


def test_errors_of_two_runs() -> None:
    ours = make_run(thp_dl=[0, 1.1e6, 3.1e6], prb_used_dl=[0, 24.0, 40.0], cqi=[0, 10.5, 12.0])
    row = compare("case", ours, make_run()).iloc[0]
    assert row["throughput_error"] == pytest.approx(0.05)
    assert row["prb_error"] == pytest.approx(0.02)
    assert row["cqi_error"] == pytest.approx(0.25)
    assert row["delay_error"] == 0


def test_a_saturated_slice_has_no_delay_error() -> None:
    assert np.isnan(compare("c", make_run(), make_run(loss=[0, 0.1, 0.1])).iloc[0]["delay_error"])


def test_delay_within_a_quarter_or_two_milliseconds_is_at_most_a_quarter() -> None:
    assert delay_error(0.125, 0.100) == pytest.approx(0.25)
    assert delay_error(0.007, 0.005) == pytest.approx(0.25)
    assert delay_error(0.008, 0.005) > 0.25


def test_above_the_ceiling_always_counts() -> None:
    run = make_run(cells=3, prb_used_dl=[0, 50.5, 50.0])
    assert ceiling_errors(run)[1] == pytest.approx(0.01)


def test_below_the_ceiling_counts_for_a_backlogged_slice_alone() -> None:
    backlogged = {"prb_used_dl": [0, 49.0, 50.0], "loss": [0, 0.5, 0.5]}
    assert ceiling_errors(make_run(cells=1, **backlogged))[1] == pytest.approx(0.02)
    assert ceiling_errors(make_run(cells=7, **backlogged))[1] == 0
    idle = {"prb_used_dl": [0, 10.0, 10.0], "loss": [0, 0.0, 0.0]}
    assert ceiling_errors(make_run(cells=1, **idle))[1] == 0
