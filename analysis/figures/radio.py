"""Figures of the radio study: the cell model over the LTE stack, and where they differ."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.style import COLOURS, MARKERS, TWO_COLUMNS_INCH

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

MBPS = 1e6
MS = 1e-3
TITLE_WIDTH = 26
ERRORS = (
    ("throughput_error", "throughput,\nrelative", 0.10),
    ("prb_error", "PRBs,\nshare of carrier", 0.05),
    ("cqi_error", "mean CQI", 1.0),
    ("delay_error", "delay,\nrelative or per 8 ms", 0.25),
)


def agreement(plt: Any, table: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Throughput, PRBs, CQI and delay of the cell model over those of the LTE stack."""
    figure, axes = plt.subplots(2, 2, figsize=(TWO_COLUMNS_INCH, 5.6))
    panels = (
        ("thp_dl", MBPS, "throughput per user [Mbit/s]", 0.10, None),
        ("prb_share", 1, "PRBs used [share of the carrier]", None, 0.05),
        ("cqi", 1, "mean wideband CQI", None, 1.0),
        ("delay_e2e", MS, "one-way delay below saturation [ms]", 0.25, None),
    )
    cells = table["case"].str.split("-").str[0]
    for axis, (quantity, scale, label, relative, absolute) in zip(axes.flat, panels, strict=True):
        rows = table[table["delay_error"].notna()] if quantity == "delay_e2e" else table
        for i, count in enumerate(dict.fromkeys(cells)):
            own = rows[cells[rows.index] == count]
            axis.scatter(
                own[f"lte_{quantity}"] / scale,
                own[f"cell_{quantity}"] / scale,
                s=18,
                color=COLOURS[i],
                marker=MARKERS[i],
                label=f"{count} cell{'s' if count != '1' else ''}",
            )
        _draw_band(axis, relative, absolute)
        axis.set(xlabel=f"LTE stack: {label}", ylabel="cell model: the same")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(labels))
    return figure, table


def _draw_band(axis: Any, relative: float | None, absolute: float | None) -> None:
    """Draws equality and what is allowed about it."""
    low, high = 0.0, max(axis.get_xlim()[1], axis.get_ylim()[1])
    x = np.array([low, high])
    axis.plot(x, x, color="black", lw=0.8)
    width = x * relative if relative is not None else np.full(2, absolute)
    axis.fill_between(x, x - width, x + width, color="#777777", alpha=0.2, lw=0)
    axis.set_xlim(low, high)
    axis.set_ylim(low, high)


def errors(plt: Any, table: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Each slice's error in each configuration, with the bound."""
    names = list(dict.fromkeys(table["case"]))[::-1]
    figure, axes = plt.subplots(
        1, len(ERRORS), figsize=(TWO_COLUMNS_INCH, 0.22 * len(names) + 1.1), sharey=True
    )
    for axis, (column, label, bound) in zip(axes, ERRORS, strict=True):
        rows = table[table[column].notna()]
        axis.scatter(
            rows[column], [names.index(case) for case in rows["case"]], s=14, color=COLOURS[0]
        )
        axis.axvline(bound, color=COLOURS[1], ls="--", lw=1, label="bound")
        axis.set_xlim(0, 1.08 * max(bound, rows[column].max() if len(rows) else 0))
        axis.set_xlabel(f"error of {label}")
    axes[0].set_yticks(range(len(names)), names)
    axes[0].set_ylabel("configuration: cells, load, placement")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center")
    return figure, table[["case", "slice", *(column for column, _, _ in ERRORS)]]


def theory(plt: Any, checks: list[dict[str, Any]]) -> tuple[Figure, pd.DataFrame]:
    """Each check against theory: what was measured over what theory says."""
    import pandas as pd

    columns = 3
    lines = -(-len(checks) // columns)
    figure, axes = plt.subplots(
        lines, columns, figsize=(TWO_COLUMNS_INCH, 2.4 * lines + 0.3), squeeze=False
    )
    tables = []
    for axis, check in zip(axes.flat, checks, strict=False):
        points = pd.DataFrame(check["points"])
        tables.append(points.assign(check=check["name"], unit=check["unit"]))
        axis.plot(
            points["x"],
            points["reference"],
            "s",
            ms=6,
            mfc="none",
            color=COLOURS[1],
            label=check["reference"],
        )
        axis.plot(points["x"], points["measured"], "o", ms=2.5, color=COLOURS[0], label="measured")
        axis.set_title(textwrap.fill(check["title"], TITLE_WIDTH))
        axis.set(xlabel=check["x_label"], ylabel=f"[{check['unit']}]")
        axis.set_ylim(bottom=0)
        axis.legend()
    for axis in axes.flat[len(checks) :]:
        axis.set_visible(False)
    return figure, pd.concat(tables, ignore_index=True)
