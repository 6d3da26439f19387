from __future__ import annotations

import contextlib
import math
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import psutil
import pytest
import zmq
from gymnasium.spaces import Discrete
from gymnasium.utils.env_checker import check_env

import pyctl.env
from pyctl.env.cosim import CoSimEnv
from pyctl.env.foreign import Ns3GymEnv
from pyctl.errors import (
    EpisodeOver,
    InvalidAction,
    ProtocolError,
    SimulationCrashed,
    SimulationRefused,
    UnknownName,
    UsageError,
)
from pyctl.exchange import codec
from pyctl.exchange.codec import Hello
from pyctl.exchange.transport import Transport
from pyctl.launch import scenarios
from tests.pyctl.env.told import Told

pytestmark = pytest.mark.usefixtures("nothing_left")

SHARES = np.array([[0.125, 0.25, 0.5], [0, 0.5, 0.5]], np.float32)
ACTION = {"prb_max": SHARES}


# A debugger that attaches (PTRACE_SEIZE) and lets go again when it ends.
SEIZE = """
import ctypes, sys, time
ptrace = ctypes.CDLL(None, use_errno=True).ptrace
ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
assert ptrace(0x4206, int(sys.argv[1]), None, None) == 0, ctypes.get_errno()
time.sleep(0.5)
"""


def running() -> list[int]:
    """The process ids of servers and simulations."""
    pids = []
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):  # it has just ended
            if child.name().startswith("slicebed-"):
                pids.append(child.pid)
    return pids


@pytest.mark.parametrize(
    "words",
    [codec.encode_hello(Hello(1, Discrete(2), Discrete(2))), b"\xff"],
    ids=["hello", "byte"],
)
@pytest.mark.parametrize("transport", ["tcp", "ipc"])
def test_strangers_disturb_no_episode(words: bytes, transport: Transport) -> None:
    env, alone = (CoSimEnv("loopback", {"steps": 2}, 7, each) for each in (transport, "shm"))
    expected = [alone.reset()[0], alone.step(ACTION)[0], alone.step(ACTION)[0]]
    with zmq.Context(1) as context, context.socket(zmq.REQ) as stranger:
        stranger.setsockopt(zmq.LINGER, 0)
        observed = [env.reset()[0]]
        assert env._link is not None
        stranger.connect(env._link.session.endpoint)
        stranger.send(words)
        time.sleep(0.5)  # so that it lies there before the next state comes
        (twin,) = env.branch()
        observed += [env.step(ACTION)[0], env.step(ACTION)[0]]
        with pytest.raises(ProtocolError, match="the agent refused: it talks to another"):
            codec.decode_ack(stranger.recv())
    np.testing.assert_equal(observed, expected)
    np.testing.assert_equal(twin.step(ACTION)[0], expected[1])
    env.reset()
    for each in (env, twin, alone):
        each.close()


SMALL_CELLS = {"steps": 2, "sites": 1, "ues_per_slice": 1, "interval_s": 0.3, "warmup_s": 0.1}


@pytest.mark.parametrize("transport", ["shm", "tcp", "ipc"])
def test_an_episode(transport: Transport) -> None:
    env = CoSimEnv("loopback", {"steps": 2}, seed=7, transport=transport)
    assert env.seed is None
    observation, info = env.reset()
    assert env.seed == 7
    assert info["description"] == {**env.description, "seed": 7}
    assert (info["step"], info["t_sim_s"]) == (0, 0.0)
    assert info["future"]["offered"] == [[1, 2, 3], [1, 2, 3]]
    assert env.observation_space.contains(observation)
    np.testing.assert_equal(observation["echo"], np.zeros((2, 3)))

    observation, reward, terminated, truncated, info = env.step(ACTION)
    np.testing.assert_array_equal(observation["echo"], SHARES)
    assert observation["echo"].dtype == np.float32
    assert env.observation_space.contains(observation)
    assert (reward, terminated, truncated, info["step"]) == (1.875, False, False, 1)

    observation, _, terminated, truncated, info = env.step(ACTION)
    np.testing.assert_array_equal(observation["accumulated"], 2 * SHARES)
    assert (terminated, truncated) == (False, True)
    assert info["conservation"]["sent"] == 0
    assert running() == [env._server.pid]  # before close(), already: it waits for a reset
    env.close()
    assert running() == []


