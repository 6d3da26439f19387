"""The stopping rule of plans: seeds are added until the mean of a metric is known well enough.

    rule = StoppingRule(plan.until, identify(expand(plan)), Path("results"))
    Batch(rule.runs(), ..., growth=rule)

Seeds come in rounds: those of the plan first, then ``add`` at a time, in their order. A round is
judged when all its runs are in, and by the runs of this and earlier rounds alone. So which runs
there are follows from the results, whatever the order in which they come and however often the
batch is resumed. Where a run failed, the rule waits until it is repeated.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pyctl.campaign import store
from pyctl.campaign.digest import FILES_SHA256, canonical_json
from pyctl.campaign.errors import StoreError
from pyctl.campaign.plan import Until
from pyctl.campaign.planned import PlannedRun
from pyctl.errors import UnknownName, UsageError

OF_ALLOCATOR = ("allocator", "allocator_settings")
Verdict = Literal["reached", "open", "max_seeds"]


@dataclass(frozen=True)
class Judgement:
    """What is known of the mean of a cell, or of its difference to the reference.

    Attributes:
        run: one of the cell's.
        seeds: that have a value.
        mean: of them; None of none.
        half_width: of its 95 % interval; None of fewer than two.
        required: half-width that is required; None where it is a share of an unknown mean.
        verdict: ``reached``; ``open``: runs are missing, or failed; ``max_seeds``: the half-width
            is not reached, and there are no more seeds.
    """

    run: PlannedRun
    seeds: int
    mean: float | None
    half_width: float | None
    required: float | None
    verdict: Verdict

    @property
    def is_narrow(self) -> bool:
        """Whether the half-width is what is required."""
        known = self.half_width is not None and self.required is not None
        return known and self.half_width <= self.required  # type: ignore[operator]


@dataclass(eq=False)
class _Group:
    """Cells that have the same seeds: one, or all that are held against one reference.

    Attributes:
        cells: a run of each.
        reference: the cell that the others are held against; None for no such.
        seeds: so far.
        values: of the metric by run; None where a run has no value.
    """

    cells: list[PlannedRun]
    reference: PlannedRun | None
    seeds: list[int]
    values: dict[str, float | None] = field(default_factory=dict)
    _runs: dict[tuple[str, int], PlannedRun] = field(default_factory=dict)

    def run(self, cell: PlannedRun, seed: int) -> PlannedRun:
        """Gives the run of a cell with a seed."""
        key = (cell.run_id, seed)
        if key not in self._runs:
            self._runs[key] = cell.with_seed(seed)
        return self._runs[key]

    def runs(self, seeds: Iterable[int]) -> list[PlannedRun]:
        """Lists the runs of all cells with these seeds."""
        return [self.run(cell, seed) for cell, seed in itertools.product(self.cells, seeds)]

    def is_in(self) -> bool:
        """Tells whether all runs ended well."""
        return all(run.run_id in self.values for run in self.runs(self.seeds))


class StoppingRule:
    """Judges cells, and says which runs are to be added."""

    def __init__(self, until: Until, runs: Sequence[PlannedRun], out: Path) -> None:
        """Goes as far as the store's runs lead.

        Args:
            until: the rule.
            runs: of the plan, with its seeds.
            out: the store.

        Raises:
            UsageError: a cell has no reference, or the metric is not among those of the runs.
            StoreError: a run cannot be read.
        """
        self._until, self._out = until, out
        self._groups = _groups(until, runs)
        self._group_of: dict[str, _Group] = {}
        for group in self._groups:
            self._grow(group, group.runs(group.seeds))

    def runs(self) -> list[PlannedRun]:
        """Lists all runs that are to be so far, cell by cell."""
        return [run for group in self._groups for run in group.runs(group.seeds)]

    def after(self, run: PlannedRun) -> list[PlannedRun]:
        """Takes a run's end; returns the next round of its cell if one is needed.

        Raises:
            UsageError: the metric is not among those of the run.
            StoreError: the run cannot be read.
        """
        return self._grow(self._group_of[run.run_id], [run])

    def judgements(self) -> list[Judgement]:
        """Judges all cells, in the plan's order."""
        return [one for group in self._groups for one in self._judge(group)]

    def title(self) -> str:
        """Writes what is judged."""
        against = "" if self._until.reference is None else f" minus that of {self._until.reference}"
        return f"95 % half-width of the mean of {self._until.metric}{against}"

    def prospect(self) -> str:
        """Writes what may come."""
        until = self._until
        return (
            f"{until.add} seeds more at a time, {until.max_seeds} at most, as {self.title()} asks"
        )

    def told(self) -> str:
        """Writes how far all is, in a few words."""
        judged = self.judgements()
        reached = sum(one.verdict == "reached" for one in judged)
        widths = [one.half_width for one in judged if one.half_width is not None]
        widest = f", widest +-{max(widths):.3g}" if widths else ""
        return f"{self._until.metric}: {reached} of {len(judged)} narrow enough{widest}"

    def _grow(self, group: _Group, runs: Sequence[PlannedRun]) -> list[PlannedRun]:
        """Takes what is stored of runs; adds rounds as long as whole ones are in."""
        added: list[PlannedRun] = []
        self._take(group, runs)
        while group.is_in() and not self._is_over(group):
            first = max(group.seeds) + 1
            more = min(self._until.add, self._until.max_seeds - len(group.seeds))
            new = group.runs(range(first, first + more))
            group.seeds += range(first, first + more)
            self._take(group, new)
            added += new
        return [run for run in added if run.run_id not in group.values]

    def _take(self, group: _Group, runs: Iterable[PlannedRun]) -> None:
        for run in runs:
            self._group_of[run.run_id] = group
            if store.is_ok(self._out, run.run_id):
                group.values[run.run_id] = _value(self._out, run.run_id, self._until.metric)

    def _is_over(self, group: _Group) -> bool:
        if len(group.seeds) >= self._until.max_seeds:
            return True
        return all(one.is_narrow for one in self._judge(group))

    def _judge(self, group: _Group) -> list[Judgement]:
        return [self._judged(group, cell) for cell in group.cells if cell is not group.reference]

    def _judged(self, group: _Group, cell: PlannedRun) -> Judgement:
        from analysis.statistics import half_width

        values, base = self._sample(group, cell)
        mean = sum(values) / len(values) if values else None
        width = half_width(values) if len(values) > 1 else None
        required: float | None = self._until.half_width
        if self._until.relative:
            required = None if base is None else self._until.half_width * abs(base)
        one = Judgement(cell, len(values), mean, width, required, "open")
        return Judgement(cell, len(values), mean, width, required, self._verdict(group, one))

    def _verdict(self, group: _Group, one: Judgement) -> Verdict:
        if not group.is_in():
            return "open"
        return "reached" if one.is_narrow else "max_seeds"

    def _sample(self, group: _Group, cell: PlannedRun) -> tuple[list[float], float | None]:
        """Gives the values that are judged, and the mean that a share is taken of."""
        ours, theirs = (
            [group.values.get(group.run(one, seed).run_id) for seed in group.seeds]
            for one in (cell, group.reference or cell)
        )
        pairs = [
            (a, b) for a, b in zip(ours, theirs, strict=True) if a is not None and b is not None
        ]
        base = sum(b for _, b in pairs) / len(pairs) if pairs else None
        if group.reference is None:
            return [a for a, _ in pairs], base
        return [a - b for a, b in pairs], base


