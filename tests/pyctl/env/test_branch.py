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

from pyctl.env.cosim import DESCRIPTORS, CoSimEnv
from pyctl.env.seeds import SeedSequence
from pyctl.errors import EpisodeOver, SimulationError, UsageError
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


def test_branches_of_other_runs_see_other_futures_of_the_same_state() -> None:
    env = CoSimEnv("cells", CELLS, seed=3)
    env.reset()
    records(env, [EQUAL, SKEWED])
    goes_on, seven, eight, seven_again = (
        *env.branch(),
        *env.branch(3, runs=[7, 8, 7]),
    )
    rest = [EQUAL, EQUAL, EQUAL]
    parent = records(env, rest)
    assert records(goes_on, rest) == parent
    futures = [records(each, rest) for each in (seven, eight, seven_again)]
    assert futures[0] == futures[2]
    assert futures[0] != futures[1]
    assert parent not in futures
    for each in (env, goes_on, seven, eight, seven_again):
        each.close()


@pytest.mark.parametrize("changes", [{}, {"ul_load": 0.5}, {"radio": "lte"}])
def test_another_future_offers_as_much(changes: dict[str, Any]) -> None:
    env = CoSimEnv("cells", {**CELLS, "interval_s": 1, **changes}, seed=3)
    env.reset()
    twins = [env, *env.branch(6, runs=range(6))]
    fields = [twin.step(EQUAL)[0] for twin in twins]
    offered = np.stack([each["offered"] + each["offered_ul"] for each in fields])
    np.testing.assert_allclose(offered[1:], offered[:1].repeat(6, axis=0), rtol=0.1)
    assert len({each["delay_e2e"].tobytes() for each in fields}) == len(twins)
    for twin in twins:
        twin.close()


def test_runs_of_branches_are_checked() -> None:
    env = CoSimEnv("loopback", {"steps": 3}, seed=1)
    env.reset()
    with pytest.raises(UsageError, match="runs has 1 elements; 2 are required, one a branch"):
        env.branch(2, runs=[1])
    for run in (-1, 2**32, 0.5, True, "1"):
        with pytest.raises(UsageError, match=rf"runs\[1\] is {run!r}; a whole number from 0 to"):
            env.branch(2, runs=[1, run])  # type: ignore[list-item]
    with pytest.raises(SimulationError, match=r"0 of 1 branches .*: this scenario's branches cann"):
        env.branch(1, runs=[1])
    env.step(LOOP)  # it lives
    assert running() == 2
    env.close()


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


def held() -> tuple[int, int, int, int]:
    """Numbers of descriptors, threads, TCP listeners and child processes."""
    me = psutil.Process()
    listeners = [c for c in me.net_connections("tcp") if c.status == psutil.CONN_LISTEN]
    return me.num_fds(), me.num_threads(), len(listeners), running()


@pytest.mark.parametrize("transport", ["shm", "tcp", "ipc"])
def test_a_hundred_branches_leave_nothing(transport: Transport, nothing_left: Path) -> None:
    env = CoSimEnv("loopback", {"steps": 9}, seed=1, transport=transport)
    before = held()
    env.reset()
    alone = held()
    assert alone[3] == 2  # its server and itself
    for _ in range(4):
        twins = env.branch(25)
        rewards = {twin.step(LOOP)[1] for twin in twins}
        assert rewards == {1.5}
        each = DESCRIPTORS[transport]
        listeners = alone[2] + (25 if transport == "tcp" else 0)
        assert (held()[0], *held()[2:]) == (alone[0] + 25 * each, listeners, 27)
        for twin in twins:
            twin.close()
        assert held() == alone
    env.close()
    assert held() == before
    assert sorted(nothing_left.iterdir()) == []


@pytest.mark.parametrize("n", [np.int64(2), np.uint8(2)])
def test_any_whole_number_is_one(n: Any) -> None:
    env = CoSimEnv("loopback", {"steps": 1}, seed=1)
    env.reset()
    twins = env.branch(n)
    assert len(twins) == 2
    for each in (env, *twins):
        each.close()


UDP = "UdpSocketImpl=level_function"


def test_branches_log_to_files_of_their_own(tmp_path: Path) -> None:
    log = tmp_path / "run.log"
    env = CoSimEnv("cells", CELLS, seed=1, log_path=log, sim_log=UDP)
    env.reset()
    twins = env.branch(2)
    written = log.stat().st_size
    (grandchild,) = twins[1].branch()
    everyone = [*twins, grandchild, *env.branch()]
    for each in everyone:
        each.step(EQUAL)
        each.close()
    assert log.stat().st_size == written
    env.close()
    names = [
        "run-branch-1.log",
        "run-branch-2.log",
        "run-branch-2-branch-1.log",
        "run-branch-3.log",
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*names, "run.log"])
    assert all("UdpSocketImpl" in (tmp_path / name).read_text() for name in names)


def test_the_log_of_a_branch_is_also_that_of_its_episodes(tmp_path: Path) -> None:
    env = CoSimEnv("cells", CELLS, seed=1, log_path=tmp_path / "run.log", sim_log=UDP)
    env.reset()
    (twin,) = env.branch()
    twin.step(EQUAL)
    env.close()
    own = tmp_path / "run-branch-1.log"
    before = {path: path.stat().st_size for path in tmp_path.iterdir()}
    twin.reset()
    twin.step(EQUAL)
    twin.close()
    after = {path: path.stat().st_size for path in tmp_path.iterdir()}
    assert [path for path in after if after[path] != before.get(path)] == [own]


def test_without_a_log_of_ns3_branches_make_no_files(tmp_path: Path) -> None:
    env = CoSimEnv("loopback", {"steps": 2}, seed=1, log_path=tmp_path / "run.log")
    env.reset()
    (twin,) = env.branch()
    twin.close()
    env.close()
    assert [path.name for path in tmp_path.iterdir()] == ["run.log"]


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
    for n in (0, -1, 1.5, MAX_LIVE, True, "2", None):
        with pytest.raises(
            UsageError, match=f"n is {n!r}; a whole number above 0 .* {MAX_LIVE} br"
        ):
            env.branch(n)  # type: ignore[arg-type]
    env.step(LOOP)
    with pytest.raises(EpisodeOver, match=r"the episode has ended \(state ENDED\)"):
        env.branch()
    env.close()
    with pytest.raises(EpisodeOver, match=r"the environment is closed; call reset\(\) first"):
        env.branch()
