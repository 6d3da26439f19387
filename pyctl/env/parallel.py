"""A scenario for several agents at once, as a PettingZoo parallel environment.

    env = slicebed_parallel_env("cells", {"steps": 10})
    observations, infos = env.reset(seed=1)
    while env.agents:
        actions = {agent: env.action_space(agent).sample() for agent in env.agents}
        observations, rewards, terminated, truncated, infos = env.step(actions)
    env.close()

An agent sees its own row of each field and decides its own row of each action:

==========  =================  ==========================================================
scenario    agents             reward of an agent
==========  =================  ==========================================================
cells       cell_0, cell_1...  of its cell alone: mean of log(1 + r) over the slices that
                               were present; their mean over cells is the common reward
edge-cloud  edge_0, edge_1...  the common one
loopback    cell_0, cell_1...  the common one
==========  =================  ==========================================================

The shares of a cell are its agent's own and sum to at most 1. In edge-cloud an agent proposes which
share of the whole work its node takes, and the cloud takes what all leave. Proposals that sum to
more than 1 have the nearest allowed point put in force, as all totals, and ``projected`` in each
info counts it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from pettingzoo import ParallelEnv

from pyctl.env.cosim import CoSimEnv, Fields, OverTotal
from pyctl.env.values import checked
from pyctl.errors import (
    EpisodeOver,
    InvalidAction,
    ProtocolError,
    SimulationError,
    UsageError,
    located,
)
from pyctl.exchange.transport import Transport
from pyctl.launch.watched import TIMEOUT_S

Floats = npt.NDArray[np.float64]
ByAgent = dict[str, Any]


@dataclass(frozen=True)
class Partition:
    """How a scenario is shared out among agents.

    Attributes:
        axis: of the fields, along which each agent has a row.
        prefix: of the agents' names.
        count: of agents, from the scenario's context; their rows are the first ones.
        complete: makes the rows of a field that nobody has, from those of the agents.
        rewards: of each agent, from the observation and the common reward.
    """

    axis: str
    prefix: str
    count: Callable[[Mapping[str, Any]], int]
    complete: Callable[[npt.NDArray[Any], int], npt.NDArray[Any]]
    rewards: Callable[[Fields, float, int], Floats]


def _utility_of_each(observation: Fields, _: float, count: int) -> Floats:
    """U of a cell, as the scenario's own reward defines it for all (paper 001, eq. 5)."""
    terms = np.log1p(observation["r"].astype(np.float64))[:count]
    present = observation["slice_active"][:count] > 0
    own: Floats = np.where(present, terms, 0.0).sum(axis=1) / np.maximum(present.sum(axis=1), 1)
    return own


def _common(_: Fields, reward: float, count: int) -> Floats:
    return np.full(count, reward)


def _nothing_more(rows: npt.NDArray[Any], _: int) -> npt.NDArray[Any]:
    return rows


def _rest_to_the_cloud(rows: npt.NDArray[Any], missing: int) -> npt.NDArray[Any]:
    """The cloud's share is what the edges leave of 1; nothing if they leave nothing."""
    rest = max(1.0 - float(rows.sum(dtype=np.float64)), 0.0) / missing
    return np.append(rows, np.full(missing, rest, rows.dtype))


PARTITIONS = {
    "cells": Partition(
        "cell", "cell", lambda context: len(context["cells"]), _nothing_more, _utility_of_each
    ),
    "edge-cloud": Partition(
        "node", "edge", lambda context: int(context["edges"]), _rest_to_the_cloud, _common
    ),
    "loopback": Partition(
        "cell", "cell", lambda context: len(context["cells"]), _nothing_more, _common
    ),
}