def test_game_over_is_termination() -> None:
    env = CoSimEnv("loopback", {"game_over_step": 1})
    env.reset()
    assert env.step(ACTION)[2:4] == (True, False)
    env.close()


def test_spaces_and_context_are_known_before_anything_runs() -> None:
    env = CoSimEnv("loopback", {"cells": 4, "slices": 2, "steps": 6})
    assert list(env.action_space.spaces) == ["prb_max"]  # type: ignore[attr-defined]
    assert env.action_space["prb_max"] == gymnasium.spaces.Box(0, 1, (4, 2))  # type: ignore[index]
    assert env.context["steps"] == 6
    assert running() == []
    env.close()


def test_steps_outside_an_episode_say_so() -> None:
    env = CoSimEnv("loopback", {"steps": 1})
    with pytest.raises(EpisodeOver, match=r"no episode has begun; call reset\(\) first"):
        env.step(ACTION)
    env.reset()
    env.step(ACTION)
    with pytest.raises(EpisodeOver, match=r"ended \(state ENDED\); .*call reset\(\) to begin"):
        env.step(ACTION)
    env.reset()
    env.close()
    with pytest.raises(EpisodeOver, match="state CLOSED"):
        env.step(ACTION)
    env.close()


@pytest.mark.parametrize(
    ("action", "text"),
    [
        ({"prb_max": SHARES * np.nan}, r"prb_max\[0, 0\] is nan; a number between 0 and 1 is req"),
        ({"prb_max": -SHARES}, r"prb_max\[0, 0\] is -0.125; a number between 0 and 1"),
        ({"prb_max": SHARES * 4}, r"prb_max\[0, 2\] is 2; a number between 0 and 1"),
        ({"prb_max": np.full((2, 3), 0.5)}, r"prb_max\[cell 0\] sums to 1.5 over the slices; at m"),
        ({"prb_max": SHARES.T}, r"prb_max has shape \(3, 2\); \(2, 3\) is required"),
        ({"prb_max": "half"}, r"prb_max is 'half'; numbers of shape \(2, 3\) are required"),
        ({"prb_max": [[1], [1, 2]]}, r"numbers of shape \(2, 3\) are required"),
        ({"prb": SHARES}, r"action has the fields \['prb'\]; \['prb_max'\] are required"),
        (SHARES, r"action has the fields array"),
        (None, r"action has the fields None; \['prb_max'\] are required"),
    ],
)
def test_a_bad_action_is_refused_and_the_episode_goes_on(action: Any, text: str) -> None:
    env = CoSimEnv("loopback", {"steps": 2})
    env.reset()
    with pytest.raises(InvalidAction, match=text):
        env.step(action)
    observation, *_ = env.step(ACTION)
    np.testing.assert_array_equal(observation["counter"], np.ones((2, 3)))
    env.close()


def test_shares_that_sum_to_one_on_paper_are_accepted() -> None:
    env = CoSimEnv("loopback", {"slices": 10})
    env.reset()
    env.step({"prb_max": np.full((2, 10), 0.1)})
    env.close()


def test_the_same_seed_is_the_same_episode_and_others_differ() -> None:
    def first_kpis(env: CoSimEnv, seed: int | None = None) -> bytes:
        env.reset(seed=seed)
        observation, *_ = env.step({"prb_max": np.full((3, 4), 0.25, np.float32)})
        return b"".join(values.tobytes() for values in observation.values())

    env = CoSimEnv("cells", SMALL_CELLS, seed=1)
    first, second = first_kpis(env), first_kpis(env)
    assert first != second
    assert first_kpis(env, seed=1) == first
    assert first_kpis(env) == second
    assert first_kpis(env, seed=2) not in (first, second)
    env.close()


def test_the_log_has_what_the_simulation_wrote(tmp_path: Path) -> None:
    log = tmp_path / "simulation.log"
    env = CoSimEnv("loopback", {"exit_step": 1, "exit_status": 2}, log_path=log)
    env.reset()
    with pytest.raises(Exception, match="exited with status 2"):
        env.step(ACTION)
    assert "loopback: exit as asked at step 1" in log.read_text()


