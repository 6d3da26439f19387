"""The lock-step loop: observation -> allocator -> guard -> simulation, until the episode ends."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from agents.errors import AllocatorError
from agents.protocol import Allocator, Array, Context, Decision, Feedback, Observation
from pyctl.campaign.errors import AllocatorFailed
from pyctl.campaign.guard import Guard, RepairReport
from pyctl.campaign.recorder import IntervalRecord, Recorder
from pyctl.errors import SlicebedError, UsageError


class Simulation(Protocol):
    """The part of a gymnasium environment that an episode needs."""

    def reset(self, *, seed: int | None = None) -> tuple[Any, dict[str, Any]]:
        """Starts the simulation; returns its first observation and info."""

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Puts an action in force for an interval."""


@dataclass(frozen=True)
class StepReport:
    """Progress, as told at each border.

    Attributes:
        step: intervals that are over.
        steps: of the episode, or 0 if the scenario does not say.
        t_sim_s: simulated time [s].
        reward: of the interval that just ended.
    """

    step: int
    steps: int
    t_sim_s: float
    reward: float


@dataclass(frozen=True)
class EpisodeEnd:
    """How an episode ended.

    Attributes:
        repairs: of all decisions together.
        conservation: the scenario's packet counts; empty if it has none.
        terminated: the model ended it before its time.
    """

    repairs: RepairReport
    conservation: Mapping[str, Any]
    terminated: bool


def run_episode(
    simulation: Simulation,
    allocator: Allocator,
    context: Context,
    recorder: Recorder,
    on_step: Callable[[StepReport], None] | None = None,
    on_decision: Callable[[Mapping[str, Array]], None] | None = None,
) -> EpisodeEnd:
    """Plays one episode to its end.

    Args:
        simulation: to play with.
        allocator: decides.
        context: of the episode.
        recorder: takes what comes of each decision.
        on_step: called after each interval.
        on_decision: called with each decision before it is put in force.

    Raises:
        UsageError: the allocator does not fit the scenario, or its first decision is unusable.
        AllocatorFailed: the allocator's code raised an exception.
        SlicebedError: as the simulation raises.
    """
    observer = _Observer(allocator, context)
    guard = Guard(context.action)
    steps = int(context.values.get("steps", 0))
    _call(allocator, "reset", context)
    fields, info = simulation.reset(seed=context.seed)
    observation = observer.observe(fields, info)
    ended = False
    terminated = False
    while not ended:
        begun = time.perf_counter()
        decided = _call(allocator, "act", observation)
        decision_s = time.perf_counter() - begun
        decision, repairs = guard.repair(_require_decision(allocator, decided))
        if on_decision is not None:
            on_decision(decision.allocation)
        fields, reward, terminated, truncated, info = simulation.step(dict(decision.allocation))
        ended = terminated or truncated
        step = observation.step
        observation = observer.observe(fields, info)
        recorder.add(
            IntervalRecord(
                step=observation.step,
                t_sim_s=observation.t_sim_s,
                # The allocator may write into the arrays it was given.
                observed={name: values.copy() for name, values in observation.fields.items()},
                decided=decision.allocation,
                reward=float(reward),
                decision_s=decision_s,
                repairs=repairs,
            )
        )
        _call(allocator, "update", Feedback(step, decision, observation, float(reward)))
        if on_step is not None:
            on_step(StepReport(observation.step, steps, observation.t_sim_s, float(reward)))
    return EpisodeEnd(guard.total, info.get("conservation", {}), terminated)


class _Observer:
    """Makes the observations of one episode, with history, and with the future where allowed."""

    def __init__(self, allocator: Allocator, context: Context) -> None:
        self._needs_future = allocator.needs_future
        self._context = context
        self._step = -1
        self._past: deque[Mapping[str, Array]] = deque(maxlen=allocator.history_length)

    def observe(self, fields: Mapping[str, Any], info: Mapping[str, Any]) -> Observation:
        self._step += 1
        arrays = {name: np.array(values, dtype=np.float32) for name, values in fields.items()}
        if self._step > 0:
            self._past.append(arrays)
        interval_s = self._context.interval_s
        return Observation(
            step=self._step,
            t_sim_s=float(info.get("t_sim_s", self._step * interval_s)),
            fields=arrays,
            history=self._history(),
            future=self._future(info),
        )

    def _history(self) -> dict[str, Array]:
        length = self._past.maxlen or 0
        missing = length - len(self._past)
        return {
            schema.name: np.stack(
                [np.full(schema.shape, np.nan, dtype=np.float32)] * missing
                + [past[schema.name] for past in self._past]
            )
            for schema in self._context.observation
            if length
        }

    def _future(self, info: Mapping[str, Any]) -> dict[str, Array] | None:
        if not self._needs_future or "future" not in info:
            return None
        return {name: np.array(v, dtype=np.float32) for name, v in info["future"].items()}


def _call(allocator: Allocator, method: str, argument: Any) -> Any:
    """Calls the allocator; what it raises becomes one clear error that names it."""
    try:
        return getattr(allocator, method)(argument)
    except SlicebedError:
        raise
    except AllocatorError as error:
        raise UsageError(f"allocator {allocator.name}: {error}") from error
    except Exception as error:
        raise AllocatorFailed(
            f"allocator {allocator.name} failed in {method}(): {type(error).__name__}: {error}; "
            "with SLICEBED_DEBUG=1 the traceback is shown"
        ) from error


def _require_decision(allocator: Allocator, decided: Any) -> Decision:
    if not isinstance(decided, Decision):
        raise AllocatorFailed(
            f"allocator {allocator.name}: act() returned {type(decided).__name__}; "
            "agents.protocol.Decision is required"
        )
    return replace(decided, info=dict(decided.info))
