"""A scenario as a gymnasium environment: each episode is one run of its simulation.

    env = CoSimEnv("cells", {"steps": 10}, seed=1)
    observation, info = env.reset()
    observation, reward, terminated, truncated, info = env.step({"prb_max": shares})
    env.close()

Observations and actions are dicts of arrays, as the scenario describes them. ``terminated`` means
that the model ended the episode, ``truncated`` that its simulated time is over.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import gymnasium

from pyctl.env.link import Link
from pyctl.env.seeds import SeedSequence
from pyctl.env.values import checked, project_sums, require_sums
from pyctl.errors import EpisodeOver, InvalidAction, ProtocolError, UsageError
from pyctl.exchange.channel import Channel, Transport
from pyctl.exchange.codec import State
from pyctl.exchange.spaces import fields_space, require_same_layout
from pyctl.launch.installed import scenario_binary
from pyctl.launch.process import SimulationProcess
from pyctl.launch.scenarios import check_parameters, describe, parameter_arguments

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
        self._timeout_s = timeout_s
        self._seeds = SeedSequence(seed)
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
        self._link = Link(
            Channel(self._transport), self._launch, self._timeout_s, same_process=True
        )
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

    def close(self) -> None:
        """Stops the simulation, if one runs. The environment can be reset again."""
        self._close_link()
        super().close()

    def _launch(self, channel: Channel) -> SimulationProcess:
        arguments = [*self._program, f"--RngRun={self.seed}"]
        return SimulationProcess(
            [*arguments, f"--endpoint={channel.endpoint}"],
            log_path=self._log_path,
            command=shlex.join(arguments),
            socket_folder=channel.folder,
        )

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
