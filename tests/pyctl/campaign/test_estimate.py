"""Predicted times, by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pyctl.campaign.digest import run_id
from pyctl.campaign.estimate import Estimate, longest_first, total_s
from pyctl.campaign.planned import PlannedRun
from pyctl.campaign.prepare import RunConfig


def config(allocator: str = "a", seed: int = 1, **parameters: Any) -> dict[str, Any]:
    return {
        "scenario": "s", "parameters": parameters, "allocator": allocator,
        "allocator_settings": {}, "seed": seed,
    }  # fmt: skip


def past(out: Path, wall_s: float, sim_s: float, **more: Any) -> None:
    folder = out / run_id(config(**more))
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config(**more)))
    (folder / "summary.json").write_text(json.dumps({"wall_s": wall_s, "sim_s": sim_s}))


def planned(sim_s: float, **more: Any) -> PlannedRun:
    return PlannedRun(run_id(config(**more)), RunConfig("s", "a"), config(**more), sim_s)


def test_the_median_speed_of_the_same_scenario_parameters_and_allocator(tmp_path: Path) -> None:
    for seed, wall_s in enumerate((2.0, 4.0, 30.0)):
        past(tmp_path, wall_s, 2.0, seed=seed, steps=2, p=1)
    past(tmp_path, 100.0, 2.0, allocator="b", steps=2, p=1)
    estimate = Estimate(tmp_path)
    # Median 4 s for 2 simulated ones; another length at the same speed.
    assert estimate.wall_s(planned(10.0, steps=10, p=1)) == pytest.approx(20.0)
    # An allocator that never ran here: the median of all four, (4 + 30) / 2 for 2.
    assert estimate.wall_s(planned(2.0, allocator="c", steps=2, p=1)) == pytest.approx(17.0)
    assert estimate.wall_s(planned(2.0, steps=2, p=2)) is None


def test_a_store_that_does_not_exist_knows_nothing(tmp_path: Path) -> None:
    assert Estimate(tmp_path / "none").wall_s(planned(1.0)) is None


def test_unknown_runs_first_then_the_longest(tmp_path: Path) -> None:
    past(tmp_path, 1.0, 1.0, p=1)
    runs = [planned(1.0, p=1, steps=1), planned(5.0, p=1, steps=5), planned(2.0, p=2)]
    ordered = longest_first([*runs, planned(3.0, p=3)], Estimate(tmp_path))
    assert [run.sim_s for run in ordered] == [3.0, 2.0, 5.0, 1.0]


def test_the_time_of_all_is_a_share_of_the_sum_or_the_longest() -> None:
    assert total_s([4.0, 2.0, 2.0], 2) == 4.0
    assert total_s([9.0, 1.0], 2) == 9.0
    # Of one that is unknown: the mean of the others, 2 s.
    assert total_s([1.0, None, 3.0], 1) == 6.0
    assert total_s([None, None], 2) is None
    assert total_s([], 2) == 0.0
