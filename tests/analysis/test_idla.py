"""What runs of paper 001 say, on runs made by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis import idla
from analysis.idla import Periods
from analysis.store_reader import Run

PERIODS = Periods(20, 40, 60)
STEPS = 120


def run(r: Any, seed: int = 1) -> Run:
    """A run of one cell with slices 1 and 3; slice 3 comes with H_2. r is of each step."""
    satisfaction = np.broadcast_to(r, STEPS)
    rows = [
        {
            "step": step + 1,
            "cell": 0,
            "slice": slice_id,
            "r": satisfaction[step],
            "slice_active": float(slice_id == 1 or step >= PERIODS.change),
            "prb_max_decided": 0.5,
        }
        for step in range(STEPS)
        for slice_id in (1, 3)
    ]
    made = Run(Path("nowhere"), {"seed": seed}, {}, {"repairs": {"clipped": 2, "projected": 1}})
    made.__dict__["steps"] = pd.DataFrame(rows)
    times = pd.DataFrame({"step": np.arange(STEPS) + 1, "decision_s": np.arange(STEPS) / 1e3})
    made.__dict__["intervals"] = times
    return made


def test_the_ends_of_periods_count_as_converged() -> None:
    assert PERIODS.converged() == {"h1": (40, 60), "h2": (90, 120)}
    assert Periods(1000, 2000, 2000).converged() == {"h1": (2500, 3000), "h2": (4500, 5000)}


def test_satisfaction_is_of_slices_that_are_there() -> None:
    r = np.where(np.arange(STEPS) < 50, 0.5, 1.0)
    assert idla.satisfied(run(r), (40, 60)) == pytest.approx(0.5)
    assert idla.satisfied(run(r), (90, 120)) == 1


def test_utilities_are_by_step() -> None:
    values = idla.utilities(run(np.linspace(0, 1, STEPS)))
    np.testing.assert_allclose(values, np.log1p(np.linspace(0, 1, STEPS)))


def test_differences_are_of_the_same_seed() -> None:
    ours = [run(0.9, 1), run(0.5, 2)]
    theirs = [run(0.4, 2), run(0.8, 1)]
    found = idla.paired(ours, theirs, (40, 60))
    expected = (np.log1p(0.9) - np.log1p(0.8) + np.log1p(0.5) - np.log1p(0.4)) / 2
    assert found.mean == pytest.approx(expected)
    assert found.low < found.mean < found.high


def test_convergence_is_counted_from_the_coming_of_the_slice() -> None:
    slots = np.arange(STEPS)
    late = np.where(slots < PERIODS.change + 17, 0.2, 0.8)
    equal = [run(0.3)]
    assert idla.slots_to_reconverge([run(0.8)], equal, PERIODS) == 0
    # Five slots from the 17th on are all good; from the 16th on one is not: 0.8 of the way.
    assert idla.slots_to_reconverge([run(late)], equal, PERIODS) == 17


def test_a_load_that_changes_for_all_is_no_change_of_a_scheme() -> None:
    wave = 0.5 + 0.3 * np.sin(np.arange(STEPS) / 5)
    assert idla.slots_to_reconverge([run(wave)], [run(wave)], PERIODS) == 0


def test_what_is_lost_while_a_scheme_adapts_is_of_the_first_day() -> None:
    slots = np.arange(STEPS)
    exploring = (slots >= PERIODS.change + 5) & (slots < PERIODS.change + 17)
    harmed = run(np.where(exploring, 0.2, 0.8))
    lost = idla.adaptation_losses([harmed, run(0.8, 2)], [run(0.3, 2), run(0.3)], PERIODS)
    # H_2 has 60 slots, which is less than a day; 12 of them are bad.
    assert lost == pytest.approx([(np.log1p(0.8) - np.log1p(0.2)) * 12 / 60, 0])
    assert idla.slots_to_reconverge([harmed], [run(0.3)], PERIODS) == 0


def test_decisions_after_the_training_are_timed() -> None:
    times = idla.decision_ms(run(1.0), 100)
    np.testing.assert_allclose(times, np.arange(101, 120))


def test_totals_and_repairs() -> None:
    assert idla.largest_total(run(1.0)) == 1
    assert idla.repairs(run(1.0)) == 3


def test_regret_is_a_part_of_the_oracles_utility() -> None:
    slots = [
        {"oracle": 0.6, "utility": {"idla": 0.6}},
        {"oracle": 0.4, "utility": {"idla": 0.3}},
    ]
    found = idla.regrets(slots, "idla")
    assert found.mean == pytest.approx(0.1)
    assert found.low == pytest.approx(0)
    assert found.high == pytest.approx(0.2)


def test_losses_to_the_planner_are_in_futures_that_nobody_knows() -> None:
    slots = [
        {"expected": {"planner": 0.6, "idla": 0.6}, "utility": {"idla": 0.1}},
        {"expected": {"planner": 0.4, "idla": 0.45}, "utility": {"idla": 0.1}},
    ]
    assert idla.losses_to_planner(slots, "idla").mean == pytest.approx(-0.05)
