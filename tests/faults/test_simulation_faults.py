"""Whatever happens to the simulation, the agent is told what, in time, and nothing is left."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from pyctl.env.cosim import CoSimEnv
from pyctl.env.foreign import Ns3GymEnv
from pyctl.errors import (
    EpisodeOver,
    ProtocolError,
    SimulationCrashed,
    SimulationHung,
    SimulationRefused,
    SlicebedError,
)

pytestmark = pytest.mark.usefixtures("nothing_left")

# "Within 1 s" with room for a loaded machine; a wait for a time-out would take WAIT_S.
TOLD_S = 5.0
WAIT_S = 30.0
ACTION = {"prb_max": np.full((2, 3), 0.25, np.float32)}
FOREIGN = [
    sys.executable,
    str(Path(__file__).parents[1] / "interop" / "foreign_simulation.py"),
]


def play_to_the_fault(env: CoSimEnv) -> tuple[SlicebedError, int]:
    """Steps until an error comes; returns it and the number of steps that went well."""
    env.reset()
    return step_to_the_fault(env)


def step_to_the_fault(env: CoSimEnv) -> tuple[SlicebedError, int]:
    steps = 0
    begun = time.monotonic()
    while True:
        try:
            env.step(ACTION)
        except SlicebedError as error:
            assert time.monotonic() - begun < TOLD_S
            return error, steps
        steps += 1


@pytest.mark.parametrize("transport", ["shm", "tcp", "ipc"])
@pytest.mark.parametrize(
    ("params", "text", "status", "last_words"),
    [
        ({"crash_step": 3}, "was killed by SIGABRT", 134, "loopback: crash as asked at step 3"),
        ({"exit_step": 3}, "exited with status 7", 7, "loopback: exit as asked at step 3"),
        (
            {"exit_step": 3, "exit_status": 0},
            "exited with status 0",
            0,
            "loopback: exit as asked at step 3",
        ),
    ],
)
def test_an_end_before_its_time(
    transport: Any, params: dict[str, Any], text: str, status: int, last_words: str
) -> None:
    env = CoSimEnv("loopback", {"steps": 9, **params}, 5, transport, timeout_s=WAIT_S)
    error, steps = play_to_the_fault(env)

    assert isinstance(error, SimulationCrashed)
    assert steps == 2
    assert f"the simulation slicebed-loopback {text}" in str(error)
    assert error.exit_status_sim == status
    assert error.stderr_tail == last_words
    assert error.command.endswith("--RngRun=5")
    assert "--endpoint" not in error.command
    assert "\n" not in error.command
    assert_over(env)


def assert_over(env: CoSimEnv) -> None:
    """No simulation runs any more, a step says so, and a reset begins anew."""
    children = psutil.Process().children(recursive=True)
    running = [child.pid for child in children if child.name() == "slicebed-loopback"]
    assert running == [env._server.pid]
    with pytest.raises(EpisodeOver, match=r"\(state \w+\); READY is required, call reset"):
        env.step(ACTION)
    env.reset()
    assert env.step(ACTION)[1] == 1.5
    env.close()


def test_a_hang_is_told_after_the_time_out() -> None:
    env = CoSimEnv("loopback", {"hang_step": 2}, timeout_s=0.5)
    error, steps = play_to_the_fault(env)

    assert isinstance(error, SimulationHung)
    assert steps == 1
    assert "no answer within 0.5 s: the simulation is computing its next state" in str(error)
    assert_over(env)


def test_a_kill_at_any_step() -> None:
    for seed in range(5):
        at = random.Random(seed).randrange(40)
        env = CoSimEnv("loopback", {"steps": 100}, timeout_s=WAIT_S)
        env.reset()
        for _ in range(at):
            env.step(ACTION)
        os.kill(env._link.process.pid, signal.SIGKILL)
        error, _ = step_to_the_fault(env)
        assert isinstance(error, SimulationCrashed)
        assert "was killed by SIGKILL (exit status 137)" in str(error)
        assert_over(env)


def test_a_killed_server_takes_its_simulations_with_it_and_the_next_reset_starts_another() -> None:
    env = CoSimEnv("loopback", {"steps": 100}, timeout_s=WAIT_S)
    env.reset()
    twins = env.branch(2)
    os.kill(env._server.pid, signal.SIGKILL)
    for each in (env, *twins):
        error, _ = step_to_the_fault(each)
        assert isinstance(error, SimulationCrashed)
        assert "was killed by SIGKILL (exit status 137)" in str(error)
    for each in (env, *twins):
        each.reset()
        assert each.step(ACTION)[1] == 1.5
        each.close()


def test_a_stopped_simulation_is_given_up() -> None:
    env = CoSimEnv("loopback", {"steps": 10**6}, timeout_s=WAIT_S)
    env.reset()
    env.step(ACTION)
    os.kill(env._link.process.pid, signal.SIGSTOP)
    error, _ = step_to_the_fault(env)
    assert isinstance(error, SimulationHung)
    assert "was stopped by a signal 3 s ago and does not go on" in str(error)
    assert_over(env)


def test_a_parameter_that_only_the_scenario_can_judge_is_refused_before_anything_runs() -> None:
    with pytest.raises(
        SimulationRefused, match="^spaces is 'no'; one of named, vector, dict, tuple"
    ):
        CoSimEnv("loopback", {"spaces": "no"})


def foreign(*options: str, timeout_s: float = WAIT_S) -> Ns3GymEnv:
    return Ns3GymEnv(command=[*FOREIGN, *options], timeout_s=timeout_s)


@pytest.mark.parametrize(
    ("fault", "kind", "text"),
    [
        ("abort", SimulationCrashed, r"killed by SIGABRT \(exit status 134\)"),
        ("kill", SimulationCrashed, r"killed by SIGKILL \(exit status 137\)"),
        ("exit", SimulationCrashed, "exited with status 9 before its time: out of luck"),
        ("quiet", SimulationCrashed, "exited with status 0 before its time"),
        ("refuse", SimulationRefused, "^load is 7; at most 1 is allowed$"),
    ],
)
@pytest.mark.parametrize("at", [-1, 0, 2])
def test_foreign_simulations_too(fault: str, kind: type[SlicebedError], text: str, at: int) -> None:
    begun = time.monotonic()
    with pytest.raises(kind, match=text):  # noqa: PT012 - at -1 and 0 the constructor raises
        env = foreign(f"--fault={fault}", f"--at={at}", "--steps=9")
        env.reset()
        for _ in range(9):
            env.step([0, 0])
    assert time.monotonic() - begun < WAIT_S / 2


@pytest.mark.parametrize("at", [-1, 0])
def test_a_foreign_simulation_that_never_speaks(at: int) -> None:
    with pytest.raises(SimulationHung, match=r"no answer within 2 s"):
        foreign("--fault=hang", f"--at={at}", timeout_s=2)


def test_a_program_that_speaks_another_protocol_is_asked_to_stop() -> None:
    speaker = (
        "import sys, zmq; s = zmq.Context().socket(zmq.REQ);"
        "s.connect('tcp://127.0.0.1:{port}'); s.send(b'GET / HTTP/1.1');"
        "sys.exit(s.recv() != bytes([0x10, 1]))"
    )
    with pytest.raises(ProtocolError, match="the 14 bytes received are no SimInitMsg"):
        Ns3GymEnv(command=[sys.executable, "-c", speaker, "{seed}"], timeout_s=WAIT_S)
