"""Figure of a sweep: what runs measured as a whole, over the parameter that differs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from analysis.figures.panels import band, legend, logarithmic
from analysis.metric_table import HEADLINES, METHOD, values_by_seed
from analysis.statistics import bootstrap_mean
from analysis.style import TWO_COLUMNS_INCH
from analysis.sweep import Sweep

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

NAMES = {
    "utility_mean": "mean utility [1]",
    "p_r1": "P(r = 1) [1]",
    "reward_mean": "mean reward [1]",
    "latency.mean": "mean latency [s]",
    "latency.p95": "latency, 95 % [s]",
}
COLUMNS = 3
LOGARITHMIC_FROM = 30.0  # times the least value


def headline_table(sweep: Sweep) -> pd.DataFrame:
    """Takes the means of the headline metrics over the seeds of each point.

    Returns:
        One row for each metric, allocator and value that has any: ``metric``, ``allocator``,
        ``value`` (of the parameter), ``seeds``, ``mean``, and the ends of its 95 % bootstrap
        interval, ``low`` and ``high``.
    """
    import pandas as pd

    rows = []
    for metric in HEADLINES:
        for value, comparison in sweep.points:
            for variant in comparison.variants:
                numbers = [x for x in values_by_seed(variant, metric).values() if x is not None]
                if numbers:
                    mean = bootstrap_mean(numbers, METHOD)
                    ends = (mean.mean, mean.low, mean.high)
                    rows.append((metric, variant.label, value, len(numbers), *ends))
    columns = ["metric", "allocator", "value", "seeds", "mean", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def metrics(plt: Any, sweep: Sweep) -> tuple[Figure, pd.DataFrame]:
    """Headline metrics over the parameter, each allocator with bands over its seeds."""
    table = headline_table(sweep)
    names = list(table["metric"].unique())
    columns = max(min(len(names), COLUMNS), 1)
    rows = max(math.ceil(len(names) / columns), 1)
    figure, axes = plt.subplots(
        rows, columns, figsize=(TWO_COLUMNS_INCH, 2.2 * rows + 0.4), squeeze=False
    )
    labels = {variant.label: i for i, variant in enumerate(sweep.variants)}
    for axis, metric in zip(axes.flat, names, strict=False):
        for label, i in labels.items():
            own = table[(table["metric"] == metric) & (table["allocator"] == label)]
            band(axis, own, i, label, x="value")
        axis.set_ylabel(NAMES[metric])
        axis.set_xlabel(f"{sweep.parameter} [{sweep.unit or '1'}]")
        _scale(axis, [value for value, _ in sweep.points])
    for axis in axes.flat[len(names) :]:
        axis.set_visible(False)
    legend(figure, *axes.flat[: len(names)])
    return figure, table


def _scale(axis: Any, values: list[float]) -> None:
    if values[0] > 0 and values[-1] / values[0] >= LOGARITHMIC_FROM:
        axis.set_xlim(values[0], values[-1])
        logarithmic(axis)
