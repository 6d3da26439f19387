"""What runs of paper 001 say: periods, convergence, satisfaction, paired differences.

A run has three periods: H_0 (exploration), H_1 (the same slices) and H_2 (slice 3 is there too).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from analysis.comparison import by_seed
from analysis.metrics import SATISFIED, utility_by_step
from analysis.statistics import Interval, bootstrap_mean

if TYPE_CHECKING:
    from analysis.store_reader import Run

CONVERGED_STEPS = 500  # at most, of the end of a period
DAY_STEPS = 96
BLOCK_STEPS = 24  # six hours: neighbouring intervals are alike, blocks of them less so
NEAR = 0.05  # of the final utility: converged
SMOOTH_STEPS = 5
PLANNER = "planner"  # tries shares in the simulator, in futures other than the one that comes

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Periods:
    """Lengths of the periods, in intervals."""

    h0: int
    h1: int
    h2: int

    @property
    def change(self) -> int:
        """Intervals before slice 3 comes."""
        return self.h0 + self.h1

    def converged(self) -> dict[str, tuple[int, int]]:
        """Gives for H_1 and H_2 the steps [low, high) that count as converged.

        The last 500 of a period as in the reading of the paper, or its second half.
        """
        end = self.change + self.h2
        return {
            "h1": (self.change - min(CONVERGED_STEPS, self.h1 // 2), self.change),
            "h2": (end - min(CONVERGED_STEPS, self.h2 // 2), end),
        }


def cube(run: Run, column: str) -> npt.NDArray[np.float32]:
    """Gives a KPI as [T, C, S]."""
    ordered = run.steps.sort_values(["step", "cell", "slice"])
    shape = [ordered[axis].nunique() for axis in ("step", "cell", "slice")]
    values: npt.NDArray[np.float32] = ordered[column].to_numpy(np.float32).reshape(shape)
    return values


def utilities(run: Run) -> Floats:
    """Gives the utility of each interval: mean of log(1 + r) over cells and slices, [T]."""
    return utility_by_step(run.steps).sort_index().to_numpy(np.float64)


def satisfied(run: Run, window: tuple[int, int]) -> float:
    """Gives P(r = 1): share of cells, slices and intervals of [low, high) with r >= 0.999."""
    rows = run.steps
    chosen = (rows["step"] > window[0]) & (rows["step"] <= window[1]) & (rows["slice_active"] > 0)
    return float((rows.loc[chosen, "r"] >= SATISFIED).mean())


def paired(runs: Sequence[Run], others: Sequence[Run], window: tuple[int, int]) -> Interval:
    """Compares utilities slot by slot on the same seeds.

    Returns:
        Mean difference over the slots of all seeds; its interval is a bootstrap over blocks of six
        hours of each seed.
    """
    blocks: list[float] = []
    for gain in _gains(runs, others):
        difference = gain[window[0] : window[1]]
        count = max(len(difference) // BLOCK_STEPS, 1)
        blocks += [float(part.mean()) for part in np.array_split(difference, count)]
    return bootstrap_mean(blocks)


def slots_to_reconverge(runs: Sequence[Run], references: Sequence[Run], periods: Periods) -> int:
    """Counts the slots from the coming of slice 3 until a scheme is as good as it will be.

    The load goes up and down all day, so what is followed is the gain over a reference that learns
    nothing, at the same slots: the mean over the seeds and over five slots from each on. Converged
    is the first whose gain is not below that of the converged slots by more than 5 % of their
    utility.
    """
    own = np.mean([utilities(run) for run in runs], axis=0)
    gain = np.mean(_gains(runs, references), axis=0)
    low, high = periods.converged()["h2"]
    least = gain[low:high].mean() - NEAR * own[low:high].mean()
    after = gain[periods.change : high]
    width = min(SMOOTH_STEPS, len(after))
    ahead = np.convolve(after, np.ones(width) / width, mode="valid")
    reached = np.flatnonzero(ahead >= least)
    return int(reached[0]) if len(reached) else len(after)


def adaptation_losses(
    runs: Sequence[Run], references: Sequence[Run], periods: Periods
) -> list[float]:
    """Gives what each seed loses in the first day with slice 3 to what it does once converged.

    Utility, by the gain over a reference that learns nothing; a whole day, as gains differ by the
    time of day. It sees what a count of slots does not: a scheme that is good in its first slots
    and then does harm by exploring.
    """
    low, high = periods.converged()["h2"]
    first = slice(periods.change, min(periods.change + DAY_STEPS, high))
    gains = _gains(runs, references)
    return [float(gain[low:high].mean() - gain[first].mean()) for gain in gains]


def _gains(runs: Sequence[Run], references: Sequence[Run]) -> list[Floats]:
    """Gives the utility of each run above that of the reference of its seed, [T] each."""
    theirs = by_seed(references)
    return [utilities(run) - utilities(theirs[run.seed]) for run in runs]


def largest_total(run: Run) -> float:
    """Gives the largest sum of a cell's shares that was decided."""
    sums = cube(run, "prb_max_decided").astype(np.float64).sum(axis=2)
    return float(sums.max())


def repairs(run: Run) -> int:
    """Counts what the guard changed."""
    return int(sum(run.summary["repairs"].values()))


def decision_ms(run: Run, begin: int) -> Floats:
    """Gives the wall time of each decision after ``begin``, and after the one that trains."""
    rows = run.intervals.sort_values("step")
    return rows["decision_s"].to_numpy(np.float64)[begin + 1 :] * 1e3


def losses_to_planner(slots: Sequence[Mapping[str, Any]], allocator: str) -> Interval:
    """Gives what is lost to the planner in futures that nobody knows, as a part of its utility."""
    expected = [slot["expected"] for slot in slots]
    return _lost([each[PLANNER] for each in expected], [each[allocator] for each in expected])


def regrets(slots: Sequence[Mapping[str, Any]], allocator: str) -> Interval:
    """Gives what is lost to the simulator's oracle, as a part of its utility, over slots."""
    reached = [slot["utility"][allocator] for slot in slots]
    return _lost([slot["oracle"] for slot in slots], reached)


def _lost(best: Sequence[float], reached: Sequence[float]) -> Interval:
    """Gives the mean of what is lost to the best, as a part of the best's mean."""
    scale = float(np.mean(best))
    return bootstrap_mean([(b - r) / scale for b, r in zip(best, reached, strict=True)])
