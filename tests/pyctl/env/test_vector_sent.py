"""Actions sent to some environments of a vector, and outcomes received as they come."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import psutil
import pytest

from pyctl.env.cosim import CoSimEnv
from pyctl.env.vector import CoSimVectorEnv, Received
from pyctl.errors import EpisodeOver, InvalidAction, SimulationCrashed, UsageError

pytestmark = pytest.mark.usefixtures("nothing_left")

CELLS = {"steps": 3, "sites": 1, "ues_per_slice": 1, "interval_s": 0.3, "warmup_s": 0.1}
STEPS = 8  # two episodes' ends and beyond


def loopbacks(n: int = 3, **keywords: Any) -> CoSimVectorEnv:
    return CoSimVectorEnv(n, **{"scenario": "loopback", **keywords})


def shares(n: int, value: float = 0.25) -> dict[str, np.ndarray]:
    return {"prb_max": np.full((n, 2, 3), value, np.float32)}


def cell_actions(step: int, i: int) -> np.ndarray:
    return np.random.default_rng((step, i)).uniform(0, 0.25, (3, 4)).astype(np.float32)


@pytest.mark.parametrize("mode", ["NextStep", "SameStep"])
def test_each_lives_as_if_stepped_with_all_others(mode: str) -> None:
    keywords = {"scenario": "cells", "params": CELLS, "seed": 4, "autoreset_mode": mode}
    together, sent = (CoSimVectorEnv(5, **keywords) for _ in range(2))
    for envs in (together, sent):
        envs.reset()
    expected = [
        together.step({"prb_max": np.stack([cell_actions(step, i) for i in range(5)])})
        for step in range(STEPS)
    ]
    steps = np.zeros(5, int)
    sent.send({"prb_max": np.stack([cell_actions(0, i) for i in range(5)])})
    while (steps < STEPS).any():
        received = sent.receive(at_least=min(2, int((steps < STEPS).sum())))
        for row, i in enumerate(received.ids):
            observations, rewards, terminated, truncated, infos = expected[steps[i]]
            for name, values in received.observations.items():
                np.testing.assert_array_equal(values[row], observations[name][i])
            assert received.rewards[row] == rewards[i]
            assert received.terminated[row] == terminated[i]
            assert received.truncated[row] == truncated[i]
            assert received.infos[row]["step"] == infos["step"][i]
            assert ("final_info" in received.infos[row]) == (mode == "SameStep" and truncated[i])
        steps[received.ids] += 1
        going = [i for i in received.ids if steps[i] < STEPS]
        if going:
            sent.send({"prb_max": np.stack([cell_actions(steps[i], i) for i in going])}, going)
    assert [env.seed for env in sent.envs] == [env.seed for env in together.envs]
    together.close()
    sent.close()


def test_only_those_sent_go_on() -> None:
    envs = loopbacks()
    envs.reset()
    envs.send(shares(2), [2, 0])
    received = envs.receive(at_least=2)
    assert isinstance(received, Received)
    assert sorted(received.ids.tolist()) == [0, 2]
    assert received.observations["counter"].tolist() == np.ones((2, 2, 3)).tolist()
    # All together again: the second one is a step behind.
    observations, *_ = envs.step(shares(3))
    assert observations["counter"][:, 0, 0].tolist() == [2, 1, 2]
    envs.close()


def test_an_outcome_waits_longer_than_a_simulation_may_take() -> None:
    envs = loopbacks(timeout_s=0.3)
    envs.reset()
    envs.send(shares(3))
    time.sleep(0.5)
    assert len(envs.receive(at_least=3).ids) == 3
    envs.close()


def test_the_slowest_is_not_waited_for() -> None:
    params = [{"steps": 9}, {"steps": 9}, {"steps": 9, "hang_step": 1}]
    envs = loopbacks(params=params, timeout_s=60.0)
    envs.reset()
    envs.send(shares(3))
    assert sorted(envs.receive(at_least=2).ids.tolist()) == [0, 1]
    envs.send(shares(2), [0, 1])
    assert sorted(envs.receive(at_least=2).ids.tolist()) == [0, 1]
    envs.close()


def test_what_cannot_be_is_refused_and_the_others_go_on() -> None:
    envs = loopbacks(params={"steps": 1}, autoreset_mode="Disabled")
    with pytest.raises(EpisodeOver, match=r"call reset\(\) first"):
        envs.send(shares(3))
    envs.reset()
    with pytest.raises(UsageError, match=r"nothing was sent; call send\(\) first"):
        envs.receive()
    for ids in ([], [3], [-1], [1, 1]):
        with pytest.raises(UsageError, match="different numbers from 0 to 2 are required"):
            envs.send(shares(len(ids)), ids)
    with pytest.raises(InvalidAction, match=r"prb_max has shape \(3, 2, 3\); \(2, 2, 3\) is req"):
        envs.send(shares(3), [0, 1])
    with pytest.raises(InvalidAction, match=r"environment 2: prb_max\[cell 0\] sums to 1.5"):
        envs.send(shares(1, value=0.5), [2])
    envs.send(shares(2), [0, 2])
    with pytest.raises(UsageError, match=r"environments \[2\] are at work"):
        envs.send(shares(2), [1, 2])
    for call in (lambda: envs.step(shares(3)), envs.reset):
        with pytest.raises(UsageError, match="2 environments are at work; receive"):
            call()
    with pytest.raises(UsageError, match="at_least is 3; 1 to 2 is required"):
        envs.receive(at_least=3)
    assert sorted(envs.receive(at_least=2).ids.tolist()) == [0, 2]
    with pytest.raises(EpisodeOver, match=r"of the environments \[0\] have ended"):
        envs.send(shares(2), [0, 1])
    envs.send(shares(1), [1])
    assert envs.receive().ids.tolist() == [1]
    envs.close()


def test_the_crash_of_one_names_it_and_ends_all() -> None:
    envs = loopbacks(params=[{"steps": 9}, {"steps": 9, "crash_step": 1}, {"steps": 9}])
    envs.reset()
    envs.send(shares(3))
    with pytest.raises(SimulationCrashed, match="^environment 1: .* killed by SIGABRT"):
        envs.receive(at_least=3)
    names = [child.name() for child in psutil.Process().children(recursive=True)]
    assert not [name for name in names if name.startswith("slicebed-")]
    with pytest.raises(EpisodeOver, match=r"call reset\(\) first"):
        envs.send(shares(3))
    envs.close()


def test_a_simulation_is_that_of_its_seed() -> None:
    envs = CoSimVectorEnv(2, scenario="cells", params=CELLS, seed=7)
    envs.reset()
    action = cell_actions(0, 0)
    envs.send({"prb_max": action[None]}, [1])
    received = envs.receive()
    envs.close()
    env = CoSimEnv("cells", CELLS, seed=8)
    env.reset()
    assert received.rewards.tolist() == [env.step({"prb_max": action})[1]]
    env.close()
