"""A scenario as a gymnasium environment: each episode is one run of its simulation.

    env = CoSimEnv("cells", {"steps": 10}, seed=1)
    observation, info = env.reset()
    observation, reward, terminated, truncated, info = env.step({"prb_max": shares})
    what_if, = env.branch()  # goes on from the same state, with the same random streams
    env.close()

Observations and actions are dicts of arrays, as the scenario describes them. ``terminated`` means
that the model ended the episode, ``truncated`` that its simulated time is over.
"""

from __future__ import annotations

import contextlib
import copy
import math
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

import gymnasium

from pyctl.env.link import Link
from pyctl.env.seeds import SeedSequence
from pyctl.env.values import checked, project_sums, require_sums
from pyctl.errors import EpisodeOver, InvalidAction, ProtocolError, SimulationError, UsageError
from pyctl.exchange.channel import Channel, Transport
from pyctl.exchange.codec import Peer, State
from pyctl.exchange.session import Session
from pyctl.exchange.spaces import fields_space, require_same_layout
from pyctl.launch.installed import scenario_binary
from pyctl.launch.log import SimulationLog
from pyctl.launch.scenarios import check_parameters, describe, parameter_arguments
from pyctl.launch.server import ServedSimulation, SimulationServer

TIMEOUT_S = 600.0

OverTotal = Literal["refuse", "project"]

Fields = dict[str, Any]


