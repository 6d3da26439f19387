"""A simulation without a network model: it speaks the wire and plays a script.

For tests of environments and agents where ns-3 is not needed, or is in the way:

    simulation = FakeSimulation(observation_space, action_space, steps=5)
    env = Ns3GymEnv(command=simulation.command())        # in a process of its own
    with simulation.in_thread("tcp://127.0.0.1:5555"):   # in a thread of this one
        env = Ns3GymEnv(port=5555)
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import zmq

from pyctl.errors import SlicebedError
from pyctl.exchange import codec
from pyctl.exchange.codec import Hello, State
from pyctl.exchange.spaces import Space

Fault = Literal["none", "abort", "exit", "hang", "garbage", "disconnect"]
Script = Callable[[int, Any], State]

EXIT_STATUS = 7
HANG_S = 3600.0
JOIN_S = 10.0


@dataclass(frozen=True, eq=False)
class FakeSimulation:
    """What the simulation is and does.

    Attributes:
        observation_space: of its states.
        action_space: of the actions it expects.
        steps: actions until the episode ends.
        terminates: whether the end is a game over, rather than the end of the simulated time.
        fault: what goes wrong at ``fault_step``: ``abort`` kills the process by SIGABRT, ``exit``
            ends it with status 7, ``hang`` stops answering, ``garbage`` sends bytes that are no
            message, ``disconnect`` closes the connection.
        fault_step: border at which the fault happens, from 0.
        info: of each state.
        script: gives the state at a border from the border's number and the last action; the
            end is set by ``steps``. None: observations are drawn from the observation space with
            the seed, the reward is the border's number. It cannot go to another process.
    """

    observation_space: Space
    action_space: Space
    steps: int = 10
    terminates: bool = False
    fault: Fault = "none"
    fault_step: int = 0
    info: dict[str, Any] = field(default_factory=dict)
    script: Script | None = None

    def play(self, endpoint: str, seed: int = 0) -> None:
        """Connects to an agent and plays one episode.

        Raises:
            SlicebedError: the agent sent something else than the wire allows.
        """
        with zmq.Context(1) as context, context.socket(zmq.REQ) as socket:
            socket.setsockopt(zmq.LINGER, 0)
            socket.connect(endpoint)
            self._converse(socket, seed)

    @contextlib.contextmanager
    def in_thread(self, endpoint: str, seed: int = 0) -> Iterator[threading.Thread]:
        """Plays in a thread; waits for its end on leaving."""
        thread = threading.Thread(target=self.play, args=(endpoint, seed), daemon=True)
        thread.start()
        yield thread
        thread.join(JOIN_S)

    def command(self) -> list[str]:
        """Returns a command for ``Ns3GymEnv`` that plays in a process of its own.

        Raises:
            SlicebedError: there is a script.
        """
        if self.script is not None:
            raise SlicebedError("script is set; a simulation in a process of its own has none")
        hello = codec.encode_hello(Hello(0, self.observation_space, self.action_space))
        options = {
            "steps": self.steps,
            "terminates": self.terminates,
            "fault": self.fault,
            "fault_step": self.fault_step,
            "info": self.info,
        }
        module = ["-m", "pyctl.env.fake"]
        return [sys.executable, *module, f"--hello={hello.hex()}", f"--play={json.dumps(options)}"]

    def _converse(self, socket: zmq.Socket[bytes], seed: int) -> None:
        socket.send(
            codec.encode_hello(Hello(os.getpid(), self.observation_space, self.action_space))
        )
        if not codec.decode_ack(socket.recv()):
            return
        self.observation_space.seed(seed)
        action = None
        for border in range(self.steps + 1):
            if border == self.fault_step and self._fail(socket):
                return
            socket.send(codec.encode_state(self._state(border, action), self.observation_space))
            answer = socket.recv()
            if border < self.steps:
                action = codec.decode_action(answer, self.action_space)
                if action is None:
                    return

    def _state(self, border: int, action: Any) -> State:
        if self.script is None:
            played = State(self.observation_space.sample(), float(border), info=self.info)
        else:
            played = self.script(border, action)
        last = border == self.steps
        return State(
            played.observation,
            played.reward,
            terminated=last and self.terminates,
            truncated=last and not self.terminates,
            info=played.info,
        )

    def _fail(self, socket: zmq.Socket[bytes]) -> bool:
        """Does what the fault says; returns whether the episode is over with it."""
        if self.fault == "abort":
            os.abort()
        if self.fault == "exit":
            print("fake: error: exit as asked", file=sys.stderr, flush=True)
            os._exit(EXIT_STATUS)
        if self.fault == "hang":
            time.sleep(HANG_S)
        if self.fault == "garbage":
            socket.send(b"\xff garbage")
            socket.recv()
        return self.fault in ("garbage", "disconnect")


def main() -> None:
    """Plays the simulation that the command line describes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hello", type=bytes.fromhex, required=True, help="SimInitMsg, in hex")
    parser.add_argument("--play", type=json.loads, required=True, help="JSON object of options")
    parser.add_argument("--openGymPort", type=int, required=True, dest="port")
    parser.add_argument("--simSeed", type=int, default=0, dest="seed")
    arguments = parser.parse_args()
    hello = codec.decode_hello(arguments.hello)
    simulation = FakeSimulation(hello.observation_space, hello.action_space, **arguments.play)
    simulation.play(f"tcp://127.0.0.1:{arguments.port}", arguments.seed)


if __name__ == "__main__":
    main()
