"""``ShmSession`` with the real loopback: the same as over sockets, and what happens at a death."""

from __future__ import annotations

import hashlib
import mmap
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import psutil
import pytest

from pyctl.errors import PeerDisconnected, SlicebedError
from pyctl.exchange import codec
from pyctl.exchange.channel import Channel
from pyctl.exchange.session import Session, Stage
from pyctl.exchange.shm import ShmSession
from pyctl.launch.installed import scenario_binary

from . import raw_simulation as raw

pytestmark = pytest.mark.usefixtures("nothing_left")

WAIT_S = 10.0
GONE_S = 1.0  # what is promised; a look every 50 ms leaves room for a busy machine
AnySession = ShmSession | Session
ACTIONS: dict[str, Any] = {
    "named": {"prb_max": np.full((2, 3), 0.25, np.float32)},
    "vector": {"move": np.array([0.5, -0.25], np.float32)},
    "box": np.array([0.5, -0.25]),
    "discrete": np.int64(3),
    "tuple": (np.int64(2), np.array([0.5, 0.25], np.float32)),
    "dict": {"choice": np.int64(1), "level": np.array([0.5, -0.25])},
}
CELLS = ("cells", "--steps=3", "--sites=1", "--interval_s=0.2", "--warmup_s=0.1", "--RngRun=3")


def start(endpoint: str, scenario: str, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [str(scenario_binary(scenario)), *options, f"--endpoint={endpoint}"],
        stderr=subprocess.PIPE,
        text=True,
    )


def sessions() -> dict[str, Callable[[], AnySession]]:
    return {
        "shm": ShmSession,
        "tcp": lambda: Session(Channel("tcp")),
        "ipc": lambda: Session(Channel("ipc")),
    }


def play(make: Callable[[], AnySession], action: Any, scenario: str, *options: str) -> list[Any]:
    """All states of an episode with one action, as plain values."""
    session = make()
    with start(session.endpoint, scenario, *options) as process:
        session.handshake(WAIT_S, process_id=process.pid)
        session.accept()
        states = [session.receive_state(WAIT_S)]
        while not states[-1].ended:
            states.append(session.step(action, WAIT_S))
        session.close()
        assert process.wait(WAIT_S) == 0
    return [(plain(s.observation), s.reward, s.terminated, s.truncated, s.info) for s in states]


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: plain(v) for name, v in value.items()}
    if isinstance(value, tuple):
        return tuple(plain(v) for v in value)
    return (type(value), np.asarray(value).dtype, np.asarray(value).tolist())


@pytest.mark.parametrize("spaces", list(ACTIONS))
def test_an_episode_is_the_same_over_all_channels(spaces: str) -> None:
    options = ("loopback", "--steps=5", f"--spaces={spaces}", "--game_over_step=4")
    over = {name: play(make, ACTIONS[spaces], *options) for name, make in sessions().items()}
    assert len(over["shm"]) == 5
    assert over["shm"] == over["tcp"] == over["ipc"]


def test_packets_are_the_same_over_all_channels() -> None:
    session = ShmSession()
    with start(session.endpoint, *CELLS) as process:
        space = session.handshake(WAIT_S).action_space
        session.stop()
        session.close()
        assert process.wait(WAIT_S) == 0
    action = {"prb_max": np.full(space["prb_max"].shape, 0.25, np.float32)}  # type: ignore[index]
    digests = {
        hashlib.sha256(repr(play(make, action, *CELLS)).encode()).hexdigest()
        for make in sessions().values()
    }
    assert len(digests) == 1


def test_messages_larger_than_the_area() -> None:
    cells, slices = 100, 100
    options = ("--steps=2", f"--cells={cells}", f"--slices={slices}")
    action = {"prb_max": np.zeros((cells, slices), np.float32)}
    states = play(ShmSession, action, "loopback", *options)
    offered = states[1][4]["future"]["offered"]
    assert len(repr(offered)) > raw.AREA_BYTES  # 2 (slice + 1) in each cell
    assert offered == [[2.0 * (slice_ + 1) for slice_ in range(slices)]] * cells


@pytest.fixture
def begun() -> Any:
    """A session whose simulation waits for an action."""
    session = ShmSession()
    with start(session.endpoint, "loopback", "--steps=1000", "--spaces=vector") as process:
        session.handshake(WAIT_S)
        session.accept()
        session.receive_state(WAIT_S)
        yield session, process
        session.stop()
        session.close()


def test_an_agent_that_closes_ends_its_simulation(begun: Any) -> None:
    session, process = begun
    session.close()
    assert process.wait(WAIT_S) == 3
    assert "error: the agent at shm:/proc/" in process.stderr.read()


def test_an_agent_that_stops_says_so(begun: Any) -> None:
    session, process = begun
    assert session.stop() is True
    assert process.wait(WAIT_S) == 0