def test_ns3_logs_what_is_asked_for(tmp_path: Path) -> None:
    log = tmp_path / "simulation.log"
    env = CoSimEnv(
        "cells", SMALL_CELLS, seed=1, log_path=log, sim_log="UdpSocketImpl=level_function"
    )
    env.reset()
    env.step({"prb_max": np.full((3, 4), 0.25, np.float32)})
    env.close()
    assert "UdpSocketImpl" in log.read_text()


@pytest.mark.parametrize(
    "sim_log",
    [
        "DefaultSimulatorImpl",
        "DefaultSimulatorImpl=**:Simulator=level_warn|prefix_all",
        "*=none",
        "***=error|func|node|level|time",
    ],
)
def test_what_ns3_takes_for_ns_log_passes(sim_log: str) -> None:
    env = CoSimEnv("loopback", {"steps": 1}, seed=1, sim_log=sim_log)
    env.reset()
    env.step(ACTION)
    env.close()


@pytest.mark.parametrize(
    ("sim_log", "text"),
    [
        ("DefaultSimulatrImpl=info", "'DefaultSimulatrImpl'; did you mean 'DefaultSimulatorImpl'"),
        ("DefaultSimulatorImpl=info:", "log component of scenario loopback ''"),
        (
            "DefaultSimulatorImpl=infos",
            "log level of DefaultSimulatorImpl 'infos'; did you mean 'info'",
        ),
        ("DefaultSimulatorImpl=info|", "log level of DefaultSimulatorImpl ''"),
    ],
)
def test_what_ns3_would_abort_at_is_refused(sim_log: str, text: str) -> None:
    with pytest.raises(UnknownName, match=text):
        CoSimEnv("loopback", {"steps": 1}, sim_log=sim_log)


def test_a_server_that_dies_tells_a_line_that_works_when_pasted() -> None:
    env = CoSimEnv("loopback", {"steps": 1}, seed=1, sim_log="DefaultSimulatorImpl=error|time")
    env.reset()
    assert env._server is not None
    os.kill(env._server.pid, signal.SIGKILL)
    with pytest.raises(SimulationCrashed) as caught:
        env._server.require_alive(wait_s=10.0)
    env.close()
    command = caught.value.command
    assert command.startswith("NS_LOG='DefaultSimulatorImpl=error|time' /")
    assert subprocess.run(["/bin/sh", "-c", command], check=False).returncode == 0


def test_a_simulation_to_debug_waits_for_the_debugger(monkeypatch: pytest.MonkeyPatch) -> None:
    told = Told()
    monkeypatch.setattr(sys, "stderr", told)
    env = CoSimEnv("loopback", {"steps": 1}, seed=1, attach=True)
    traced = threading.Event()

    def trace() -> None:
        pid = int(told.line().removeprefix("attach with: gdb -p "))
        time.sleep(0.5)
        assert psutil.pid_exists(pid)  # it waits
        subprocess.run([sys.executable, "-c", SEIZE, str(pid)], check=True)
        traced.set()

    debugger = threading.Thread(target=trace)
    debugger.start()
    env.reset()
    debugger.join()
    assert traced.is_set()
    assert env.step(ACTION)[3]
    env.close()


@pytest.mark.parametrize(
    ("keywords", "kind", "text"),
    [
        ({"scenario": "cels"}, UnknownName, "unknown scenario 'cels'; did you mean 'cells'"),
        ({"params": {"step": 1}}, UnknownName, "did you mean 'steps'"),
        ({"params": ["steps"]}, UsageError, r"params is \['steps'\]; a dict of parameters by name"),
        ({"params": {"steps": 0}}, UsageError, "steps is 0; a whole number from 1"),
        ({"params": {"spaces": "x"}}, SimulationRefused, "spaces is 'x'; one of named"),
        ({"params": {"spaces": "dict"}}, UsageError, "no named fields .*; Ns3GymEnv can drive it"),
        ({"transport": "udp"}, UsageError, "transport is 'udp'; 'shm', 'tcp' or 'ipc' is required"),
        ({"seed": -1}, UsageError, "seed is -1; a whole number from 0 to 4294967295 is required"),
    ],
)
def test_bad_arguments_are_refused_before_anything_runs(
    keywords: dict[str, Any], kind: type[UsageError], text: str
) -> None:
    with pytest.raises(kind, match=text):
        CoSimEnv(**{"scenario": "loopback", **keywords})


