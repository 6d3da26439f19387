"""Any simulation that speaks the ns3-gym wire, as a gymnasium environment.

    env = Ns3GymEnv(command=["./ns3", "run", "my-sim --openGymPort={port} --simSeed={seed}"])
    env = Ns3GymEnv(port=5555)  # the simulation is started by hand

Quirks of ns3-gym that are kept: the simulation is started by the constructor, since its spaces are
known from its first message only; a state without an observation repeats the last one; an info
that is no JSON object is ``{"info": text}``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

from pyctl.env.link import Link, require_timeout
from pyctl.env.seeds import SeedSequence
from pyctl.env.values import Space, checked
from pyctl.errors import EpisodeOver, UsageError
from pyctl.exchange.channel import Channel
from pyctl.exchange.codec import State
from pyctl.exchange.session import Session
from pyctl.exchange.shm import AnySession
from pyctl.launch.process import SimulationProcess

TIMEOUT_S = 600.0
PORT, SEED = "{port}", "{seed}"


class Ns3GymEnv(gymnasium.Env[Any, Any]):
    """One foreign simulation, one episode at a time.

    Attributes:
        port: where the simulation has to connect on this host.
        seed: that the current episode's simulation was started with; None if it was started by
            somebody else, who also chose its seed.
    """

    metadata = {"render_modes": []}  # noqa: RUF012 - gymnasium's own declaration

    def __init__(
        self,
        port: int = 0,
        command: Sequence[str] | None = None,
        seed: int | None = None,
        working_directory: str | Path | None = None,
        log_path: str | Path | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        """Starts the simulation, or waits for it, until its first state is there.

        Args:
            port: to listen at; 0 lets the system choose one, for simulations started here.
            command: program and arguments; ``{port}`` and ``{seed}`` are replaced in them, and
                where they do not occur ``--openGymPort=PORT`` and ``--simSeed=SEED`` are appended.
                None: the simulation is started by somebody else, for each episode anew.
            seed: of the first episode; None draws one. See ``pyctl.env.seeds`` for the others.
            working_directory: to run the command in.
            log_path: file that the simulation's output is appended to.
            timeout_s: how long the simulation may take to start, and for each step [s].

        Raises:
            UsageError: the port is taken, the command cannot be run, or ``timeout_s`` is no finite
                number above 0.
            SimulationError: the simulation did not come, or went.
            ProtocolError: it does not speak the wire.
        """
        if command is None and port == 0:
            raise UsageError(
                "port is 0; without a command, a port that the simulation knows is required"
            )
        require_timeout(timeout_s)
        self._requested_port = port
        self._command = None if command is None else list(command)
        self._working_directory = None if working_directory is None else Path(working_directory)
        self._log_path = None if log_path is None else Path(log_path)
        self._timeout_s = timeout_s
        self._seeds = SeedSequence(seed)
        self._link: Link | None = None
        self.port = port
        self.seed: int | None = None
        self._begin(None)
        self._fresh = True

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begins an episode: the one that the constructor has started, or a new simulation.

        Args:
            seed: of the episode; None takes the next of the sequence that the last one began.
                It cannot reach a simulation that somebody else starts.
            options: none are known.

        Raises:
            UsageError: there are options.
            SimulationError: the simulation did not come, or went.
        """
        if options:
            raise UsageError(f"options is {options!r}; no options are known")
        super().reset(seed=seed)
        as_started = seed is None or seed == self.seed or self._command is None
        if not (self._fresh and as_started):
            self._begin(seed)
        self._fresh = False
        link = self._require_link()
        return self._observation, link.state.info

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Sends an action and returns what comes of it.

        Raises:
            InvalidAction: the action is not in the action space; nothing was sent.
            EpisodeOver: there is no episode; call ``reset()``.
            SimulationError: the simulation crashed or does not answer; the episode is over.
        """
        exact = checked(action, self.action_space)
        link = self._require_link()
        self._fresh = False
        state = link.step(exact)
        self._take(state)
        if state.ended:
            link.close()
        return self._observation, state.reward, state.terminated, state.truncated, state.info

    def close(self) -> None:
        """Stops the simulation, if one runs. The environment can be reset again."""
        self._fresh = False
        if self._link is not None:
            self._link.close()
        super().close()

    def _begin(self, seed: int | None) -> None:
        if self._link is not None:
            self._link.close()
        self.seed = None if self._command is None else self._seeds.next(seed)
        channel = Channel("tcp", self._requested_port)
        self.port = channel.port
        launch = None if self._command is None else self._launch
        self._link = Link(Session(channel), launch, self._timeout_s)
        hello = self._link.greet()
        self.observation_space = hello.observation_space
        self.action_space = hello.action_space
        self._observation = nothing(self.observation_space)
        self._take(self._link.begin())

    def _launch(self, session: AnySession) -> SimulationProcess:
        assert self._command is not None  # noqa: S101 - _begin made sure
        return SimulationProcess(
            foreign_arguments(self._command, self.port, self.seed or 0),
            log_path=self._log_path,
            working_directory=self._working_directory,
        )

    def _take(self, state: State) -> None:
        if state.observation is not None:
            self._observation = state.observation

    def _require_link(self) -> Link:
        if self._link is None:
            raise EpisodeOver("no episode has begun; call reset() first")
        return self._link


def foreign_arguments(command: Sequence[str], port: int, seed: int) -> list[str]:
    """Puts port and seed into a command line, at their places or at its end."""
    line = list(command)
    if not any(PORT in word for word in line):
        line.append(f"--openGymPort={PORT}")
    if not any(SEED in word for word in line):
        line.append(f"--simSeed={SEED}")
    return [word.replace(PORT, str(port)).replace(SEED, str(seed)) for word in line]


def nothing(space: Space) -> Any:
    """Returns the value nearest to zero in a space."""
    if isinstance(space, spaces.Box):
        return np.clip(np.zeros(space.shape, space.dtype), space.low, space.high)
    if isinstance(space, spaces.Tuple):
        return tuple(nothing(element) for element in space.spaces)
    if isinstance(space, spaces.Dict):
        return {name: nothing(element) for name, element in space.spaces.items()}
    return np.int64(0)
