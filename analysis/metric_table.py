"""A metric by allocator, with differences to a reference on the same seeds.

    table = metric_table(comparison, "utility_mean", "equal")
    for row in table.rows:
        print(row.label, row.mean, row.difference)

Runs of one ``Comparison`` have the same scenario, parameters and data; nothing else is compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from analysis.comparison import Comparison, Variant, settings_of
from analysis.errors import NoSuchName
from analysis.statistics import Difference, Interval, bootstrap_mean, paired_difference

METHOD: Final = "bca"
# Metrics of a run as a whole that are compared where its scenario has them.
HEADLINES = ("utility_mean", "p_r1", "reward_mean", "latency.mean", "latency.p95")


@dataclass(frozen=True)
class Row:
    """An allocator.

    Attributes:
        label: its name, as of a ``Variant``.
        settings: as on the command line.
        seeds: that count.
        mean: over these; None if there are none.
        difference: to the reference on these; None for the reference itself, or without seeds.
        left_out: seeds that do not count, with the reason.
    """

    label: str
    settings: str
    seeds: tuple[int, ...]
    mean: Interval | None
    difference: Difference | None
    left_out: dict[int, str]


@dataclass(frozen=True)
class MetricTable:
    """A metric of the runs of a scenario with the same parameters and data.

    Attributes:
        name: of the comparison.
        metric: dotted name in the summary.
        reference: label of the allocator that others are compared with.
        rows: by allocator.
    """

    name: str
    metric: str
    reference: str
    rows: tuple[Row, ...]


def metric_names(comparison: Comparison) -> list[str]:
    """Lists the metrics that runs have, in the order of their summaries."""
    # Runs of a scenario mostly have the same ones.
    different = dict.fromkeys(tuple(run.metrics) for run in comparison.runs)
    return list(dict.fromkeys(name for names in different for name in names))


def metric_tables(
    comparisons: Sequence[Comparison], metric: str, reference: str
) -> tuple[list[MetricTable], list[str]]:
    """Makes the table of each comparison that has the metric and the reference.

    Returns:
        The tables, and the names of the comparisons that have no such run.

    Raises:
        NoSuchName: none has the metric, or none with it has the reference.
    """
    measured = [one for one in comparisons if metric in metric_names(one)]
    if not measured:
        raise NoSuchName(
            "metric", metric, (name for one in comparisons for name in metric_names(one))
        )
    fit = [one for one in measured if reference in _labels(one)]
    if not fit:
        raise NoSuchName(
            "allocator", reference, (label for one in measured for label in _labels(one))
        )
    left_out = [one.name for one in comparisons if one not in fit]
    return [metric_table(one, metric, reference) for one in fit], left_out


def metric_table(comparison: Comparison, metric: str, reference: str) -> MetricTable:
    """Makes the table of a comparison; its rows begin with the reference.

    Raises:
        NoSuchName: no run has the metric, or none is of the reference.
    """
    if metric not in metric_names(comparison):
        raise NoSuchName("metric", metric, metric_names(comparison))
    by_label = {variant.label: variant for variant in comparison.variants}
    if reference not in by_label:
        raise NoSuchName("allocator", reference, by_label)
    first = by_label.pop(reference)
    rows = [_row(first, None, metric), *(_row(one, first, metric) for one in by_label.values())]
    return MetricTable(comparison.name, metric, reference, tuple(rows))


def values_by_seed(variant: Variant, metric: str) -> dict[int, float | None]:
    """Reads a metric of each run; None where it has no value."""
    return {run.seed: run.metrics.get(metric) for run in variant.runs}


def _row(variant: Variant, reference: Variant | None, metric: str) -> Row:
    ours = values_by_seed(variant, metric)
    theirs = ours if reference is None else values_by_seed(reference, metric)
    left_out = _left_out(ours, theirs, variant.label, reference.label if reference else "")
    seeds = tuple(sorted({*ours, *theirs} - set(left_out)))
    pairs: Any = ([ours[seed] for seed in seeds], [theirs[seed] for seed in seeds])
    compared = reference is not None and bool(seeds)
    return Row(
        variant.label,
        settings_of(variant.runs[0]),
        seeds,
        bootstrap_mean(pairs[0], METHOD) if seeds else None,
        paired_difference(pairs[0], pairs[1], METHOD) if compared else None,
        left_out,
    )


def _left_out(
    ours: dict[int, float | None], theirs: dict[int, float | None], our: str, their: str
) -> dict[int, str]:
    reasons = {}
    for seed in sorted({*ours, *theirs}):
        if seed not in theirs:
            reasons[seed] = f"not run with {their}"
        elif seed not in ours:
            reasons[seed] = f"not run with {our}"
        elif ours[seed] is None:
            reasons[seed] = f"no value with {our}"
        elif theirs[seed] is None:
            reasons[seed] = f"no value with {their}"
    return reasons


def _labels(comparison: Comparison) -> list[str]:
    return [variant.label for variant in comparison.variants]
