"""The example runs, and what it does learns."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import gymnasium
import numpy as np
import psutil
import pytest

import pyctl.env  # noqa: F401 - registers the ids
from pyctl.env import flat_box

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "train_ppo_cells.py"
TIME_LIMIT_S = 120


@pytest.fixture(autouse=True)
def no_simulation_left(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """The libraries leave folders of their own, which `nothing_left` would not allow."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    yield
    children = psutil.Process().children(recursive=True)
    assert [child for child in children if child.name().startswith("slicebed-")] == []
    assert list(tmp_path.glob("slicebed-*")) == []


@pytest.fixture(scope="module")
def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("train_ppo_cells", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["train_ppo_cells"] = module
    spec.loader.exec_module(module)
    return module


def test_the_example_runs_with_a_tiny_budget(tmp_path: Path) -> None:
    words = ["--total-timesteps", "256", "--envs", "2", "--episodes", "2"]
    result = subprocess.run(
        [sys.executable, str(EXAMPLE), *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT_S,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    rows = dict(re.findall(r"^(random|equal|PPO) +(\d\.\d+)  \[", result.stdout, re.MULTILINE))
    assert set(rows) == {"random", "equal", "PPO"}
    assert all(0 < float(reward) < np.log(2) for reward in rows.values())


class Satisfaction(gymnasium.Wrapper):  # type: ignore[type-arg]
    """The loopback with a reward as that of `cells`, where a slice's need is a number.

    All needs can be met: the best reward is log 2, and equal shares have
    (log(1 + 0.25 / 0.55) + 3 log 2) / 4 = 0.6135.
    """

    NEEDS = np.array([0.55, 0.05, 0.2, 0.1])
    EQUAL = (np.log(1 + 0.25 / 0.55) + 3 * np.log(2)) / 4

    def step(self, action):  # type: ignore[no-untyped-def]
        observation, _, *rest = self.env.step(action)
        satisfied = np.minimum(observation["echo"][0] / self.NEEDS, 1)
        return observation, float(np.log1p(satisfied).mean()), *rest


def make_satisfaction() -> gymnasium.Env:  # type: ignore[type-arg]
    params = {"cells": 1, "slices": 4, "steps": 20}
    return flat_box(Satisfaction(gymnasium.make("slicebed/Loopback-v0", params=params)))


def test_ppo_learns_shares_that_meet_unequal_needs(example: ModuleType) -> None:
    model = example.train(make_satisfaction, timesteps=3072, envs=1, seed=1)
    rewards = example.evaluate(make_satisfaction, model, episodes=5)
    np.testing.assert_allclose(rewards["equal"], Satisfaction.EQUAL, rtol=1e-5)
    assert rewards["random"].mean() < Satisfaction.EQUAL
    # A quarter of what equal shares leave of log 2, at least.
    assert rewards["PPO"].mean() > Satisfaction.EQUAL + (np.log(2) - Satisfaction.EQUAL) / 4
