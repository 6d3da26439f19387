"""Several simulations at once as one gymnasium vector environment, without worker processes.

    envs = gymnasium.make_vec("slicebed/Cells-v0", num_envs=8, params={"steps": 10})
    observations, infos = envs.reset(seed=1)  # seeds 1 to 8
    observations, rewards, terminated, truncated, infos = envs.step(envs.action_space.sample())
    envs.close()

Simulations are processes already: as many compute at once as there are cores, and one more to be
taken up by the core that is free first. (All at once would take turns on the cores, and each would
find the caches full of the others'.) What comes out is what gymnasium's ``SyncVectorEnv`` gives,
bit by bit. An error in one simulation names it and ends all; ``reset``
begins anew.
"""

from __future__ import annotations

import contextlib
import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space, concatenate, create_empty_array

from pyctl.env import batch
from pyctl.env.batch import Params
from pyctl.env.cosim import TIMEOUT_S, Allowed, CoSimEnv, Fields, Outcome, OverTotal
from pyctl.env.values import checked
from pyctl.errors import EpisodeOver, SlicebedError, UsageError, located
from pyctl.exchange.transport import Transport

# Between looks at all simulations at work while waiting for one of them.
LOOK_S = 0.001

Flags = npt.NDArray[np.bool_]
Job = tuple[Callable[[], None], Callable[[], Any]]  # begins, and waits for what comes of it
VectorOutcome = tuple[Fields, npt.NDArray[np.float64], Flags, Flags, dict[str, Any]]


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
            CoSimEnv(scenario, own, first, transport, log, timeout_s, over_total)
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
            UsageError: seed or options are wrong, or the environment is closed.
            SimulationError: a simulation could not be started; none runs any more.
        """
        if self.closed:
            raise UsageError("the vector environment is closed; a new one is required")
        seeds = batch.seeds_of_each(seed, self.num_envs)
        chosen = np.flatnonzero(self._mask(options)).tolist()
        infos: dict[str, Any] = {}
        with self._all_or_none():
            for i, info in self._begin({i: seeds[i] for i in chosen}).items():
                infos = self._add_info(infos, info, i)
        self._ended[chosen] = False
        return self._observations(), infos

    def step(self, actions: Fields) -> VectorOutcome:
        """Puts an action in force in each environment for one interval.

        Args:
            actions: arrays by field name, with one more axis, the environments, in front.

        Raises:
            InvalidAction: an action is not in its space; nothing was sent, the episodes go on.
            EpisodeOver: there are no episodes, or one has ended and is not reset by itself.
            SimulationError: a simulation crashed or does not answer; none runs any more.
        """
        self._require_episodes()
        over = np.flatnonzero(self._ended).tolist()
        going = np.flatnonzero(~self._ended).tolist()
        allowed = self._allowed(actions, going)
        steps = {i: (partial(self.envs[i].send, allowed[i]), self.envs[i].receive) for i in going}
        with self._all_or_none():
            results = self._work_off(steps | self._episodes(dict.fromkeys(over)))
            again = self._begun({i: results[i] for i in over})
            return self._gather({i: results[i] for i in going}, again)

    def close_extras(self, **_: Any) -> None:
        """Ends all simulations; called by ``close``."""
        self._end_all()

    def _gather(
        self, outcomes: Mapping[int, Outcome], again: dict[int, dict[str, Any]]
    ) -> VectorOutcome:
        """Makes one outcome of those of the environments that were stepped and those reset."""
        rewards = np.zeros(self.num_envs)
        terminated, truncated = (np.zeros(self.num_envs, np.bool_) for _ in range(2))
        ended = []
        for i, (observation, reward, terminated[i], truncated[i], _) in outcomes.items():
            self._latest[i], rewards[i] = observation, reward
            if terminated[i] or truncated[i]:
                ended.append(i)
        infos: dict[str, Any] = {}
        last = {i: outcome[4] for i, outcome in outcomes.items()}
        if self._mode is AutoresetMode.SAME_STEP:
            for i in ended:
                final = {"final_obs": self._latest[i], "final_info": last[i]}
                infos = self._add_info(infos, final, i)
            last |= self._begin(dict.fromkeys(ended))
        else:
            self._ended = terminated | truncated
        for i, info in sorted((last | again).items()):
            infos = self._add_info(infos, info, i)
        return self._observations(), rewards, terminated, truncated, infos

    def _begin(self, seeds: Mapping[int, int | None]) -> dict[int, dict[str, Any]]:
        """Starts an episode of some environments; returns their infos."""
        return self._begun(self._work_off(self._episodes(seeds)))

    def _episodes(self, seeds: Mapping[int, int | None]) -> dict[int, Job]:
        """Returns what starts an episode of each, and waits for its first observation."""
        return {i: (partial(self._start, i, seed), self.envs[i].first) for i, seed in seeds.items()}

    def _start(self, i: int, seed: int | None) -> None:
        self.envs[i].share_server(self.envs)
        self.envs[i].start(seed)
        if self._pin:
            self.envs[i].pin(self._cores[i % len(self._cores)])

    def _begun(self, firsts: Mapping[int, Any]) -> dict[int, dict[str, Any]]:
        self._latest |= {i: observation for i, (observation, _) in firsts.items()}
        return {i: info for i, (_, info) in firsts.items()}

    def _work_off(self, jobs: Mapping[int, Job]) -> dict[int, Any]:
        """Does a job of each environment, some at once; returns what came of each."""
        waiting, pending, results = deque(jobs), list[int](), {}
        while waiting or pending:
            while waiting and len(pending) <= len(self._cores):
                i = waiting.popleft()
                self._at(i, jobs[i][0])
                pending.append(i)
            for i in self._ready(pending):
                results[i] = self._at(i, jobs[i][1])
                pending.remove(i)
        return results

    def _ready(self, pending: Sequence[int]) -> list[int]:
        """Returns which need not be waited for any more; waits a little for the first."""
        ready = [i for i in pending if self.envs[i].ready()]
        if not ready and self.envs[pending[0]].ready(LOOK_S):
            ready.append(pending[0])
        return ready

    def _allowed(self, actions: Fields, chosen: Sequence[int]) -> dict[int, Allowed]:
        exact = checked(actions, self.action_space)
        rows = {i: {name: values[i] for name, values in exact.items()} for i in chosen}
        return {i: self._at(i, self.envs[i].allowed, row) for i, row in rows.items()}

    def _at(self, i: int, call: Callable[..., Any], *arguments: Any) -> Any:
        """Calls; an error tells of which environment it is."""
        try:
            return call(*arguments)
        except SlicebedError as error:
            raise located(error, f"environment {i}") from error

    def _observations(self) -> Fields:
        space = self.single_observation_space
        latest = [self._latest[i] for i in range(self.num_envs)]
        batched: Any = create_empty_array(space, self.num_envs)
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

    def _require_episodes(self) -> None:
        if len(self._latest) < self.num_envs:
            raise EpisodeOver("no episodes have begun; call reset() first")
        if self._mode is AutoresetMode.DISABLED and self._ended.any():
            over = np.flatnonzero(self._ended).tolist()
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
