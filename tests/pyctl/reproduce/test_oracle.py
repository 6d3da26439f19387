"""The simulator's oracle on a real simulation of one site, against branches by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pyctl.env.cosim import CoSimEnv
from pyctl.reproduce import oracle
from pyctl.reproduce.oracle import Played, Slot

PARAMETERS = {
    "steps": 4,
    "sites": 1,
    "slices": "1,2",
    "targets_mbps": "12,9",
    "delay_bounds_ms": "100,100",
    "ues_per_slice": 1,
    "bandwidth_mhz": 5,
    "interval_s": 0.2,
    "warmup_s": 0.05,
    "mask": "constant",
}


def test_slots_are_of_their_windows() -> None:
    windows, counts = [(10, 20), (50, 60)], (3, 2)
    slots = oracle.sample_slots(windows, counts, cells=3, seed=1)
    steps = [slot.step for slot in slots]
    assert steps == sorted(set(steps))
    assert sum(10 <= step < 20 for step in steps) == 3
    assert sum(50 <= step < 60 for step in steps) == 2
    assert {slot.cell for slot in slots} <= {0, 1, 2}
    assert slots == oracle.sample_slots(windows, counts, cells=3, seed=1)
    assert slots != oracle.sample_slots(windows, counts, cells=3, seed=2)


@pytest.fixture(scope="module")
def played() -> Played:
    rng = np.random.default_rng(1)
    decisions = {
        "a": rng.dirichlet([1, 1], (4, 3)).astype(np.float32),
        "b": np.full((4, 3, 2), 0.5, np.float32),
    }
    return Played("cells", PARAMETERS, 5, decisions, "a")


def test_it_finds_the_best_of_what_a_simulation_does(played: Played, tmp_path: Path) -> None:
    told: list[str] = []
    (found,) = oracle.look(played, [Slot(2, 1)], tmp_path, 4, told.append)
    assert told == ["oracle: seed 5, slot 2"]
    by_hand = {}
    env = CoSimEnv("cells", PARAMETERS, seed=5)
    try:
        env.reset()
        for step in range(2):
            env.step({"prb_max": played.decisions["a"][step]})
        for tenths in range(11):
            shares = played.decisions["a"][2].copy()
            shares[1] = (tenths / 10, 1 - tenths / 10)
            (twin,) = env.branch()
            by_hand[tenths] = float(np.log1p(twin.step({"prb_max": shares})[0]["r"][1]).mean())
            twin.close()
        r = env.step({"prb_max": played.decisions["a"][2]})[0]["r"][1]
    finally:
        env.close()
    assert found["oracle_on_grid"] == pytest.approx(max(by_hand.values()))
    assert found["utility"]["a"] == pytest.approx(float(np.log1p(r).mean()))
    assert found["utility"]["b"] == pytest.approx(by_hand[5])
    assert found["oracle"] >= max(found["utility"].values())
    assert found["slices"] == 2
    # In futures that none has seen, and in the one that comes.
    assert set(found["expected"]) == set(found["utility"]) == {"a", "b", "planner"}
    assert found["expected"]["a"] != found["utility"]["a"]


def test_what_is_found_is_not_looked_for_again(played: Played, tmp_path: Path) -> None:
    first = oracle.look(played, [Slot(1, 0)], tmp_path, 4, lambda _: None)
    again = oracle.look(played, [Slot(1, 0)], tmp_path, 4, lambda line: pytest.fail(line))
    assert again == first


def test_a_slot_is_looked_at_again_for_another_allocator(played: Played, tmp_path: Path) -> None:
    alone = replace(played, decisions={"a": played.decisions["a"]})
    (first,) = oracle.look(alone, [Slot(1, 0)], tmp_path, 4, lambda _: None)
    assert set(first["utility"]) == {"a", "planner"}
    (again,) = oracle.look(played, [Slot(1, 0)], tmp_path, 4, lambda _: None)
    assert set(again["utility"]) == {"a", "b", "planner"}
    assert again["utility"]["a"] == first["utility"]["a"]


def test_what_was_found_of_other_runs_does_not_count(played: Played, tmp_path: Path) -> None:
    (first,) = oracle.look(played, [Slot(1, 0)], tmp_path, 4, lambda _: None)
    others = {**played.decisions, "b": np.full((4, 3, 2), 0.25, np.float32)}
    changed = replace(played, decisions=others)
    told: list[str] = []
    (again,) = oracle.look(changed, [Slot(1, 0)], tmp_path, 4, told.append)
    assert told == ["oracle: seed 5, slot 1"]
    assert again["utility"]["a"] == first["utility"]["a"]
    assert again["utility"]["b"] != first["utility"]["b"]
