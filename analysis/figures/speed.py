"""Figures of the speed study: three models side by side, and how the cell model scales."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analysis.style import COLOURS, TWO_COLUMNS_INCH

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

NAMES = {"cell": "cell model", "lte": "ns-3 LTE/EPC", "p2p": "two point-to-point hops"}
SCALES = (
    ("cells", "cells", "number of cells\n(8 UEs each, 1 Mbit/s)"),
    ("ues", "ues", "UEs a cell\n(12 cells, 1 Mbit/s)"),
    ("mbps", "mbps", "load of a UE [Mbit/s]\n(12 cells, 8 UEs each)"),
)


def derived(table: pd.DataFrame) -> pd.DataFrame:
    """Adds wall time of a simulated second [s] and of a delivered packet [us]."""
    return table.assign(
        wall_per_sim_s=table["wall_s"] / table["sim_s"],
        wall_per_packet_us=table["wall_s"] / table["packets_delivered"] * 1e6,
    )


def models(plt: Any, table: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Wall time of a simulated second and of a packet under each model; bars: least to largest."""
    rows = derived(table[table["varied"] == "model"])
    figure, axes = plt.subplots(1, 2, figsize=(TWO_COLUMNS_INCH, 2.6))
    for axis, column, label in (
        (axes[0], "wall_per_sim_s", "wall time of a\nsimulated second [s]"),
        (axes[1], "wall_per_packet_us", "wall time of a\ndelivered packet [µs]"),
    ):
        for i, model in enumerate(NAMES):
            values = rows[rows["model"] == model][column]
            middle = values.median()
            reach = [[middle - values.min()], [values.max() - middle]]
            axis.bar(i, middle, yerr=reach, color=COLOURS[i], capsize=3)
            axis.annotate(
                f"{middle:.3g}", (i, values.max()), (0, 3), textcoords="offset points", ha="center"
            )
            axis.set_xticks(
                range(len(NAMES)), [text.replace(" ", "\n", 1) for text in NAMES.values()]
            )
        axis.set(ylabel=label, yscale="log")
        axis.margins(y=0.25)
    figure.suptitle("12 cells, 8 UEs each, 1 Mbit/s a UE", fontsize=9)
    return figure, rows


def scaling(plt: Any, table: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Wall time and memory of the cell model over cells, UEs and load."""
    rows = derived(table[table["varied"].isin([varied for varied, _, _ in SCALES])])
    figure, axes = plt.subplots(3, 3, figsize=(TWO_COLUMNS_INCH, 6.0), sharex="col")
    for column, (varied, x, label) in enumerate(SCALES):
        own = rows[rows["varied"] == varied].sort_values(x)
        for axis, y, unit in (
            (axes[0, column], "wall_per_sim_s", "wall time of a\nsimulated second [s]"),
            (axes[1, column], "wall_per_packet_us", "wall time of a\ndelivered packet [µs]"),
            (axes[2, column], "rss_mb", "peak memory [MB]"),
        ):
            axis.plot(own[x], own[y], "o-", ms=3, color=COLOURS[0])
            if y == "wall_per_sim_s":
                last = own.iloc[-1]
                axis.plot(
                    [0, last[x]], [0, last[y]], color="#777777", ls="--", lw=0.8, label="linear"
                )
                axis.legend()
            if column == 0:
                axis.set_ylabel(unit)
            axis.set_ylim(bottom=0)
            axis.set_xlim(left=0)
        axes[2, column].set_xlabel(label)
    return figure, rows