@pytest.mark.parametrize("timeout_s", [0, -1, math.nan, math.inf, "5", None, True])
def test_a_time_out_that_is_none_is_refused_before_anything_runs(
    timeout_s: Any, tmp_path: Path
) -> None:
    started = tmp_path / "started"
    text = re.escape(f"timeout_s is {timeout_s!r}; a finite number of seconds above 0 is required")
    with pytest.raises(UsageError, match=text):
        CoSimEnv("loopback", timeout_s=timeout_s)
    with pytest.raises(UsageError, match=text):
        Ns3GymEnv(command=["touch", str(started)], timeout_s=timeout_s)
    assert not started.exists()


def test_options_of_reset_are_refused() -> None:
    env = CoSimEnv("loopback")
    with pytest.raises(UsageError, match=r"options is \{'a': 1\}; no options are known"):
        env.reset(options={"a": 1})
    env.close()


def test_a_simulation_whose_spaces_are_not_those_of_its_description_is_refused() -> None:
    env = CoSimEnv("loopback", {"slices": 2})
    env.observation_space = CoSimEnv("loopback", {"slices": 4}).observation_space
    with pytest.raises(ProtocolError, match=r"echo is float32 \(2, 2\) on the wire; the descr"):
        env.reset()


def test_an_observation_outside_its_declared_bounds_is_refused() -> None:
    env = CoSimEnv("loopback", {"slices": 1})
    env.observation_space["counter"].high[:] = 1  # type: ignore[index]
    env.reset()
    env.step({"prb_max": [[1], [1]]})
    with pytest.raises(ProtocolError, match=r"counter\[0, 0\] is 2; a number between 0 and 1"):
        env.step({"prb_max": [[1], [1]]})


def test_gymnasiums_own_checks_pass() -> None:
    # With one slice a sample of the space respects the total; none other does.
    check_env(CoSimEnv("loopback", {"slices": 1}), skip_render_check=True)


@pytest.mark.parametrize("name", ["slicebed/Loopback-v0", "slicebed/Cells-v0"])
def test_gymnasiums_own_checks_pass_on_registered_ids(name: str) -> None:
    env = gymnasium.make(name, params={"steps": 2} if "Loop" in name else SMALL_CELLS)
    check_env(env.unwrapped, skip_render_check=True)


def test_totals_above_their_limit_are_projected_on_request() -> None:
    env = CoSimEnv("loopback", {"cells": 2, "slices": 3, "steps": 3}, over_total="project")
    env.reset()
    action = {"prb_max": [[0.9, 0.5, 0.0], [0.2, 0.3, 0.5]]}
    observation, _, _, _, info = env.step(action)
    # The excess of 0.4 is taken from the two that have something, alike.
    np.testing.assert_allclose(observation["echo"], [[0.7, 0.3, 0], [0.2, 0.3, 0.5]], atol=1e-6)
    assert info["projected"] == 1
    assert "projected" not in env.step({"prb_max": np.zeros((2, 3), np.float32)})[4]
    with pytest.raises(InvalidAction, match="nan"):
        env.step({"prb_max": np.full((2, 3), np.nan)})
    env.close()
    with pytest.raises(UsageError, match="over_total is 'clip'; 'refuse' or 'project'"):
        CoSimEnv("loopback", over_total="clip")  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["slicebed/Loopback-v0", "slicebed/Cells-v0"])
def test_registered_ids(name: str) -> None:
    env = gymnasium.make(name, params={"steps": 1} if "Loop" in name else SMALL_CELLS)
    observation, _ = env.reset(seed=1)
    assert env.observation_space.contains(observation)
    env.close()


def test_registering_again_changes_nothing() -> None:
    before = dict(gymnasium.registry)
    pyctl.env.register_envs()
    assert dict(gymnasium.registry) == before


def test_a_foreign_simulation_by_its_id() -> None:
    binary = str(scenarios.scenario_binary("loopback"))
    env = gymnasium.make("slicebed/Ns3Gym-v0", command=[binary, "--spaces=discrete"])
    assert env.reset(seed=1)[0] == 0
    env.close()
