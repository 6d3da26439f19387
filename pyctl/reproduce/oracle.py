"""The true optimum of sampled slots, by brute force in the simulator itself.

A stored run is played again by its own decisions. At a sampled slot the simulation is branched
once for each point of the grid: in one cell the shares are that point, in all others what the run
had there, and users, channel and packets are the same in all branches. What each allocator decided
for that slot in its own run is tried in the same way, so that all are held against one truth.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pyctl.env.cosim import CoSimEnv
from pyctl.reproduce.files import write_whole

Floats = npt.NDArray[np.float32]

UNITS = 10  # of which 1 consists: a grid of 0.1
STREAM = 20  # of this module's random numbers, beside the run's seed


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


def grid_points(slices: int) -> Iterator[Floats]:
    """Lists all shares in tenths that sum to 1: 66 for three slices, 286 for four."""
    for bars in itertools.combinations(range(UNITS + slices - 1), slices - 1):
        edges = np.array([-1, *bars, UNITS + slices - 1])
        yield ((np.diff(edges) - 1) / UNITS).astype(np.float32)


def look(
    played: Played,
    slots: Sequence[Slot],
    out: Path,
    at_once: int,
    progress: Callable[[str], None],
) -> list[dict[str, Any]]:
    """Finds the optimum of slots; what is in ``out`` already, of all allocators, is not repeated.

    Args:
        played: the runs.
        slots: in the order of their steps.
        out: folder of one JSON file a slot.
        at_once: branches that run at a time.
        progress: told a line before each slot.

    Returns:
        For each slot ``seed``, ``step``, ``cell``, ``slices`` (their number), ``oracle`` (best
        utility of the cell: mean of log(1 + r) over its slices), ``oracle_shares`` and ``utility``
        of each allocator.
    """
    missing = [slot for slot in slots if not _is_there(_path(out, played, slot), played)]
    if missing:
        out.mkdir(parents=True, exist_ok=True)
        _play(played, missing, out, at_once, progress)
    return [json.loads(_path(out, played, slot).read_text()) for slot in slots]


def _is_there(path: Path, played: Played) -> bool:
    return (
        path.is_file() and played.decisions.keys() <= json.loads(path.read_text())["utility"].keys()
    )


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
    points = list(grid_points(len(present)))
    decided = {name: steps[slot.step] for name, steps in played.decisions.items()}
    tried = [_with(decided[played.leading], slot.cell, present, point) for point in points]
    tried += [
        _with(decided[played.leading], slot.cell, present, shares[slot.cell, present])
        for shares in decided.values()
    ]
    utilities = [
        float(np.log1p(r[slot.cell, present]).mean()) for r in _branches(env, tried, at_once)
    ]
    best = int(np.argmax(utilities))
    return {
        "seed": played.seed,
        "step": slot.step,
        "cell": slot.cell,
        "slices": len(present),
        "oracle": utilities[best],
        "oracle_on_grid": max(utilities[: len(points)]),
        "oracle_shares": [round(float(x), 4) for x in tried[best][slot.cell]],
        "utility": dict(zip(decided, utilities[len(points) :], strict=True)),
    }


def _with(shares: Floats, cell: int, present: npt.NDArray[np.intp], own: Floats) -> Floats:
    changed = shares.copy()
    changed[cell, present] = own
    return changed


def _branches(env: CoSimEnv, tried: Sequence[Floats], at_once: int) -> Iterator[Floats]:
    """Puts each of several decisions in force for an interval of a branch; gives r of each."""
    for begin in range(0, len(tried), at_once):
        some = tried[begin : begin + at_once]
        twins = env.branch(len(some))
        try:
            for twin, shares in zip(twins, some, strict=True):
                twin.send(twin.allowed({"prb_max": shares}))
            for twin in twins:
                yield twin.receive()[0]["r"]
        finally:
            for twin in twins:
                twin.close()
