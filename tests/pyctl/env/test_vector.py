"""Vector environments: what comes out is what single environments give, and nothing is left."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import psutil
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from gymnasium.vector.utils import iterate

import pyctl.env  # noqa: F401 - registers the ids
from pyctl.env.cosim import CoSimEnv
from pyctl.env.vector import CoSimVectorEnv
from pyctl.errors import (
    EpisodeOver,
    InvalidAction,
    SimulationCrashed,
    SimulationHung,
    UnknownName,
    UsageError,
)

pytestmark = pytest.mark.usefixtures("nothing_left")

CELLS = {"steps": 3, "sites": 1, "ues_per_slice": 1, "interval_s": 0.3, "warmup_s": 0.1}
SHARES = {"prb_max": np.full((3, 2, 3), 0.25, np.float32)}
MODES = [mode.value for mode in AutoresetMode]


def running() -> list[int]:
    """The process ids of servers and simulations."""
    children = psutil.Process().children(recursive=True)
    return [child.pid for child in children if child.name().startswith("slicebed-")]


def pids(envs: CoSimVectorEnv) -> list[int]:
    return [env._link.process.pid for env in envs.envs]  # type: ignore[union-attr]


def loopbacks(n: int = 3, **keywords: Any) -> CoSimVectorEnv:
    return CoSimVectorEnv(n, **{"scenario": "loopback", **keywords})


@pytest.fixture
def actions() -> Iterator[dict[str, Any]]:
    """Actions of three environments of three cells, half of which are above a total."""
    generator = np.random.default_rng(5)
    return iter(lambda: {"prb_max": generator.uniform(0, 0.5, (3, 3, 4)).astype(np.float32)}, None)


def same(one: Any, other: Any) -> None:
    """Compares nested infos, observations and arrays, to the last bit and type."""
    assert type(one) is type(other)
    if isinstance(one, dict):
        assert set(one) == set(other)
        for key in one:
            same(one[key], other[key])
    elif isinstance(one, tuple | list) or (isinstance(one, np.ndarray) and one.dtype == object):
        for left, right in zip(one, other, strict=True):
            same(left, right)
    else:
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("mode", MODES)
def test_what_comes_out_is_what_gymnasiums_own_gives(mode: str, actions: Iterator[Any]) -> None:
    keywords = {"scenario": "cells", "params": CELLS, "over_total": "project"}
    ours = CoSimVectorEnv(3, autoreset_mode=mode, **keywords)
    theirs = SyncVectorEnv([lambda: CoSimEnv(**keywords)] * 3, autoreset_mode=mode)
    same(ours.reset(seed=4), theirs.reset(seed=4))
    for step in range(1, 9):  # two episodes' ends and beyond
        action = next(actions)
        mine, reference = ours.step(action), theirs.step(action)
        same(mine, reference)
        assert ours.observation_space.contains(mine[0])
        if mode == "Disabled" and step % CELLS["steps"] == 0:
            mask = np.array([True, step > CELLS["steps"], True])
            rest = ~mask
            same(
                ours.reset(options={"reset_mask": mask}), theirs.reset(options={"reset_mask": mask})
            )
            if rest.any():
                with pytest.raises(EpisodeOver, match=r"of the environments \[1\] have ended"):
                    ours.step(action)
                same(
                    ours.reset(seed=[1, 2, 3], options={"reset_mask": rest}),
                    theirs.reset(seed=[1, 2, 3], options={"reset_mask": rest}),
                )
    assert [env.seed for env in ours.envs] == [env.seed for env in theirs.envs]
    ours.close()
    theirs.close()


def test_each_is_the_single_environment_of_its_seed(actions: Iterator[Any]) -> None:
    envs = CoSimVectorEnv(3, scenario="cells", params=CELLS, seed=7, over_total="project")
    first, _ = envs.reset()
    played = [next(actions) for _ in range(3)]
    outcomes = [envs.step(action) for action in played]
    for i in range(3):
        env = CoSimEnv("cells", CELLS, seed=7 + i, over_total="project")
        observation, _ = env.reset()
        same({name: values[i] for name, values in first.items()}, observation)
        for action, (observations, rewards, _, truncated, _) in zip(played, outcomes, strict=True):
            row = list(iterate(envs.action_space, action))[i]
            observation, reward, _, over, _ = env.step(row)
            same({name: values[i] for name, values in observations.items()}, observation)
            assert (rewards[i], truncated[i]) == (reward, over)
        env.close()
    envs.close()


@pytest.mark.parametrize("mode", ["sync", "async", "vector_entry_point", None])
def test_make_vec(mode: str | None, actions: Iterator[Any]) -> None:
    envs = gymnasium.make_vec(
        "slicebed/Cells-v0", num_envs=3, vectorization_mode=mode, params=CELLS
    )
    assert isinstance(envs, CoSimVectorEnv) == (mode in ("vector_entry_point", None))
    assert envs.metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP
    envs.reset(seed=[3, 4, 3])
    rewards = envs.step(next(actions) | {"prb_max": np.full((3, 3, 4), 0.02, np.float32)})[1]
    envs.close()
    assert rewards[0] == rewards[2] != rewards[1]
    assert rewards[0] == pytest.approx(first_reward(3), abs=0)


def first_reward(seed: int) -> float:
    env = CoSimEnv("cells", CELLS, seed)
    env.reset()
    reward = env.step({"prb_max": np.full((3, 4), 0.02, np.float32)})[1]
    env.close()
    return reward


def test_gymnasiums_wrappers_of_vectors_wrap_it() -> None:
    from gymnasium.wrappers.vector import DictInfoToList, FlattenObservation

    envs = DictInfoToList(FlattenObservation(loopbacks()))
    observations, infos = envs.reset(seed=1)
    assert observations.shape == (3, 30)
    assert [info["step"] for info in infos] == [0, 0, 0]
    envs.close()


def test_one_server_starts_them_all_at_once() -> None:
    envs = loopbacks()
    assert running() == []  # nothing runs before it has to
    envs.reset()
    assert len(running()) == 4
    assert {env._server.pid for env in envs.envs} == set(running()) - set(pids(envs))  # type: ignore[union-attr]
    envs.close()
    assert running() == []
    envs.close()
    with pytest.raises(UsageError, match="is closed; a new one is required"):
        envs.reset()


def test_each_may_have_parameters_of_its_own() -> None:
    loads = [{**CELLS, "load": load} for load in (0.5, 1.0, 2.0)]
    envs = CoSimVectorEnv(3, scenario="cells", params=loads, over_total="project")
    single = CoSimEnv("cells", loads[2])
    assert envs.single_observation_space == single.observation_space  # the widest bounds
    envs.reset(seed=[1, 1, 1])
    observations, *_ = envs.step({"prb_max": np.full((3, 3, 4), 0.25, np.float32)})
    assert envs.observation_space.contains(observations)
    offered = observations["offered"].sum(axis=(1, 2))
    # Packets are whole: a few of the 120 or so in the measured window more or less.
    np.testing.assert_allclose(offered / offered[0], [1, 2, 4], rtol=0.1)
    assert len(running()) == 6  # three servers
    envs.close()


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ([{}] * 2, "params has 2 entries; one for all, or 3 are required"),
        ("cells", "params is 'cells'; a dict, or a list of one for each is required"),
        (
            [{}, {"cells": 4}, {}],
            r"params\[1\] gives the action prb_max the layout float32 \(4, 3\), params\[0\] "
            r"float32 \(2, 3\); the same is required",
        ),
        ([{"step": 3}, {}, {}], "did you mean 'steps'"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(params: Any, text: str) -> None:
    with pytest.raises(UsageError, match=text):
        loopbacks(params=params)


def test_bounds_of_actions_must_be_the_same() -> None:
    params = [{"rate_max_mbps": most} for most in (50, 60)]
    with pytest.raises(UsageError, match=r"params\[1\] bounds the action rate by Box\(0.0, 60.0"):
        CoSimVectorEnv(2, scenario="e2e-slice", params=params)


@pytest.mark.parametrize(
    ("keywords", "kind", "text"),
    [
        ({"num_envs": 0}, UsageError, "num_envs is 0; a whole number above 0 is required"),
        ({"num_envs": True}, UsageError, "num_envs is True; a whole"),
        ({"scenario": "cels"}, UnknownName, "did you mean 'cells'"),
        ({"seed": 2**32 - 2}, UsageError, "seed is 4294967294; .* from 0 to 4294967293 is req"),
        ({"autoreset_mode": "never"}, UsageError, "autoreset_mode is 'never'; one of 'NextStep'"),
    ],
)
def test_bad_arguments_are_refused(
    keywords: dict[str, Any], kind: type[UsageError], text: str
) -> None:
    with pytest.raises(kind, match=text):
        CoSimVectorEnv(**{"num_envs": 3, "scenario": "loopback", **keywords})


@pytest.mark.parametrize(
    ("keywords", "text"),
    [
        ({"seed": [1, 2]}, r"seed is \[1, 2\]; a whole number, or a list of 3 is required"),
        ({"seed": "one"}, "seed is 'one'"),
        ({"seed": [1, -1, 2]}, r"seed\[1\] is -1; a whole number from 0 to 4294967295 is required"),
        ({"options": {"a": 1}}, "options is {'a': 1}; reset_mask, an array of 3 bool"),
        ({"options": {"reset_mask": np.zeros(3, bool)}}, "of which one is true"),
    ],
)
def test_bad_resets_are_refused(keywords: dict[str, Any], text: str) -> None:
    envs = loopbacks()
    with pytest.raises(UsageError, match=text):
        envs.reset(**keywords)
    assert running() == []
    with pytest.raises(EpisodeOver, match="call reset.. of all first"):
        envs.reset(options={"reset_mask": np.array([True, False, False])})
    with pytest.raises(EpisodeOver, match="no episodes have begun; call reset.. first"):
        envs.step(SHARES)


def test_a_bad_action_is_refused_and_all_episodes_go_on() -> None:
    envs = loopbacks()
    envs.reset()
    bad = {"prb_max": SHARES["prb_max"].copy()}
    bad["prb_max"][2, 1] = 0.5
    with pytest.raises(InvalidAction, match=r"environment 2: prb_max\[cell 1\] sums to 1.5 over"):
        envs.step(bad)
    bad["prb_max"][2, 1, 0] = np.nan
    with pytest.raises(InvalidAction, match=r"prb_max\[2, 1, 0\] is nan"):
        envs.step(bad)
    with pytest.raises(InvalidAction, match=r"prb_max has shape \(2, 2, 3\); \(3, 2, 3\) is req"):
        envs.step({"prb_max": SHARES["prb_max"][:2]})
    observations, *_ = envs.step(SHARES)
    assert observations["counter"].tolist() == np.ones((3, 2, 3)).tolist()
    envs.close()


def test_the_crash_of_one_names_it_and_ends_all() -> None:
    params = [{"steps": 9}, {"steps": 9, "crash_step": 2}, {"steps": 9}]
    envs = loopbacks(params=params, seed=5)
    envs.reset()
    envs.step(SHARES)
    with pytest.raises(SimulationCrashed) as caught:
        envs.step(SHARES)
    assert str(caught.value).startswith(
        "environment 1: the simulation slicebed-loopback was killed by SIGABRT"
    )
    assert caught.value.exit_status_sim == 134
    assert caught.value.stderr_tail == "loopback: crash as asked at step 2"
    assert caught.value.command.endswith("--RngRun=6")
    assert running() == []
    with pytest.raises(EpisodeOver, match="call reset.. first"):
        envs.step(SHARES)
    envs.reset(seed=1)
    assert envs.step(SHARES)[1].tolist() == [1.5] * 3
    envs.close()


def test_a_kill_between_steps_is_told_too() -> None:
    envs = loopbacks()
    envs.reset()
    os.kill(pids(envs)[2], signal.SIGKILL)
    with pytest.raises(SimulationCrashed, match="^environment 2: .* killed by SIGKILL"):
        envs.step(SHARES)
    assert running() == []


@pytest.mark.parametrize("how", ["hang", "stop"])
def test_one_that_does_not_answer_is_told(how: str) -> None:
    hanging = {"steps": 9, "hang_step": 1 if how == "hang" else 0}
    timeout_s = 0.5 if how == "hang" else 30.0
    envs = loopbacks(params=[{"steps": 9}, {"steps": 9}, hanging], timeout_s=timeout_s)
    envs.reset()
    if how == "stop":
        os.kill(pids(envs)[2], signal.SIGSTOP)
    begun = time.monotonic()
    with pytest.raises(SimulationHung, match="^environment 2: ") as caught:
        envs.step(SHARES)
    assert ("no answer within 0.5 s" if how == "hang" else "was stopped by a signal") in str(
        caught.value
    )
    assert time.monotonic() - begun < 10  # the time-out passed once, not once more for each
    assert running() == []


def test_an_interruption_during_a_step_ends_all() -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    envs = loopbacks(params={"hang_step": 1})
    envs.reset()
    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        with pytest.raises(KeyboardInterrupt):
            envs.step(SHARES)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert running() == []


def test_close_does_not_wait_for_simulations_that_compute() -> None:
    envs = loopbacks(params={"hang_step": 1})
    envs.reset()
    for env in envs.envs:
        env.send(env.allowed({"prb_max": SHARES["prb_max"][0]}))
    envs.close()
    assert running() == []


def test_a_vector_that_is_lost_ends_its_simulations() -> None:
    envs = loopbacks()
    envs.reset()
    assert len(running()) == 4
    del envs
    deadline = time.monotonic() + 5
    while running():  # they are killed, not waited for
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_pinned_simulations_keep_to_their_cores() -> None:
    cores = sorted(os.sched_getaffinity(0))
    envs = loopbacks(4, pin=True)
    envs.reset()
    kept = [os.sched_getaffinity(pid) for pid in pids(envs)]
    envs.close()
    assert kept == [{cores[i % len(cores)]} for i in range(4)]


def test_ns3_logs_to_the_log_of_each(tmp_path: Path) -> None:
    envs = CoSimVectorEnv(
        2,
        scenario="cells",
        params=CELLS,
        log_path=tmp_path / "run.log",
        sim_log="UdpSocketImpl=level_function",
    )
    envs.reset()
    envs.step({"prb_max": np.full((2, 3, 4), 0.25, np.float32)})
    envs.close()
    assert all("UdpSocketImpl" in (tmp_path / f"run-{i}.log").read_text() for i in range(2))


def test_each_has_a_log_of_its_own(tmp_path: Path) -> None:
    params = [{}, {"exit_step": 1}, {}]
    envs = loopbacks(params=params, log_path=tmp_path / "run.log")
    envs.reset()
    with pytest.raises(SimulationCrashed):
        envs.step(SHARES)
    assert sorted(p.name for p in tmp_path.iterdir()) == [f"run-{i}.log" for i in range(3)]
    assert "exit as asked" in (tmp_path / "run-1.log").read_text()
