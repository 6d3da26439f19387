"""What reproductions of papers have in common: runs that the store lacks, measures, figures.

    work = begin("idla", Order("ci", Path("results/idla"), workers=2, say=print))
    runs = run_missing(work, observer)
    measures = work.measure(runs)
    files = work.draw(Path("results/idla/figures"))

Everything lands in the store as it is done: a reproduction that was interrupted goes on.
"""

from __future__ import annotations

import abc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, TypeVar

from analysis.store_reader import Run, read_run
from pyctl.campaign import store
from pyctl.campaign.batch import Batch, BatchOptions, Observer
from pyctl.campaign.estimate import Estimate, longest_first
from pyctl.errors import SlicebedError, UnknownName

if TYPE_CHECKING:
    from pyctl.campaign.planned import PlannedRun
    from pyctl.measures import Measure

PAPERS = ("ddnn", "idla")
Scale = TypeVar("Scale")


@dataclass(frozen=True)
class Order:
    """What is asked for.

    Attributes:
        scale: ``ci``, ``small`` or ``full``.
        out: the store.
        workers: simulations at once.
        say: is told a line before each longer step.
        trace: data set of the paper, where it needs one.
    """

    scale: str
    out: Path
    workers: int
    say: Callable[[str], None]
    trace: Path | None = None


class Work(abc.ABC):
    """The reproduction of a paper at a scale.

    Attributes:
        stall_s: wall time without a border after which a run is given up [s].
        order: as asked for.
        seeds: how many.
        planned: all runs.
    """

    stall_s: ClassVar[float] = 120.0
    order: Order
    seeds: int
    planned: Sequence[PlannedRun]

    @abc.abstractmethod
    def measure(self, runs: Sequence[Run]) -> list[Measure]:
        """Measures the runs, in the order of ``planned``, and what else the paper needs."""

    @abc.abstractmethod
    def draw(self, out: Path) -> list[Path]:
        """Draws all figures of what was measured into a folder."""


def scale_of(name: str, scales: Mapping[str, Scale]) -> Scale:
    """Finds a paper's scale.

    Raises:
        UnknownName: there is none of the name.
    """
    if name not in scales:
        raise UnknownName("scale", name, scales)
    return scales[name]


def begin(paper: str, order: Order) -> Work:
    """Plans a paper's runs, after what must be there before they can be planned.

    Raises:
        UnknownName: there is no such paper or scale.
        SlicebedError: something that they need is missing.
    """
    if paper == "idla":
        from pyctl.reproduce.idla import IdlaWork

        return IdlaWork(order)
    if paper == "ddnn":
        from pyctl.reproduce.ddnn import DdnnWork

        return DdnnWork(order)
    raise UnknownName("paper", paper, PAPERS)


def predict(work: Work) -> tuple[dict[str, float | None], int]:
    """Gives the wall time of each run that is missing, as far as it is known, and their number."""
    estimate = Estimate(work.order.out)
    missing = _missing(work)
    return {run.run_id: estimate.wall_s(run) for run in missing}, len(missing)


def run_missing(work: Work, observer: Observer) -> list[Run]:
    """Runs what the store lacks.

    Args:
        work: whose runs.
        observer: is told how they go.

    Returns:
        All runs, in the order in which they were planned.

    Raises:
        SlicebedError: a run failed.
    """
    out = work.order.out
    ordered = longest_first(_missing(work), Estimate(out))
    options = BatchOptions(work.order.workers, stall_s=work.stall_s)
    outcomes = Batch(ordered, out, options, observer).run()
    for run in work.planned:
        outcome = outcomes.get(run.run_id)
        if outcome is not None and outcome.state == "failed":
            raise SlicebedError(f"{run.label} failed: {outcome.kind}: {outcome.message}")
    return [read_run(out / run.run_id) for run in work.planned]


def _missing(work: Work) -> list[PlannedRun]:
    return [run for run in work.planned if not store.is_ok(work.order.out, run.run_id)]
