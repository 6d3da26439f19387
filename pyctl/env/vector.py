"""Several simulations at once as one gymnasium vector environment, without worker processes.

    envs = gymnasium.make_vec("slicebed/Cells-v0", num_envs=8, params={"steps": 10})
    observations, infos = envs.reset(seed=1)  # seeds 1 to 8
    observations, rewards, terminated, truncated, infos = envs.step(envs.action_space.sample())
    envs.close()

Simulations are processes already. What comes out is what gymnasium's ``SyncVectorEnv`` gives, bit
by bit. Without waiting for the slowest simulation at each step:

    envs.send(envs.action_space.sample())
    ids, observations, rewards, terminated, truncated, infos = envs.receive()
    envs.send(decide(observations), ids)

An error in one simulation names it and ends all; ``reset`` begins anew.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space, concatenate, create_empty_array

from pyctl.env import batch
from pyctl.env.batch import Params
from pyctl.env.cosim import CoSimEnv, Fields, Outcome, OverTotal
from pyctl.env.jobs import Job, Jobs
from pyctl.env.values import checked
from pyctl.errors import EpisodeOver, SlicebedError, UsageError, located
from pyctl.exchange.transport import Transport
from pyctl.launch.watched import TIMEOUT_S

Flags = npt.NDArray[np.bool_]
Numbers = Sequence[int] | npt.NDArray[np.int64]
VectorOutcome = tuple[Fields, npt.NDArray[np.float64], Flags, Flags, dict[str, Any]]


class Received(NamedTuple):
    """What came of actions that were sent, a row for each environment.

    Attributes:
        ids: which environments, (n,).
        observations: arrays by field name, (n, ...).
        rewards: (n,).
        terminated: (n,).
        truncated: (n,).
        infos: of each.
    """

    ids: npt.NDArray[np.int64]
    observations: Fields
    rewards: npt.NDArray[np.float64]
    terminated: Flags
    truncated: Flags
    infos: tuple[dict[str, Any], ...]


class CoSimVectorEnv(VectorEnv[Fields, Fields, npt.NDArray[Any]]):
    """Environments of one scenario, all stepped together.

    Attributes:
        envs: the single environments.
    """

    def __init__(
        self,
        num_envs: int = 1,
        *,
        scenario: str,
        params: Params | Sequence[Params] | None = None,
        seed: int | None = None,
        transport: Transport = "shm",
        log_path: str | Path | None = None,
        timeout_s: float = TIMEOUT_S,
        over_total: OverTotal = "refuse",
        sim_log: str | None = None,
        attach: bool = False,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        pin: bool = False,
    ) -> None:
        """Checks everything that can be checked before a simulation is started.

        Args:
            num_envs: how many.
            scenario: see ``CoSimEnv``.
            params: of all alike, or a list of one for each. Those of a list may change the bounds
                of observations, then the widest hold for all, and nothing else of the spaces.
            seed: of the first episode of the first, the next number of the second, and so on;
                None draws them.
            transport: see ``CoSimEnv``.
            log_path: with ``run.log``, what simulation 3 writes is in ``run-3.log``.
            timeout_s: see ``CoSimEnv``.
            over_total: see ``CoSimEnv``.
            sim_log: see ``CoSimEnv``.
            attach: see ``CoSimEnv``.
            autoreset_mode: when the next episode follows one that has ended, see gymnasium's
                ``AutoresetMode``.
            pin: keep each simulation on one core, in turn.

        Raises:
            UsageError: one of the arguments is wrong.
        """
        if isinstance(num_envs, bool) or not isinstance(num_envs, int) or num_envs < 1:
            raise UsageError(f"num_envs is {num_envs!r}; a whole number above 0 is required")
        self.num_envs = num_envs
        self._mode = _mode_of(autoreset_mode)
        self._cores = sorted(os.sched_getaffinity(0))
        self._pin = pin
        self.metadata = {"render_modes": [], "autoreset_mode": self._mode}
        each = zip(
            batch.params_of_each(params, num_envs),
            batch.seeds_of_each(seed, num_envs),
            batch.log_of_each(log_path, num_envs),
            strict=True,
        )
        self.envs = [
            CoSimEnv(scenario, own, first, transport, log, timeout_s, over_total, sim_log, attach)
            for own, first, log in each
        ]
        self.single_action_space = batch.common_action_space(
            [env.action_space for env in self.envs]
        )
        self.single_observation_space = batch.common_observation_space(
            [env.observation_space for env in self.envs]
        )
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        # Of the actions of so many environments: slow to make, and asked for at each send.
        self._actions_of = cache(partial(batch_space, self.single_action_space))
        self._sent = Jobs(len(self._cores))
        self._latest: dict[int, Fields] = {}
        self._ended = np.zeros(num_envs, np.bool_)

    def reset(
        self,
        *,
        seed: int | Sequence[int | None] | None = None,
        options: dict[str, Any] | None = None,
    ) -> tuple[Fields, dict[str, Any]]:
        """Begins an episode of each, all at once.

        Args:
            seed: of the first, and the next numbers of the others; or a list. None goes on in
                each one's own sequence.
            options: ``reset_mask``, an array of bool, tells which to reset; no others are known.

        Raises:
            UsageError: seed or options are wrong, the environment is closed, or outcomes of
                ``send`` are not received yet.
            SimulationError: a simulation could not be started; none runs any more.
        """
        if self.closed:
            raise UsageError("the vector environment is closed; a new one is required")
        self._require_idle()
        seeds = batch.seeds_of_each(seed, self.num_envs)
        chosen = np.flatnonzero(self._mask(options)).tolist()
        infos: dict[str, Any] = {}
        with self._all_or_none():
            for i, info in sorted(self._begin({i: seeds[i] for i in chosen}).items()):
                infos = self._add_info(infos, info, i)
        return self._observations(range(self.num_envs)), infos

    def step(self, actions: Fields) -> VectorOutcome:
        """Puts an action in force in each environment for one interval.

        Args:
            actions: arrays by field name, with one more axis, the environments, in front.

        Raises:
            InvalidAction: an action is not in its space; nothing was sent, the episodes go on.
            EpisodeOver: there are no episodes, or one has ended and is not reset by itself.
            SimulationError: a simulation crashed or does not answer; none runs any more.
            UsageError: outcomes of ``send`` are not received yet.
        """
        self._require_idle()
        everyone = range(self.num_envs)
        jobs = self._steps(checked(actions, self.action_space), everyone)
        with self._all_or_none():
            outcomes = self._settled(self._work_off(jobs))
        rewards = np.array([outcomes[i][1] for i in everyone], np.float64)
        terminated, truncated = (
            np.array([outcomes[i][flag] for i in everyone], np.bool_) for flag in (2, 3)
        )
        infos: dict[str, Any] = {}
        for i in everyone:
            infos = self._add_info(infos, outcomes[i][4], i)
        return self._observations(everyone), rewards, terminated, truncated, infos

    def send(
        self, actions: Fields, ids: Sequence[int] | npt.NDArray[np.int64] | None = None
    ) -> None:
        """Puts actions in force in some environments, and does not wait: ``receive`` does.

        So that no simulation waits for the slowest one, as in ``step``. What becomes of an
        environment depends on its own actions alone; which ones are received together depends on
        what else the machine does.

        Args:
            actions: arrays by field name, with one more axis, the environments of ``ids``.
            ids: which; None for all. An episode that has ended is begun anew, or refused, as in
                ``step``.

        Raises:
            UsageError: ``ids`` are wrong, or one of them is at work already.
            InvalidAction: as ``step``.
            EpisodeOver: as ``step``.
            SimulationError: as ``step``.
        """
        chosen = [*range(self.num_envs)] if ids is None else self._chosen(ids)
        jobs = self._steps(checked(actions, self._actions_of(len(chosen))), chosen)
        with self._all_or_none():
            for i, job in jobs.items():
                self._sent.add(i, job)

    def receive(self, at_least: int = 1) -> Received:
        """Waits for what comes of actions that were sent; returns all that is there by then.

        Args:
            at_least: how many environments to wait for.

        Raises:
            UsageError: fewer were sent.
            SimulationError: as ``step``.
        """
        if not len(self._sent):
            raise UsageError("nothing was sent; call send() first")
        if not 1 <= at_least <= len(self._sent):
            raise UsageError(
                f"at_least is {at_least}; 1 to {len(self._sent)} is required, as many "
                "environments are at work"
            )
        with self._all_or_none():
            outcomes = self._settled(self._sent.take(at_least))
        _, rewards, terminated, truncated, infos = zip(*outcomes.values(), strict=True)
        return Received(
            np.array([*outcomes]),
            self._observations(outcomes),
            np.array(rewards, np.float64),
            np.array(terminated, np.bool_),
            np.array(truncated, np.bool_),
            infos,
        )

    def close_extras(self, **_: Any) -> None:
        """Ends all simulations; called by ``close``."""
        self._end_all()

    def _steps(self, actions: Fields, chosen: Sequence[int]) -> dict[int, Job]:
        """Returns what steps each, or begins its next episode; actions are in their space."""
        self._require_episodes(chosen)
        rows = {
            i: {n: values[row] for n, values in actions.items()} for row, i in enumerate(chosen)
        }
        going = [i for i in chosen if not self._ended[i]]
        allowed = {i: self._at(i, self.envs[i].allowed, rows[i]) for i in going}
        return {
            i: self._job(i, partial(self.envs[i].send, allowed[i]), self.envs[i].receive)
            if i in allowed
            else self._episode(i, None)
            for i in chosen
        }

    def _settled(self, outcomes: dict[int, Outcome]) -> dict[int, Outcome]:
        """Keeps what came of each; in mode SAME_STEP those that ended begin their next episodes."""
        for i, (observation, _, terminated, truncated, _) in outcomes.items():
            self._latest[i], self._ended[i] = observation, terminated or truncated
        if self._mode is not AutoresetMode.SAME_STEP:
            return outcomes
        ended = [i for i in outcomes if self._ended[i]]
        infos = self._begin(dict.fromkeys(ended))
        for i in ended:
            final, reward, terminated, truncated, info = outcomes[i]
            both = {"final_obs": final, "final_info": info, **infos[i]}
            outcomes[i] = (self._latest[i], reward, terminated, truncated, both)
        return outcomes

    def _begin(self, seeds: Mapping[int, int | None]) -> dict[int, dict[str, Any]]:
        """Starts an episode of some environments; returns their infos."""
        begun = self._work_off({i: self._episode(i, seed) for i, seed in seeds.items()})
        self._latest |= {i: outcome[0] for i, outcome in begun.items()}
        self._ended[[*begun]] = False
        return {i: outcome[4] for i, outcome in begun.items()}

    def _episode(self, i: int, seed: int | None) -> Job:
        """Returns what starts an episode; its outcome is that of a step without reward."""

        def first() -> Outcome:
            observation, info = self.envs[i].first()
            return observation, 0.0, False, False, info

        return self._job(i, partial(self._start, i, seed), first)

    def _start(self, i: int, seed: int | None) -> None:
        self.envs[i].share_server(self.envs)
        self.envs[i].start(seed)
        if self._pin:
            self.envs[i].pin(self._cores[i % len(self._cores)])

    def _job(self, i: int, begin: Callable[[], None], end: Callable[[], Outcome]) -> Job:
        return Job(self.envs[i], partial(self._at, i, begin), partial(self._at, i, end))

    def _work_off(self, jobs: Mapping[int, Job]) -> dict[int, Any]:
        """Does a job of each environment, some at once; returns what came of each."""
        todo = Jobs(len(self._cores))
        for i, job in jobs.items():
            todo.add(i, job)
        return todo.take(len(jobs))

    def _at(self, i: int, call: Callable[..., Any], *arguments: Any) -> Any:
        """Calls; an error tells of which environment it is."""
        try:
            return call(*arguments)
        except SlicebedError as error:
            raise located(error, f"environment {i}") from error

    def _observations(self, ids: Collection[int]) -> Fields:
        space = self.single_observation_space
        latest = [self._latest[i] for i in ids]
        batched: Any = create_empty_array(space, len(ids))
        concatenate(space, latest, batched)
        return dict(batched)

    def _mask(self, options: dict[str, Any] | None) -> Flags:
        everyone = np.ones(self.num_envs, np.bool_)
        if not options:
            return everyone
        mask = np.asarray(options.get("reset_mask"))
        fits = mask.shape == everyone.shape and mask.dtype == np.bool_ and mask.any()
        if list(options) != ["reset_mask"] or not fits:
            raise UsageError(
                f"options is {options!r}; reset_mask, an array of {self.num_envs} bool of which "
                "one is true, is required if any"
            )
        if len(self._latest) < self.num_envs and not mask.all():
            raise EpisodeOver("no episodes have begun; call reset() of all first")
        return mask

    def _chosen(self, ids: Numbers) -> list[int]:
        chosen = [int(i) for i in ids]
        known = all(0 <= i < self.num_envs for i in chosen)
        if not chosen or not known or len(set(chosen)) < len(chosen):
            raise UsageError(
                f"ids is {chosen}; different numbers from 0 to {self.num_envs - 1} are required"
            )
        return chosen

    def _require_idle(self) -> None:
        if len(self._sent):
            raise UsageError(
                f"{len(self._sent)} environments are at work; receive() what comes of them first"
            )

    def _require_episodes(self, chosen: Sequence[int]) -> None:
        if len(self._latest) < self.num_envs:
            raise EpisodeOver("no episodes have begun; call reset() first")
        if busy := [i for i in chosen if i in self._sent]:
            raise UsageError(f"environments {busy} are at work; receive() what comes of them first")
        if self._mode is AutoresetMode.DISABLED and (over := [i for i in chosen if self._ended[i]]):
            raise EpisodeOver(
                f"the episodes of the environments {over} have ended; call reset() with "
                "options reset_mask first"
            )

    @contextlib.contextmanager
    def _all_or_none(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self._end_all()
            raise

    def _end_all(self) -> None:
        self._latest = {}
        self._sent = Jobs(len(self._cores))
        self._ended[:] = False
        with contextlib.ExitStack() as stack:  # closes the others too if one raises
            for env in self.envs:
                stack.callback(env.close)


def _mode_of(mode: AutoresetMode | str) -> AutoresetMode:
    try:
        return AutoresetMode(mode)
    except ValueError:
        known = ", ".join(repr(each.value) for each in AutoresetMode)
        raise UsageError(f"autoreset_mode is {mode!r}; one of {known} is required") from None