class SlicebedParallelEnv(ParallelEnv[str, Fields, Fields]):  # type: ignore[misc]
    """One scenario with an agent for each of its cells or edges.

    Attributes:
        env: that all agents act in.
        possible_agents: all of them.
        agents: those of the running episode; none before and after it.
    """

    def __init__(
        self,
        scenario: str,
        params: Mapping[str, Any] | None = None,
        seed: int | None = None,
        transport: Transport = "shm",
        log_path: str | Path | None = None,
        timeout_s: float = TIMEOUT_S,
        over_total: OverTotal = "project",
        sim_log: str | None = None,
        attach: bool = False,
    ) -> None:
        """Makes the environment; the arguments are those of ``CoSimEnv``.

        Raises:
            UsageError: one of them is wrong, or there are no agents for the scenario.
        """
        if scenario not in PARTITIONS:
            known = ", ".join(sorted(PARTITIONS))
            raise UsageError(
                f"scenario is {scenario!r}; one with several agents is required: {known}"
            )
        self.env = CoSimEnv(
            scenario, params, seed, transport, log_path, timeout_s, over_total, sim_log, attach
        )
        self.metadata = {"name": f"slicebed_{scenario}_v0", "render_modes": []}
        self.render_mode = None
        self._partition = PARTITIONS[scenario]
        self._count = self._partition.count(self.env.context)
        self.possible_agents = [f"{self._partition.prefix}_{i}" for i in range(self._count)]
        self.agents: list[str] = []
        described = self.env.description
        self._observed = {f["name"]: self._has_rows(f) for f in described["observation"]}
        decided = {f["name"]: True for f in described["action"]}
        # One object for each agent: who samples actions seeds them.
        self._observation_spaces = self._spaces(self.env.observation_space, self._observed)
        self._action_spaces = self._spaces(self.env.action_space, decided)

    def observation_space(self, agent: str) -> spaces.Dict:
        """Returns the space of what an agent sees: its rows, and whole what has no rows."""
        return self._observation_spaces[agent]

    def action_space(self, agent: str) -> spaces.Dict:
        """Returns the space of what an agent decides: its rows."""
        return self._action_spaces[agent]

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Fields], dict[str, dict[str, Any]]]:
        """Begins an episode; raises as ``CoSimEnv.reset``.

        Args:
            seed: of the episode; None goes on in the sequence.
            options: not used: PettingZoo's own tests and wrappers pass any.
        """
        observation, info = self.env.reset(seed=seed)
        self.agents = list(self.possible_agents)
        return self._seen(observation), self._to_each(info)

    def step(
        self, actions: Mapping[str, Fields]
    ) -> tuple[
        dict[str, Fields],
        dict[str, float],
        dict[str, bool],
        dict[str, bool],
        dict[str, dict[str, Any]],
    ]:
        """Puts the agents' actions in force together for one interval.

        Raises:
            InvalidAction: an action is missing or not in its space; the episode goes on.
            EpisodeOver: there is no episode; call ``reset()``.
            SimulationError: the simulation crashed or does not answer; the episode is over.
        """
        if not self.agents:
            raise EpisodeOver("no agent is left, or none has begun; call reset() first")
        action = self._joint(actions)
        try:
            observation, reward, terminated, truncated, info = self.env.step(action)
        except (SimulationError, ProtocolError):
            self.agents = []
            raise
        own = self._partition.rewards(observation, reward, self._count).tolist()
        outcome = (
            self._seen(observation),
            dict(zip(self.agents, own, strict=True)),
            dict.fromkeys(self.agents, terminated),
            dict.fromkeys(self.agents, truncated),
            self._to_each(info),
        )
        if terminated or truncated:
            self.agents = []
        return outcome

    def close(self) -> None:
        """Stops the simulation, if one runs. The environment can be reset again."""
        self.agents = []
        self.env.close()

    def _has_rows(self, field: Mapping[str, Any]) -> bool:
        return bool(field["axes"]) and field["axes"][0] == self._partition.axis

    def _spaces(self, whole: Any, rows: Mapping[str, bool]) -> dict[str, spaces.Dict]:
        return {
            agent: spaces.Dict(
                [(n, _row_box(whole[n], i) if own else whole[n]) for n, own in rows.items()]
            )
            for i, agent in enumerate(self.possible_agents)
        }

    def _seen(self, observation: Fields) -> dict[str, Fields]:
        return {
            agent: {
                n: _row(observation[n], i) if own else observation[n]
                for n, own in self._observed.items()
            }
            for i, agent in enumerate(self.agents)
        }

    def _to_each(self, info: dict[str, Any]) -> dict[str, dict[str, Any]]:
        return {agent: dict(info) for agent in self.agents}

    def _joint(self, actions: Mapping[str, Fields]) -> Fields:
        """Makes the scenario's action of the agents' ones."""
        if set(actions) != set(self.agents):
            raise InvalidAction(
                f"actions are of the agents {sorted(actions)}; those of {self.agents} are required"
            )
        exact = [_checked_of(agent, actions[agent], self._action_spaces) for agent in self.agents]
        joint = {}
        boxes: Any = self.env.action_space
        for name, box in boxes.items():
            rows = np.reshape([each[name] for each in exact], (self._count, *box.shape[1:]))
            joint[name] = self._partition.complete(rows, box.shape[0] - self._count)
        return joint


def slicebed_parallel_env(
    scenario: str, params: Mapping[str, Any] | None = None, **keywords: Any
) -> SlicebedParallelEnv:
    """Makes the PettingZoo environment of a scenario, see ``SlicebedParallelEnv``."""
    return SlicebedParallelEnv(scenario, params, **keywords)


def _row(values: npt.NDArray[Any], i: int) -> npt.NDArray[Any]:
    """Returns one row; that of a vector has one element."""
    return values[i] if values.ndim > 1 else values[i : i + 1]


def _row_box(box: Any, i: int) -> spaces.Box:
    return spaces.Box(_row(box.low, i), _row(box.high, i), dtype=box.dtype)


def _checked_of(agent: str, action: Fields, action_spaces: Mapping[str, spaces.Dict]) -> Fields:
    try:
        exact: Fields = checked(action, action_spaces[agent])
    except InvalidAction as error:
        raise located(error, agent) from error
    return exact
