"""Branches: copies of a running simulation, each an environment of its own."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import psutil
import pytest

from pyctl.env.cosim import CoSimEnv
from pyctl.env.seeds import SeedSequence
from pyctl.errors import EpisodeOver, UsageError
from pyctl.exchange.transport import Transport
from pyctl.launch.server import MAX_LIVE

pytestmark = pytest.mark.usefixtures("nothing_left")

CELLS = {"steps": 5, "sites": 1, "ues_per_slice": 1, "interval_s": 0.3, "warmup_s": 0.1}
EDGE = {"steps": 5, "scale": 0.1, "interval_s": 1}
LOOP = {"prb_max": np.full((2, 3), 0.25, np.float32)}
EQUAL = {"prb_max": np.full((3, 4), 0.25, np.float32)}
SKEWED = {"prb_max": np.tile(np.array([0.7, 0.1, 0.1, 0.1], np.float32), (3, 1))}

Floats = npt.NDArray[np.float32]


def running() -> int:
    count = 0
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):  # it has just ended
            count += child.name().startswith("slicebed-")
    return count


def records(env: CoSimEnv, actions: list[Any]) -> list[tuple[bytes, float]]:
    """What the steps to the episode's end measure, bit by bit."""
    lines = []
    for action in actions:
        observation, reward, _, truncated, info = env.step(action)
        lines.append((b"".join(value.tobytes() for value in observation.values()), reward))
        if truncated:
            lines.append((repr(info["conservation"]).encode(), 0.0))
    return lines


@pytest.mark.parametrize("transport", ["shm", "tcp", "ipc"])
def test_a_branch_is_its_parents_continuation_bit_by_bit(transport: Transport) -> None:
    env = CoSimEnv("cells", CELLS, seed=3, transport=transport)
    env.reset()
    first = records(env, [EQUAL, SKEWED])
    twin, other = env.branch(2)
    rest = [EQUAL, SKEWED, EQUAL]
    alike = records(twin, rest)
    differs = records(other, [SKEWED, SKEWED, SKEWED])
    parent = records(env, rest)
    assert alike == parent
    assert len(parent) == 4  # three intervals and the packets' whereabouts
    assert differs != parent
    env.reset(seed=3)
    assert records(env, [EQUAL, SKEWED, *rest]) == first + parent  # neither is an undisturbed run
    for each in (env, twin, other):
        each.close()


def test_sockets_and_timers_of_the_simulated_network_branch_too() -> None:
    # Requests in flight, bursts and power meters: state of many kinds.
    env = CoSimEnv("edge-cloud", EDGE, seed=1)
    env.reset()
    share = {"share": np.array([0.1] * 6 + [0.4], np.float32)}
    records(env, [share])
    (twin,) = env.branch()
    assert records(twin, [share] * 4) == records(env, [share] * 4)
    env.close()
    twin.close()


def test_a_branch_of_a_branch_outlives_both_its_parents() -> None:
    env = CoSimEnv("loopback", {"steps": 6}, seed=1)
    env.reset()
    env.step(LOOP)
    (child,) = env.branch()
    child.step(LOOP)
    (grandchild,) = child.branch()
    env.close()
    child.close()
    observation, *_ = grandchild.step(LOOP)
    np.testing.assert_array_equal(observation["accumulated"], np.full((2, 3), 0.75))
    assert running() == 2  # its server and itself
    grandchild.close()
    assert running() == 0


def test_a_branch_can_be_reset_to_episodes_of_its_own() -> None:
    env = CoSimEnv("cells", CELLS, seed=3)
    env.reset()
    (twin,) = env.branch()
    twin.reset(seed=3)
    assert records(twin, [EQUAL]) == records(env, [EQUAL])
    env.close()
    twin.reset()
    assert twin.seed == second_seed(3)
    twin.close()


def second_seed(first: int) -> int:
    """The second seed of the sequence that ``first`` begins."""
    seeds = SeedSequence(first)
    seeds.next(None)
    return seeds.next(None)


def test_a_hundred_branches_leave_nothing(nothing_left: Path) -> None:
    env = CoSimEnv("loopback", {"steps": 9}, seed=1, transport="ipc")
    env.reset()
    ports = len(psutil.Process().net_connections("tcp"))
    for _ in range(4):
        twins = env.branch(25)
        assert running() == 27
        rewards = {twin.step(LOOP)[1] for twin in twins}
        assert rewards == {1.5}
        for twin in twins:
            twin.close()
    assert running() == 2
    assert len(psutil.Process().net_connections("tcp")) == ports
    env.close()
    assert running() == 0
    assert sorted(nothing_left.iterdir()) == []


def test_lost_branches_are_ended() -> None:
    env = CoSimEnv("loopback", {"steps": 9}, seed=1)
    env.reset()
    twins = env.branch(3)
    assert running() == 5
    del twins
    deadline = time.monotonic() + 5
    while running() > 2:  # they are killed, not waited for
        assert time.monotonic() < deadline
        time.sleep(0.01)
    env.close()


def test_branches_need_an_episode_and_a_number() -> None:
    env = CoSimEnv("loopback", {"steps": 1}, seed=1)
    with pytest.raises(EpisodeOver, match=r"no episode has begun; call reset\(\) first"):
        env.branch()
    env.reset()
    for n in (0, -1, 1.5, MAX_LIVE):
        with pytest.raises(UsageError, match=f"n is {n}; a whole number above 0 .* {MAX_LIVE} br"):
            env.branch(n)  # type: ignore[arg-type]
    env.step(LOOP)
    with pytest.raises(EpisodeOver, match=r"the episode has ended \(state ENDED\)"):
        env.branch()
    env.close()
    with pytest.raises(EpisodeOver, match=r"the environment is closed; call reset\(\) first"):
        env.branch()
