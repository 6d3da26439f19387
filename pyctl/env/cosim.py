"""A scenario as a gymnasium environment: each episode is one run of its simulation.

    env = CoSimEnv("cells", {"steps": 10}, seed=1)
    observation, info = env.reset()
    observation, reward, terminated, truncated, info = env.step({"prb_max": shares})
    what_if, = env.branch()  # goes on from the same state, with the same random streams
    env.close()

Observations and actions are dicts of arrays, as the scenario describes them. ``terminated`` means
that the model ended the episode, ``truncated`` that its simulated time is over.

``reset`` and ``step`` have two halves each, for who drives several simulations at once: ``start``
and ``first``, ``send`` and ``receive``; ``ready`` tells whether the second need not wait.
"""

from __future__ import annotations

import contextlib
import copy
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self, cast

import gymnasium

from pyctl.descriptors import require_descriptors
from pyctl.env.link import EXIT_S, Link, require_timeout
from pyctl.env.seeds import SeedSequence
from pyctl.env.values import SUM_SLACK, checked, project_sums, require_sums
from pyctl.errors import EpisodeOver, InvalidAction, ProtocolError, SimulationError, UsageError
from pyctl.exchange.channel import CHANNEL_DESCRIPTORS, Channel
from pyctl.exchange.codec import Peer, State
from pyctl.exchange.session import Session
from pyctl.exchange.shm import SEGMENT_DESCRIPTORS, AnySession, ShmSession
from pyctl.exchange.spaces import fields_space, require_same_layout
from pyctl.exchange.transport import Transport
from pyctl.launch.installed import scenario_binary
from pyctl.launch.log import SimulationLog
from pyctl.launch.process import command_line
from pyctl.launch.scenarios import check_parameters, describe, parameter_arguments
from pyctl.launch.server import SERVED_DESCRIPTORS, ServedSimulation, SimulationServer
from pyctl.launch.sim_log import check_sim_log
from pyctl.launch.watched import TIMEOUT_S
from pyctl.seeds import require_seed

# That an episode holds open here, with the two of its process.
DESCRIPTORS: Mapping[Transport, int] = {
    "shm": SEGMENT_DESCRIPTORS + SERVED_DESCRIPTORS,
    "tcp": CHANNEL_DESCRIPTORS + SERVED_DESCRIPTORS,
    "ipc": CHANNEL_DESCRIPTORS + SERVED_DESCRIPTORS,
}

OverTotal = Literal["refuse", "project"]

Fields = dict[str, Any]
Outcome = tuple[Fields, float, bool, bool, dict[str, Any]]


