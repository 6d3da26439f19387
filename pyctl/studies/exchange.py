"""Times a step of the exchange: each channel, each size of message, and the bare primitives.

The scenario is ``loopback`` with ``spaces=vector``: one event a step, and arrays known by hand. All
that is compared is timed turn by turn, since machines change their pace.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import zmq

from pyctl.env.cosim import CoSimEnv
from pyctl.exchange import codec
from pyctl.exchange.channel import Channel, ZmqTransport
from pyctl.exchange.codec import State
from pyctl.exchange.session import Session
from pyctl.exchange.shm import AnySession, ShmSession
from pyctl.exchange.transport import Transport
from pyctl.launch.installed import binary_directory, scenario_binary
from pyctl.studies.programs import PREFIX, run_study

SIZES = (13, 100, 1000, 10_000, 100_000)
QUICK_SIZES = (13, 10_000)
TURNS = 7
QUICK_TURNS = 3
TURN_S = 0.15  # of one case in one turn
QUICK_TURN_S = 0.03
TIMEOUT_S = 60.0
ACTION = {"move": np.array([0.25, 0.5], np.float32)}
PING_PONG = {"raw-spin": "spin", "raw-futex": "futex"}

Steps = Callable[[int], float]  # times so many steps [s]


@dataclass(frozen=True)
class Timing:
    """One turn of one case.

    Attributes:
        case: such as ``shm-env``.
        elements: of the observation; an action has two.
        cores: that both ends share.
        turn: its number.
        us: time of a step [us].
    """

    case: str
    elements: int
    cores: int
    turn: int
    us: float


def time_steps(
    sizes: Sequence[int], turns: int, turn_s: float, one_core: bool = False
) -> list[Timing]:
    """Times all channels, sizes and bounds, turn by turn.

    Args:
        sizes: elements of the observation.
        turns: of each case.
        turn_s: how long a turn of a case is to take, about [s].
        one_core: let both ends run on the same core.
    """
    timings = []
    cores = 1 if one_core else len(os.sched_getaffinity(0))
    with one_core_only() if one_core else contextlib.nullcontext(), contextlib.ExitStack() as stack:
        cases = [
            (case, elements, stack.enter_context(steps), [0])
            for elements in sizes
            for case, steps in _cases(elements)
            if not (one_core and case == "raw-spin")  # it takes whole time slices there
        ]
        for turn in range(turns + 1):
            print(f"turn {turn} of {turns}, {cores} core(s)", file=sys.stderr)
            for case, elements, steps, count in cases:
                if turn == 0:
                    count[0] = _count(steps, turn_s)
                    continue
                us = steps(count[0]) / count[0] * 1e6
                timings.append(Timing(case, elements, cores, turn, us))
    return timings


@contextlib.contextmanager
def one_core_only() -> Iterator[None]:
    """Lets this process, and those it starts meanwhile, run on one core."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def _cases(elements: int) -> Iterator[tuple[str, contextlib.AbstractContextManager[Steps]]]:
    yield "shm-env", _environment("shm", elements)
    yield "shm-channel", _session(ShmSession(), elements)
    yield "raw-zmq", _raw_zmq(elements)
    transports: tuple[ZmqTransport, ...] = ("tcp", "ipc")
    for transport in transports:
        yield f"{transport}-channel", _session(Session(Channel(transport)), elements)
    yield "tcp-env", _environment("tcp", elements)
    for case, mode in PING_PONG.items():
        yield case, _ping_pong(mode, elements)


def _count(steps: Steps, turn_s: float) -> int:
    """Warms a case up and finds out how many of its steps make a turn."""
    steps(20)
    return max(int(20 * turn_s / steps(20)), 20)


@contextlib.contextmanager
def _environment(transport: Transport, elements: int) -> Iterator[Steps]:
    env = CoSimEnv("loopback", _parameters(elements), seed=1, transport=transport)
    env.reset()

    def steps(count: int) -> float:
        step = env.step
        begin = time.perf_counter()
        for _ in range(count):
            step(ACTION)
        return time.perf_counter() - begin

    yield steps
    env.close()


@contextlib.contextmanager
def _session(session: AnySession, elements: int) -> Iterator[Steps]:
    options = [f"--{name}={value}" for name, value in _parameters(elements).items()]
    command = [str(scenario_binary("loopback")), *options, f"--endpoint={session.endpoint}"]
    with subprocess.Popen(command) as process:
        session.handshake(TIMEOUT_S)
        session.accept()
        session.receive_state(TIMEOUT_S)

        def steps(count: int) -> float:
            begin = time.perf_counter()
            for _ in range(count):
                fast = session.fast_step and session.fast_step(ACTION)
                if not fast:
                    session.step(ACTION, TIMEOUT_S)
                elif fast is True:
                    session.receive_state(TIMEOUT_S)
            return time.perf_counter() - begin

        yield steps
        session.stop()
        process.wait(TIMEOUT_S)
        session.close()


@contextlib.contextmanager
def _raw_zmq(elements: int) -> Iterator[Steps]:
    """The same bytes as over tcp, between pyzmq and ZeroMQ's own C++, without any meaning."""
    sent, answer = _message_sizes(elements)
    with zmq.Context() as context, context.socket(zmq.REP) as socket:
        port = socket.bind_to_random_port("tcp://127.0.0.1")
        program = binary_directory() / f"{PREFIX}exchange"
        command = [str(program), "--mode=zmq", f"--endpoint=tcp://127.0.0.1:{port}"]
        sizes = [f"--bytes_out={sent}", f"--bytes_back={len(answer)}", "--rounds=1000000000"]
        with subprocess.Popen([*command, *sizes]) as process:
            socket.recv()

            def steps(count: int) -> float:
                begin = time.perf_counter()
                for _ in range(count):
                    socket.send(answer)
                    socket.recv()
                return time.perf_counter() - begin

            yield steps
            process.kill()


@contextlib.contextmanager
def _ping_pong(mode: str, elements: int) -> Iterator[Steps]:
    def steps(count: int) -> float:
        sizes = {"bytes_out": 4 * elements, "bytes_back": 8}
        study = run_study("exchange", {"mode": mode, "rounds": count, **sizes}, TIMEOUT_S)
        return float(study["us"]) * count / 1e6

    yield steps


def _parameters(elements: int) -> dict[str, Any]:
    return {"steps": 1_000_000, "spaces": "vector", "elements": elements}


def _message_sizes(elements: int) -> tuple[int, bytes]:
    """Bytes of a state, and the answer to it, as they travel over sockets."""
    env = CoSimEnv("loopback", {"spaces": "vector", "elements": elements})
    observation = {"state": np.arange(elements, dtype=np.float32)}
    state = State(observation, 0.75, info={"step": 1000, "t_sim_s": 1.0})
    sent = len(codec.encode_state(state, env.observation_space))
    return sent, codec.encode_action(ACTION, env.action_space)