def test_a_killed_simulation_is_told_of(begun: Any) -> None:
    session, process = begun
    process.kill()
    begin = time.monotonic()
    session.send_action(ACTIONS["vector"])
    with pytest.raises(PeerDisconnected, match="the simulation left its connection to shm:"):
        session.receive_state(WAIT_S)
    assert time.monotonic() - begin < GONE_S


def test_a_killed_simulation_is_told_of_by_the_watch_too(begun: Any) -> None:
    session, process = begun
    process.send_signal(signal.SIGSTOP)
    calls = []

    def watch() -> None:
        calls.append(time.monotonic())
        if len(calls) == 3:
            raise SlicebedError("enough")

    assert session.fast_step(ACTIONS["vector"]) is True
    with pytest.raises(SlicebedError, match="enough"):
        session.receive_state(WAIT_S, watch)
    assert session.stage is Stage.AWAITING_STATE
    process.send_signal(signal.SIGCONT)
    assert session.receive_state(WAIT_S).reward == 0.25


def test_a_wrong_action_ends_the_simulation_with_its_reason(begun: Any) -> None:
    session, process = begun
    session.action_view()["move"][:] = [0, 3]
    assert session.fast_step(session.action_view()) is False
    session._client.post_action()
    assert process.wait(WAIT_S) == 2
    said = process.stderr.read()
    assert "error: move[1] is 3; a number between -1 and 1 is required" in said


AGENT = """
import subprocess, sys, time
from pyctl.exchange.shm import ShmSession
session = ShmSession()
process = subprocess.Popen([*sys.argv[1:], f"--endpoint={session.endpoint}"])
session.handshake(10)
session.accept()
session.receive_state(10)
print(process.pid, flush=True)
time.sleep(60)
"""


def runs(process: psutil.Process) -> bool:
    """Whether it has not ended; its new parent may take its time to collect it."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_killed_agent_ends_its_simulation() -> None:
    names = set(os.listdir(raw.DEV_SHM))
    binary = str(scenario_binary("loopback"))
    with subprocess.Popen(
        [sys.executable, "-c", AGENT, binary, "--spaces=vector"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as agent:
        assert agent.stdout is not None
        simulation = psutil.Process(int(agent.stdout.readline()))
        agent.send_signal(signal.SIGSTOP)
        time.sleep(0.2)
        assert simulation.is_running()  # an agent that is stopped may go on
        agent.kill()
        deadline = time.monotonic() + GONE_S
        while runs(simulation) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not runs(simulation)
        said = agent.communicate()[1]
    assert said.count("is stopped; waiting until it goes on") == 1
    assert f"the agent at shm:/proc/{agent.pid}/fd/" in said
    assert set(os.listdir(raw.DEV_SHM)) <= names


def test_ctrl_c_ends_a_wait() -> None:
    code = (
        "from pyctl.exchange.shm import ShmSession; s = ShmSession();"
        "print(flush=True); s.handshake(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as agent:
        assert agent.stdout is not None
        agent.stdout.readline()
        agent.send_signal(signal.SIGINT)
        assert agent.communicate(timeout=WAIT_S)[1].rstrip().endswith("KeyboardInterrupt")


def test_both_ends_on_one_processor_make_progress() -> None:
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        options = ("loopback", "--steps=2000", "--spaces=vector")
        begin = time.monotonic()
        assert len(play(ShmSession, ACTIONS["vector"], *options)) == 2001
        # A raw spin takes 8 ms a step: two time slices of the scheduler.
        assert time.monotonic() - begin < 2000 * 0.004
    finally:
        os.sched_setaffinity(0, allowed)


def test_random_bytes_never_break_the_simulation() -> None:
    dice = random.Random(7)
    for _ in range(30):
        session = ShmSession()
        with start(session.endpoint, "loopback", "--steps=1000", "--spaces=vector") as process:
            session.handshake(WAIT_S)
            session.accept()
            session.receive_state(WAIT_S)
            with mmap.mmap(session._client.descriptor, 4096) as memory:
                place = dice.randrange(raw.AGENT_TURN, 900)
                garbage = dice.randbytes(dice.choice([1, 4, 64]))
                memory[place : place + len(garbage)] = garbage
            session._client.post_stop()
            session.close()
            assert process.wait(WAIT_S) in (0, 2, 3)  # and not by a signal


def test_a_branch_message_is_the_wires() -> None:
    peers = [codec.Peer("shm:/proc/1/fd/2", "log")]
    session = ShmSession()
    with start(session.endpoint, "loopback", "--steps=3", "--spaces=vector") as process:
        session.handshake(WAIT_S)
        session.accept()
        session.receive_state(WAIT_S)
        with pytest.raises(PeerDisconnected):
            session.branch(peers, WAIT_S)
        assert process.wait(WAIT_S) == 3
        assert process.stderr is not None
        assert "the agent asks for branches" in process.stderr.read()
        session.close()