class CoSimEnv(gymnasium.Env[Fields, Fields]):
    """One scenario, one episode at a time.

    Attributes:
        description: of the scenario with its parameters, see ``slicebed show --json``.
        context: facts of the scenario: cells, slices, interval, ...
        seed: of the current episode (the simulation's ``RngRun``); None before the first.
    """

    metadata = {"render_modes": []}  # noqa: RUF012 - gymnasium's own declaration

    def __init__(
        self,
        scenario: str,
        params: Mapping[str, Any] | None = None,
        seed: int | None = None,
        transport: Transport = "tcp",
        log_path: str | Path | None = None,
        timeout_s: float = TIMEOUT_S,
        over_total: OverTotal = "refuse",
        sim_log: str | None = None,
        attach: bool = False,
    ) -> None:
        """Checks everything that can be checked before a simulation is started.

        Args:
            scenario: name, as in ``slicebed list``.
            params: of the scenario; those not named keep their defaults.
            seed: of the first episode; None draws one. See ``pyctl.env.seeds`` for the others.
            transport: ``tcp`` or ``ipc``; it does not change what is simulated.
            log_path: file that the simulations' output is appended to; None keeps the last
                lines only, for error messages.
            timeout_s: how long the simulation may take for one interval [s].
            over_total: what becomes of an action whose total is above its limit, such as shares
                that sum to more than 1: ``refuse`` raises, ``project`` puts the nearest allowed
                point in force and counts the totals in ``info["projected"]``. The ids of
                ``gymnasium.make`` project, because an RL library samples its actions from the
                space alone, which cannot say what a sum may be.
            sim_log: what ns-3 logs (its variable ``NS_LOG``), such as ``TcpSocketBase=info``; it
                goes to the log.
            attach: each simulation tells its process id on standard error and waits, for as long
                as it takes, until a debugger is attached; so does this side.

        Raises:
            UsageError: one of the arguments is wrong.
        """
        if transport not in ("tcp", "ipc"):
            raise UsageError(f"transport is {transport!r}; 'tcp' or 'ipc' is required")
        if over_total not in ("refuse", "project"):
            raise UsageError(f"over_total is {over_total!r}; 'refuse' or 'project' is required")
        self._over_total: OverTotal = over_total
        parameters = dict(params or {})
        check_parameters(scenario, parameters)
        self._program = [str(scenario_binary(scenario)), *parameter_arguments(parameters)]
        self._transport: Transport = transport
        self._log_path = None if log_path is None else Path(log_path)
        self._timeout_s = math.inf if attach else timeout_s
        self._environment = {} if sim_log is None else {"NS_LOG": sim_log}
        self._attach = attach
        self._seeds = SeedSequence(seed)
        self._server: SimulationServer | None = None
        self._link: Link | None = None
        self.seed: int | None = None
        self.description: Mapping[str, Any] = describe(scenario, parameters).raw
        self.context: Mapping[str, Any] = self.description["context"]
        if not self.description["action"]:
            raise UsageError(
                f"scenario {scenario} describes no named fields with these parameters; "
                "Ns3GymEnv can drive it"
            )
        self.observation_space = fields_space(self.description["observation"])
        self.action_space = fields_space(self.description["action"])

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Fields, dict[str, Any]]:
        """Starts a simulation; a running one is stopped.

        Args:
            seed: of the episode; None takes the next of the sequence that the last one began.
            options: none are known.

        Returns:
            The observation before any action, and the info, with the ``description``.

        Raises:
            SimulationError: the simulation refused its parameters, crashed or does not answer.
        """
        if options:
            raise UsageError(f"options is {options!r}; no options are known")
        episode_seed = self._seeds.next(seed)
        super().reset(seed=seed)
        self._close_link()
        self.seed = episode_seed
        self._link = self._begin_link()
        self._use_described_spaces(self._link)
        state = self._link.begin()
        return self._observation(state), state.info

    def step(self, action: Fields) -> tuple[Fields, float, bool, bool, dict[str, Any]]:
        """Puts an action in force for one interval.

        Raises:
            InvalidAction: the action is not in the action space, or a total is above its limit
                and the environment does not project; nothing was sent and the episode goes on.
            EpisodeOver: there is no episode; call ``reset()``.
            SimulationError: the simulation crashed or does not answer; the episode is over.
        """
        if self._link is None:
            raise EpisodeOver("no episode has begun; call reset() first")
        exact = checked(action, self.action_space)
        projected = 0
        if self._over_total == "project":
            exact, projected = project_sums(exact, self.description["action"])
        require_sums(exact, self.description["action"])
        state = self._link.step(exact)
        observation = self._observation(state)
        if state.ended:
            # The process ends by itself now; to wait for it here keeps none behind.
            self._link.close()
        info = {**state.info, "projected": projected} if projected else state.info
        return observation, state.reward, state.terminated, state.truncated, info

    def branch(self, n: int = 1) -> list[Self]:
        """Copies the simulation as it is now, between two steps.

        Each copy is an environment of its own that goes on from this state: its next ``step`` does
        what this one's would, with the same random numbers. It can be branched, reset (to episodes
        of its own) and closed like any other.

        Args:
            n: copies.

        Raises:
            EpisodeOver: there is no episode to branch.
            UsageError: ``n`` is not a whole number above 0, or more branches would live at once
                than ``pyctl.launch.server.MAX_LIVE``.
            SimulationError: the simulation ended, or there was no room for all copies: then there
                is none.
        """
        if self._link is None or self._server is None:
            raise EpisodeOver("no episode has begun; call reset() first")
        self._server.require_room(n)
        with contextlib.ExitStack() as undo:
            sessions = [undo.enter_context(contextlib.closing(self._listen())) for _ in range(n)]
            logs = [SimulationLog() for _ in range(n)]
            peers = [Peer(s.endpoint, log.path) for s, log in zip(sessions, logs, strict=True)]
            pids, trouble = self._link.branch(peers)
            copies = [
                self._server.adopt(pid, log, self._command())
                for pid, log in zip(pids, logs, strict=False)
            ]
            for each in copies:
                undo.callback(each.stop, 0.0)
            if trouble is not None:
                raise SimulationError(f"{len(pids)} of {n} branches were made: {trouble}")
            twins = [self._twin(*pair) for pair in zip(sessions, copies, strict=True)]
            undo.pop_all()
        return twins

    def close(self) -> None:
        """Stops the simulation, if one runs. The environment can be reset again."""
        try:
            self._close_link()
        finally:
            self._release_server()
        super().close()

    def _begin_link(self) -> Link:
        """Starts a simulation and waits until it introduces itself."""
        if self._server is not None and not self._server.lives():
            self._release_server()
        if self._server is None:
            self._server = SimulationServer(self._program, self._environment)
        return Link(self._listen(), self._launch, self._timeout_s, same_process=True)

    def _release_server(self) -> None:
        if self._server is not None:
            self._server.release()
            self._server = None

    def _listen(self) -> Session:
        assert self._server is not None  # noqa: S101 - reset() made sure
        return Session(Channel(self._transport, folder=self._server.folder.path))

    def _twin(self, session: Session, simulation: ServedSimulation) -> Self:
        """Makes the environment of a branch that is about to introduce itself."""
        assert self._server is not None  # noqa: S101 - there is an episode
        twin = copy.copy(self)
        twin._np_random = copy.deepcopy(self._np_random)
        twin._seeds = copy.deepcopy(self._seeds)
        twin._link = Link(session, lambda _: simulation, self._timeout_s, same_process=True)
        twin._use_described_spaces(twin._link)
        twin._link.begin()
        twin._server = self._server.retain()
        return twin

    def _command(self) -> str:
        return shlex.join([*self._program, f"--RngRun={self.seed}"])

    def _launch(self, session: Session) -> ServedSimulation:
        assert self._server is not None  # noqa: S101 - reset() made sure
        assert self.seed is not None  # noqa: S101 - reset() made sure
        log = SimulationLog(self._log_path)
        simulation = self._server.start(
            session.endpoint, self.seed, log, self._command(), attach=self._attach
        )
        if self._attach:
            print(f"attach with: gdb -p {simulation.pid}", file=sys.stderr, flush=True)
        return simulation

    def _use_described_spaces(self, link: Link) -> None:
        """Takes the description's spaces, which have bounds for each element, for the wire's."""
        try:
            hello = link.hello
            require_same_layout(self.observation_space, hello.observation_space, "the observation")
            require_same_layout(self.action_space, hello.action_space, "the action")
        except ProtocolError:
            link.close()
            raise
        link.session.observation_space = self.observation_space
        link.session.action_space = self.action_space

    def _observation(self, state: State) -> Fields:
        """Returns the state's observation if it keeps its own promise."""
        try:
            observation: Fields = checked(state.observation, self.observation_space, "observation")
        except InvalidAction as error:
            self._close_link()
            raise ProtocolError(f"the simulation sent what its space excludes: {error}") from error
        return observation

    def _close_link(self) -> None:
        if self._link is not None:
            self._link.close()