class Allowed(NamedTuple):
    """An action that may be sent.

    Attributes:
        values: arrays by field name, in the action space and within all totals.
        projected: how many totals were above their limits before.
    """

    values: Fields
    projected: int


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
        transport: Transport = "shm",
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
            transport: ``shm`` (memory that both share), or ZeroMQ over ``tcp`` or ``ipc``; it does
                not change what is simulated.
            log_path: file that the simulations' output is appended to; None keeps the last
                lines only, for error messages.
            timeout_s: how long the simulation may take for one interval [s].
            over_total: what becomes of an action whose total is above its limit, such as shares
                that sum to more than 1: ``refuse`` raises, ``project`` puts the nearest allowed
                point in force and counts the totals in ``info["projected"]``. The ids of
                ``gymnasium.make`` project, because an RL library samples its actions from the
                space alone, which cannot say what a sum may be.
            sim_log: what ns-3 logs (its variable ``NS_LOG``), such as ``TcpSocketBase=info``; it
                goes to the log. What it logs in branches goes to files of their own beside it:
                with ``run.log``, that of the first branch to ``run-branch-1.log``.
            attach: each simulation tells its process id on standard error and waits, for as long
                as it takes, until a debugger is attached; so does this side.

        Raises:
            UsageError: one of the arguments is wrong.
        """
        if transport not in ("shm", "tcp", "ipc"):
            raise UsageError(f"transport is {transport!r}; 'shm', 'tcp' or 'ipc' is required")
        if over_total not in ("refuse", "project"):
            raise UsageError(f"over_total is {over_total!r}; 'refuse' or 'project' is required")
        require_timeout(timeout_s)
        self._over_total: OverTotal = over_total
        if not isinstance(params, Mapping | None):
            raise UsageError(f"params is {params!r}; a dict of parameters by name is required")
        parameters = dict(params or {})
        check_parameters(scenario, parameters)
        if sim_log is not None:
            check_sim_log(scenario, sim_log)
        self._program = [str(scenario_binary(scenario)), *parameter_arguments(parameters)]
        self._transport: Transport = transport
        self._log_path = None if log_path is None else Path(log_path)
        self._timeout_s = math.inf if attach else timeout_s
        self._environment = {} if sim_log is None else {"NS_LOG": sim_log}
        self._attach = attach
        self._seeds = SeedSequence(seed)
        self._server: SimulationServer | None = None
        self._link: Link | None = None
        self._branches = 0  # whose logs have names
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
        self.start(seed)
        return self.first()

    def start(self, seed: int | None = None) -> None:
        """Starts a simulation, as ``reset``, and does not wait for it: ``first`` does."""
        episode_seed = self._seeds.next(seed)
        super().reset(seed=seed)
        self._close_link()
        self.seed = episode_seed
        self._link = self._begin_link()

    def first(self) -> tuple[Fields, dict[str, Any]]:
        """Waits for the simulation that ``start`` started; returns and raises as ``reset``."""
        link = self._require_link()
        self._use_described_spaces(link)
        state = link.begin()
        return self._observation(state), state.info

    def step(self, action: Fields) -> Outcome:
        """Puts an action in force for one interval.

        Raises:
            InvalidAction: the action is not in the action space, or a total is above its limit
                and the environment does not project; nothing was sent and the episode goes on.
            EpisodeOver: there is no episode; call ``reset()``.
            SimulationError: the simulation crashed or does not answer; the episode is over.
        """
        link = self._require_link()
        fast_step = link.session.fast_step
        if fast_step is not None:
            done = fast_step(action)
            if isinstance(done, tuple):
                return done
            if done:  # sent, and what comes of it is unusual or takes its time
                link.note_sent()
                return self._outcome(link, link.receive(), 0)
        allowed = self.allowed(action)
        return self._outcome(link, link.step(allowed.values), allowed.projected)

    def allowed(self, action: Fields) -> Allowed:
        """Checks an action, and projects it where the environment does; nothing is sent.

        Raises:
            InvalidAction: as ``step``.
        """
        if self._link is not None and self._link.session.admits(action):
            return Allowed(action, 0)
        exact = checked(action, self.action_space)
        projected = 0
        if self._over_total == "project":
            exact, projected = project_sums(exact, self.description["action"])
        require_sums(exact, self.description["action"])
        return Allowed(exact, projected)

    def send(self, allowed: Allowed) -> None:
        """Puts an action in force and does not wait for what comes of it: ``receive`` does."""
        self._require_link().send(allowed.values)
        self._sent = allowed

    def receive(self) -> Outcome:
        """Waits for what comes of the action sent last; returns and raises as ``step``."""
        link = self._require_link()
        return self._outcome(link, link.receive(), self._sent.projected)

    def ready(self) -> bool:
        """Tells whether ``first`` or ``receive`` would return, or raise, without waiting."""
        return self._require_link().ready()

    @staticmethod
    def wait_for_any(envs: Sequence[CoSimEnv], wait_s: float) -> None:
        """Waits until a state of one of several environments of one transport has come.

        Args:
            envs: one or more.
            wait_s: how long at most [s]. ``ready`` then tells which, or whether one is lost.
        """
        sessions: Any = [env._require_link().session for env in envs]
        type(sessions[0]).wait_for_any(sessions, wait_s)

    def pin(self, core: int) -> None:
        """Keeps the simulation of this episode on one core of the processor."""
        process = self._require_link().process
        if process is not None:
            process.pin(core)

    def share_server(self, others: Iterable[CoSimEnv]) -> None:
        """Takes the server of another environment, if one runs what this one would start."""
        if self._server is not None and self._server.lives():
            return
        self._release_server()
        for other in others:
            server = other._server
            if other._program == self._program and server is not None and server.lives():
                self._server = server.retain()
                return

    def branch(self, n: int = 1, runs: Sequence[int] | None = None) -> list[Self]:
        """Copies the simulation as it is now, between two steps.

        Each copy is an environment of its own that goes on from this state: its next ``step`` does
        what this one's would, with the same random numbers. It can be branched, reset (to episodes
        of its own) and closed like any other.

        Args:
            n: copies.
            runs: ``RngRun`` of each copy, from 0 to 2^32 - 1: from here on it draws arrivals,
                fading and decoding anew, so that copies of different runs see different
                futures of the same state, and those of one run the same. None: all go on with
                this one's random numbers. Scenario ``cells`` can.

        Raises:
            EpisodeOver: there is no episode to branch.
            UsageError: ``n`` is not a whole number above 0, or more branches would live at once
                than ``pyctl.launch.server.MAX_LIVE``, or the limit of open files is too low, or
                ``runs`` are not ``n`` such numbers.
            SimulationError: the simulation ended, there was no room for all copies, or the
                scenario cannot draw anew: then there is none.
        """
        link = self._require_link()
        if self._server is None:
            raise EpisodeOver("the environment is closed; call reset() first")
        n = self._server.require_room(n)
        runs_of_copies = _require_runs(runs, n)
        needed = n * DESCRIPTORS[self._transport]
        require_descriptors(needed, f"branches ({n}, over {self._transport})")
        with contextlib.ExitStack() as undo:
            sessions = [undo.enter_context(contextlib.closing(self._listen())) for _ in range(n)]
            log_paths = self._branch_log_paths(n)
            logs = [SimulationLog(path) for path in log_paths]
            peers = [
                Peer(session.endpoint, log.path, run)
                for session, log, run in zip(sessions, logs, runs_of_copies, strict=True)
            ]
            pids, trouble = link.branch(peers)
            copies = [
                self._server.adopt(pid, log, self._command())
                for pid, log in zip(pids, logs, strict=False)
            ]
            for each in copies:
                undo.callback(each.stop, 0.0)
            if trouble is not None:
                self._server.require_alive(EXIT_S)
                raise SimulationError(f"{len(pids)} of {n} branches were made: {trouble}")
            twins = [self._twin(*each) for each in zip(sessions, copies, log_paths, strict=True)]
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
        """Starts a simulation, and does not wait for it."""
        require_descriptors(
            DESCRIPTORS[self._transport], f"simulations (1, over {self._transport})"
        )
        if self._server is not None and not self._server.lives():
            self._release_server()
        if self._server is None:
            self._server = SimulationServer(self._program, self._environment)
        return Link(self._listen(), self._launch, self._timeout_s, same_process=True)

    def _require_link(self) -> Link:
        if self._link is None:
            raise EpisodeOver("no episode has begun; call reset() first")
        return self._link

    def _outcome(self, link: Link, state: State, projected: int) -> Outcome:
        observation = self._observation(state)
        if state.ended:
            # The process ends by itself now; to wait for it here keeps none behind.
            link.close()
        info = state.info
        if projected:
            info = {**info, "projected": projected}
        return observation, state.reward, state.terminated, state.truncated, info

    def _release_server(self) -> None:
        if self._server is not None:
            self._server.release()
            self._server = None

    def _listen(self) -> AnySession:
        if self._transport == "shm":
            session = ShmSession()
            # Where totals are projected, all above their limit are, by however little.
            slack = SUM_SLACK if self._over_total == "refuse" else 0.0
            session.limit_sums(self.description["action"], slack)
            return session
        assert self._server is not None  # noqa: S101 - reset() made sure
        return Session(Channel(self._transport, folder=self._server.folder))

    def _branch_log_paths(self, n: int) -> list[Path | None]:
        """Names files beside this environment's own, for what ns-3 logs in branches."""
        path = self._log_path
        if path is None or not self._environment:
            return [None] * n
        first = self._branches + 1
        self._branches += n
        numbers = range(first, first + n)
        return [path.with_stem(f"{path.stem}-branch-{number}") for number in numbers]

    def _twin(
        self, session: AnySession, simulation: ServedSimulation, log_path: Path | None
    ) -> Self:
        """Makes the environment of a branch that is about to introduce itself."""
        assert self._server is not None  # noqa: S101 - there is an episode
        twin = copy.copy(self)
        twin._np_random = copy.deepcopy(self._np_random)
        twin._seeds = copy.deepcopy(self._seeds)
        twin._log_path = log_path or self._log_path
        twin._branches = 0
        twin._link = Link(session, lambda _: simulation, self._timeout_s, same_process=True)
        twin._use_described_spaces(twin._link)
        twin._link.begin()
        twin._server = self._server.retain()
        return twin

    def _command(self) -> str:
        return command_line([*self._program, f"--RngRun={self.seed}"], self._environment)

    def _launch(self, session: AnySession) -> ServedSimulation:
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
            hello = link.greet()
            require_same_layout(self.observation_space, hello.observation_space, "the observation")
            require_same_layout(self.action_space, hello.action_space, "the action")
        except ProtocolError:
            link.close()
            raise
        link.session.observation_space = self.observation_space
        link.session.action_space = self.action_space

    def _observation(self, state: State) -> Fields:
        """Returns the state's observation if it keeps its own promise."""
        if state.in_space:
            return cast("Fields", state.observation)
        try:
            observation: Fields = checked(state.observation, self.observation_space, "observation")
        except InvalidAction as error:
            self._close_link()
            raise ProtocolError(f"the simulation sent what its space excludes: {error}") from error
        return observation

    def _close_link(self) -> None:
        if self._link is not None:
            self._link.close()


def _require_runs(runs: Sequence[int] | None, n: int) -> list[int | None]:
    if runs is None:
        return [None] * n
    if len(runs) != n:
        raise UsageError(f"runs has {len(runs)} elements; {n} are required, one a branch")
    return [require_seed(f"runs[{i}]", run) for i, run in enumerate(runs)]
