"""The true optimum of sampled slots, by brute force in the simulator itself.

A stored run is played again by its own decisions. At a sampled slot the simulation is branched
once for each point of the grid: in one cell the shares are that point, in all others what the run
had there, and users, channel and packets are the same in all branches. What each allocator decided
for that slot in its own run is tried in the same way, so that all are held against one truth.

The oracle knows what comes. What can be had without that shows a planner: it may try shares in the
simulator from the very state of the slot, but in futures other than the one that comes. All are
then held against it, too, on the mean of yet other futures.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from analysis.idla import PLANNER
from pyctl.campaign.digest import kpi_sha256
from pyctl.env.cosim import CoSimEnv
from pyctl.reproduce.files import write_whole
from pyctl.reproduce.futures import Floats, grid_points, outcomes, plan, with_own

FUTURES = 8  # that the planner tries shares in, and as many others that all are judged in
STREAM, FUTURE_STREAM = 20, 21  # of this module's random numbers, beside the run's seed


@dataclass(frozen=True)
class Slot:
    """What is looked at.

    Attributes:
        step: intervals that are over before it.
        cell: index of the cell whose shares are varied.
    """

    step: int
    cell: int


@dataclass(frozen=True, eq=False)
class Played:
    """Runs of one seed whose slots are looked at.

    Attributes:
        scenario: its name.
        parameters: of the scenario.
        seed: of the runs.
        decisions: of each allocator, [T, C, S], by its name.
        leading: the allocator whose run is played again.
    """

    scenario: str
    parameters: Mapping[str, Any]
    seed: int
    decisions: Mapping[str, Floats]
    leading: str

    @cached_property
    def about(self) -> list[Any]:
        """What tells these runs from others, for JSON: what is found holds for them alone."""
        decided = kpi_sha256([(0, self.decisions)])
        return [self.scenario, dict(self.parameters), self.seed, self.leading, decided]


def sample_slots(
    windows: Sequence[tuple[int, int]], counts: Sequence[int], cells: int, seed: int
) -> list[Slot]:
    """Draws ``counts[i]`` slots from steps [low, high) of ``windows[i]``, in their order."""
    rng = np.random.default_rng([seed, STREAM])
    steps = [
        int(step)
        for (low, high), count in zip(windows, counts, strict=True)
        for step in rng.choice(np.arange(low, high), min(count, high - low), replace=False)
    ]
    return [Slot(step, int(rng.integers(cells))) for step in sorted(steps)]


def look(
    played: Played,
    slots: Sequence[Slot],
    out: Path,
    at_once: int,
    progress: Callable[[str], None],
) -> list[dict[str, Any]]:
    """Finds the optimum of slots; what ``out`` has of the same runs is not repeated.

    Args:
        played: the runs.
        slots: in the order of their steps.
        out: folder of one JSON file a slot.
        at_once: branches that run at a time.
        progress: told a line before each slot.

    Returns:
        For each slot ``of`` (which runs), ``seed``, ``step``, ``cell``, ``slices`` (their
        number), ``oracle`` (best utility of the cell: mean of log(1 + r) over its slices),
        ``oracle_shares``, ``utility`` of each allocator and of the planner, and their
        ``expected`` utility: the mean over ``FUTURES`` others that the planner has not seen
        either.
    """
    missing = [slot for slot in slots if not _is_there(_path(out, played, slot), played)]
    if missing:
        out.mkdir(parents=True, exist_ok=True)
        _play(played, missing, out, at_once, progress)
    return [json.loads(_path(out, played, slot).read_text()) for slot in slots]


def _is_there(path: Path, played: Played) -> bool:
    return path.is_file() and json.loads(path.read_text()).get("of") == played.about


def _path(out: Path, played: Played, slot: Slot) -> Path:
    return out / f"seed-{played.seed}-step-{slot.step}-cell-{slot.cell}.json"


def _play(
    played: Played,
    slots: Sequence[Slot],
    out: Path,
    at_once: int,
    progress: Callable[[str], None],
) -> None:
    wanted = {slot.step: slot for slot in slots}
    env = CoSimEnv(played.scenario, dict(played.parameters), seed=played.seed)
    try:
        observation, _ = env.reset()
        for step, shares in enumerate(played.decisions[played.leading][: max(wanted) + 1]):
            if step in wanted:
                progress(f"oracle: seed {played.seed}, slot {step}")
                found = _at(env, observation, played, wanted[step], at_once)
                write_whole(_path(out, played, wanted[step]), found)
            observation = env.step({"prb_max": shares})[0]
    finally:
        env.close()


def _at(
    env: CoSimEnv, observation: Mapping[str, Any], played: Played, slot: Slot, at_once: int
) -> dict[str, Any]:
    present = np.flatnonzero(observation["slice_present"][slot.cell] > 0)
    leading = played.decisions[played.leading][slot.step]
    own = {name: steps[slot.step][slot.cell, present] for name, steps in played.decisions.items()}
    rng = np.random.default_rng([played.seed, FUTURE_STREAM, slot.step])
    runs = [int(run) for run in rng.integers(2**32, size=2 * FUTURES)]
    own[PLANNER] = plan(env, leading, slot.cell, present, runs[:FUTURES], at_once)
    points = list(grid_points(len(present)))
    tried = [with_own(leading, slot.cell, present, split) for split in (*points, *own.values())]
    decided = tried[len(points) :]

    def utilities(some: Sequence[Floats], run: int | None = None) -> list[float]:
        return [
            float(np.log1p(r[slot.cell, present]).mean()) for r in outcomes(env, some, at_once, run)
        ]

    reached = utilities(tried)
    expected = np.mean([utilities(decided, run) for run in runs[FUTURES:]], axis=0).tolist()
    best = int(np.argmax(reached))
    return {
        "of": played.about,
        "seed": played.seed,
        "step": slot.step,
        "cell": slot.cell,
        "slices": len(present),
        "oracle": reached[best],
        "oracle_on_grid": max(reached[: len(points)]),
        "oracle_shares": [round(float(x), 4) for x in tried[best][slot.cell]],
        "utility": dict(zip(own, reached[len(points) :], strict=True)),
        "expected": dict(zip(own, expected, strict=True)),
    }
