"""TD3 agents: shares by hand, learning on a bandit, slices that come, the missing library."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents.errors import AllocatorError
from agents.idla.exploration import Explore
from agents.idla.formula import FormulaCells, observe
from agents.protocol import Context, Decision, Feedback, Observation
from pyctl.rl.td3 import SharedTd3, Td3, Td3Settings, actions_of, softmax

CELLS, SLICES = 2, 2


def context() -> Context:
    return FormulaCells(CELLS, SLICES, seed=1).context()


def fields(r: Any, present: Any = (1, 1)) -> dict[str, np.ndarray]:
    shape = (CELLS, SLICES)
    made = {
        name: np.full(shape, 0.5, np.float32)
        for name in ("active_ue", "cqi", "prb_used_dl", "thp_dl", "delay_e2e")
    }
    return {
        **made,
        "r": np.array(r, np.float32),
        "slice_present": np.broadcast_to(np.array(present, np.float32), shape),
    }


def seen(step: int, values: dict[str, np.ndarray]) -> Observation:
    return Observation(step, float(step), values, {})


def play(allocator: Td3, steps: int, reward: Any) -> np.ndarray:
    """Plays a network whose r depends on the shares alone; returns shares [T, C, S]."""
    allocator.reset(context())
    now = fields(np.ones((CELLS, SLICES)))
    decided = []
    for step in range(steps):
        decision = allocator.act(seen(step, now))
        shares = decision.allocation["prb_max"]
        now = fields(reward(shares))
        allocator.update(Feedback(step, decision, seen(step + 1, now), 0.0))
        decided.append(shares)
    return np.stack(decided)


def test_a_softmax_makes_shares() -> None:
    shares = softmax(np.array([[0.0, 0.0], [1.0, -1.0]], np.float32))
    # e^2 over e^2 + e^-2.
    np.testing.assert_allclose(shares, [[0.5, 0.5], [1 / (1 + np.exp(-4)), 0.017986]], atol=1e-5)


def test_actions_are_found_for_shares() -> None:
    shares = np.array([[0.2, 0.3, 0.5], [1.0, 0.0, 0.0]], np.float32)
    # A share of 0 has no logit: the least that can be said is e^-4 of the largest.
    found = softmax(actions_of(shares))
    np.testing.assert_allclose(found[0], shares[0], atol=1e-6)
    np.testing.assert_allclose(found[1, 1:], found[1, 0] * np.exp(-4), rtol=1e-5)


@pytest.mark.parametrize("kind", [Td3, SharedTd3])
def test_it_learns_which_shares_are_good(kind: type[Td3]) -> None:
    wanted = np.array([0.8, 0.2])

    def reward(shares: np.ndarray) -> np.ndarray:
        return 1 - np.abs(shares - wanted)

    settings = Td3Settings(explore_steps=200, noise=0.05)
    shares = play(kind(settings), 280, reward)
    random = np.abs(shares[:200] - wanted).mean()
    assert np.abs(shares[-20:] - wanted).mean() < random / 3


def test_exploration_is_that_of_explore() -> None:
    allocator = Td3(Td3Settings(explore_steps=4))
    shares = play(allocator, 4, lambda shares: np.ones_like(shares))
    explorer = Explore()
    explorer.reset(context())
    for step, own in enumerate(shares):
        expected = explorer.act(seen(step, fields(np.ones((CELLS, SLICES)))))
        np.testing.assert_array_equal(own, expected.allocation["prb_max"])


def test_the_same_seed_decides_the_same() -> None:
    def reward(shares: np.ndarray) -> np.ndarray:
        return shares

    one, same = (play(Td3(Td3Settings(explore_steps=5)), 12, reward) for _ in range(2))
    np.testing.assert_array_equal(one, same)


def test_it_leaves_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # where SB3's logger would make folders
    play(Td3(Td3Settings(explore_steps=2)), 5, lambda shares: shares)
    assert list(tmp_path.iterdir()) == []


def test_a_new_slice_makes_new_agents_that_explore() -> None:
    allocator = Td3(Td3Settings(explore_steps=2, relearn_steps=3))
    allocator.reset(context())
    explorer = Explore()
    explorer.reset(context())
    explored = []
    for step in range(9):
        present = (1, 0) if step < 4 else (1, 1)
        now = seen(step, fields(np.ones((CELLS, SLICES)), present))
        decision = allocator.act(now)
        shares = decision.allocation["prb_max"]
        if step < 4:
            np.testing.assert_allclose(shares, [[1, 0]] * CELLS)
        same = np.array_equal(shares, explorer.act(now).allocation["prb_max"])
        explored.append(bool(same))
        allocator.update(Feedback(step, decision, now, 0.0))
    assert explored[4:] == [True, True, True, False, False]


def test_it_plays_formulas() -> None:
    network = FormulaCells(CELLS, SLICES, seed=1)
    allocator = Td3(Td3Settings(explore_steps=3))
    allocator.reset(network.context())
    past = [network.step(np.full((CELLS, SLICES), 0.5))]
    for step in range(6):
        decision: Decision = allocator.act(observe(step, past, 1))
        shares = decision.allocation["prb_max"]
        assert (shares.sum(axis=1) <= 1 + 1e-6).all()
        past.append(network.step(shares.astype(np.float64)))
        allocator.update(Feedback(step, decision, observe(step + 1, past, 1), 0.0))


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "stable_baselines3", None)
    with pytest.raises(AllocatorError, match=r"pip install 'slicebed\[rl\]'"):
        Td3().reset(context())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("explore_steps", 0),
        ("relearn_steps", 0),
        ("noise", 2.0),
        ("gamma", -0.1),
        ("gradient_steps", 0),
    ],
)
def test_settings_out_of_range_are_refused(name: str, value: float) -> None:
    with pytest.raises(AllocatorError, match=f"{name} is {value:g}; "):
        replace(Td3Settings(), **{name: value})