def _groups(until: Until, runs: Sequence[PlannedRun]) -> list[_Group]:
    cells: dict[str, list[PlannedRun]] = {}
    for run in runs:
        cells.setdefault(_key(run, "seed"), []).append(run)
    together: dict[str, list[list[PlannedRun]]] = {}
    for key, members in cells.items():
        shared = key if until.reference is None else _key(members[0], "seed", *OF_ALLOCATOR)
        together.setdefault(shared, []).append(members)
    return [_group(until, members) for members in together.values()]


def _group(until: Until, cells: Sequence[Sequence[PlannedRun]]) -> _Group:
    firsts = [members[0] for members in cells]
    reference = next((run for run in firsts if run.request.allocator == until.reference), None)
    if until.reference is not None and (reference is None or len(firsts) < 2):
        request = firsts[0].request
        lacking = "has nothing to be held against" if reference else f"lacks {until.reference}"
        raise UsageError(
            f"until.reference is {until.reference}: {request.scenario} with {request.allocator} "
            f"and parameters {dict(request.parameters)} {lacking}"
        )
    return _Group(firsts, reference, [run.request.seed for run in cells[0]])


def _key(run: PlannedRun, *without: str) -> str:
    # Files of settings may follow the seed; their paths are among the settings.
    left_out = {*without, FILES_SHA256}
    return canonical_json({k: v for k, v in run.config.items() if k not in left_out})


def _value(out: Path, run_id: str, metric: str) -> float | None:
    """Reads a metric; None where the run has no value.

    Raises:
        UnknownName: there is no such metric.
        StoreError: the run cannot be read.
    """
    from analysis.metrics import metrics_of

    path = store.folder_of(out, run_id) / store.SUMMARY
    try:
        summary: Any = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise StoreError(f"cannot read {path}: {error}") from error
    found = summary
    for part in metric.split("."):
        if not isinstance(found, Mapping) or part not in found:
            raise UnknownName("metric", metric, metrics_of(summary))
        found = found[part]
    if found is not None and type(found) not in (int, float):
        raise UnknownName("metric", metric, metrics_of(summary))
    return float(found) if found is not None and math.isfinite(found) else None
