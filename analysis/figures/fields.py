"""Figures of any scenario: each of its fields over time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.comparison import Comparison
from analysis.figures import topology
from analysis.figures.figure import Draw, Figure
from analysis.figures.panels import legend, time_axis
from analysis.style import TWO_COLUMNS_INCH, line

if TYPE_CHECKING:
    from matplotlib import figure as mpl


def figures_of(comparison: Comparison) -> tuple[Figure, ...]:
    """Makes a figure of each field that the scenario observes, and of its network if it tells."""
    columns = set(comparison.first.steps.columns)
    drawn = tuple(
        Figure(field["name"].replace("_", "-"), _draw(field), (f"steps.{field['name']}",))
        for field in comparison.first.description["observation"]
        if field["name"] in columns
    )
    known = "nodes" in (comparison.first.topology or {})
    network = Figure("topology", topology.network, ("topology.nodes",))
    return (network, *drawn) if known else drawn


def _draw(field: Mapping[str, Any]) -> Draw:
    def draw(plt: Any, comparison: Comparison) -> tuple[mpl.Figure, pd.DataFrame]:
        return over_time(plt, comparison, field)

    return draw


def over_time(
    plt: Any, comparison: Comparison, field: Mapping[str, Any]
) -> tuple[mpl.Figure, pd.DataFrame]:
    """Draws the mean of a field over its elements and seeds, and its least and largest values."""
    figure, axis = plt.subplots(figsize=(TWO_COLUMNS_INCH, 2.6))
    tables = []
    for i, variant in enumerate(comparison.variants):
        steps = pd.concat([run.steps for run in variant.runs], ignore_index=True)
        values = steps.groupby("t_sim_s")[field["name"]].agg(["mean", "min", "max"]).astype(float)
        table = values.reset_index()
        axis.plot(table["t_sim_s"], table["mean"], marker=".", label=variant.label, **line(i))
        axis.fill_between(
            table["t_sim_s"], table["min"], table["max"], color=line(i)["color"], alpha=0.15, lw=0
        )
        tables.append(table.assign(allocator=variant.label))
    unit = "" if field["unit"] in ("", "1") else f" [{field['unit']}]"
    axis.set_title(f"{field['meaning']}: mean of all elements, least to largest", wrap=True)
    axis.set_ylabel(f"{field['name']}{unit}")
    time_axis([axis], comparison)
    legend(figure, axis)
    return figure, pd.concat(tables, ignore_index=True)
