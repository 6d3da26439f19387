"""Figures of the transport study: shaping, changes of rate, isolation, round trips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.style import COLOURS, MARKERS, TWO_COLUMNS_INCH

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

Rows = Sequence[Mapping[str, Any]]

MBPS = 1e6
MS = 1e-3
PACKET_BITS = 1500 * 8
BIN_S = 0.025
SHOWN_S = 0.3
ROUND_TRIPS_INCH = TWO_COLUMNS_INCH / 1.5  # its legend lies within, beside the curves
SHOWN_BPS = 10 * MBPS  # changes between this rate and a lower one are drawn
DASHES = ("-", "--", "-.", ":")  # curves that lie on each other
PERCENTILES = ("5", "50", "95", "99")


def rates(plt: Any, points: Rows) -> tuple[Figure, pd.DataFrame]:
    """Measured rate over the rate set, and the error."""
    import pandas as pd

    table = pd.DataFrame(points)
    figure, (left, right) = plt.subplots(1, 2, figsize=(TWO_COLUMNS_INCH, 2.6))
    set_mbps = table["set_bps"] / MBPS
    left.plot(set_mbps, set_mbps, color="black", lw=0.8, label="equal")
    left.plot(set_mbps, table["measured_bps"] / MBPS, "o", color=COLOURS[0], label="measured")
    left.set(xscale="log", yscale="log", ylabel="measured rate [Mbit/s]")
    left.legend()
    right.plot(set_mbps, 100 * table["error"], "o-", color=COLOURS[0])
    right.axhline(1, color=COLOURS[1], ls="--", lw=1, label="bound")
    right.set(xscale="log", ylabel="error [%]")
    right.set_ylim(bottom=0)
    right.legend()
    for axis in (left, right):
        axis.set_xlabel("rate set [Mbit/s]")
    return figure, table


def changes(plt: Any, cases: Rows) -> tuple[Figure, pd.DataFrame]:
    """Throughput over time around a change: with packets waiting, and with a full bucket."""
    import pandas as pd

    drawn = [case for case in cases if max(case["from_bps"], case["to_bps"]) == SHOWN_BPS]
    figure, axes = plt.subplots(
        1, len(drawn), figsize=(TWO_COLUMNS_INCH, 2.6), sharey=True, squeeze=False
    )
    edges = np.arange(-SHOWN_S, SHOWN_S + BIN_S / 2, BIN_S)
    tables = []
    for axis, case in zip(axes.flat, drawn, strict=True):
        counts, _ = np.histogram(case["arrivals_s"], edges)
        mbps = counts * PACKET_BITS / BIN_S / MBPS
        before, after = case["from_bps"] / MBPS, case["to_bps"] / MBPS
        axis.stairs(mbps, 1e3 * edges, color=COLOURS[0], label="measured")
        axis.plot(
            [-1e3 * SHOWN_S, 0, 0, 1e3 * SHOWN_S],
            [before, before, after, after],
            color=COLOURS[1],
            ls="--",
            lw=1,
            label="rate set",
        )
        state = "packets wait" if case["backlogged"] else "bucket full"
        axis.set_title(f"{before:g} to {after:g} Mbit/s,\n{state}")
        axis.set_xlabel("time [ms]")
        tables.append(
            pd.DataFrame(
                {
                    "from_bps": case["from_bps"],
                    "to_bps": case["to_bps"],
                    "backlogged": case["backlogged"],
                    "time_s": edges[:-1],
                    "throughput_mbps": mbps,
                }
            )
        )
    axes[0, 0].set_ylabel("throughput [Mbit/s]")
    axes[0, 0].set_ylim(bottom=0)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(labels))
    return figure, pd.concat(tables, ignore_index=True)


def isolation(plt: Any, points: Rows, headroom: Rows) -> tuple[Figure, pd.DataFrame]:
    """Delay of slice A at loads of slice B: distribution, mean, and mean by the link's rate."""
    import pandas as pd

    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(TWO_COLUMNS_INCH, 2.6))
    columns = {}
    for i, point in enumerate(points):
        delays_us = 1e6 * np.array(point["delay_a_quantiles_s"])
        columns[f"load_b_{point['load_b']:g}"] = delays_us
        left.plot(
            delays_us,
            np.linspace(0, 1, len(delays_us)),
            color=COLOURS[i % len(COLOURS)],
            ls=DASHES[i % len(DASHES)],
            label=f"{point['load_b']:g}",
        )
    left.set(xlabel="one-way delay of A [us]", ylabel="share of packets")
    left.legend(title="load of B")
    for axis, rows, column, label in (
        (middle, points, "load_b", "load of B [share of its rate]"),
        (right, headroom, "link_over_rates", "link's rate [sum of the slices']"),
    ):
        axis.plot(
            [row[column] for row in rows],
            [100 * row["change"] for row in rows],
            "o-",
            color=COLOURS[0],
        )
        axis.axhline(5, color=COLOURS[1], ls="--", lw=1, label="bound")
        axis.set(xlabel=label, ylabel="change of A's mean delay [%]")
        axis.set_ylim(bottom=0)
        axis.legend()
    quantile = np.linspace(0, 1, len(next(iter(columns.values()))))
    behind = (
        pd.DataFrame({"quantile": quantile, **columns}),
        pd.DataFrame(points)[["load_b", "mean_delay_a_s", "change"]],
        pd.DataFrame(headroom)[["link_over_rates", "mean_delay_a_s", "change"]].add_suffix("_link"),
    )
    return figure, pd.concat(behind, axis=1)


def round_trips(plt: Any, points: Rows) -> tuple[Figure, pd.DataFrame]:
    """Percentiles of the round trip edge - cloud over background load."""
    import pandas as pd

    table = pd.DataFrame(points)
    figure, axis = plt.subplots(figsize=(ROUND_TRIPS_INCH, 3))
    for i, percent in enumerate(PERCENTILES):
        axis.plot(
            table["load"],
            table[f"p{percent}_ms"],
            marker=MARKERS[i],
            ms=4,
            color=COLOURS[i],
            label=f"{percent} %",
        )
    axis.axhline(
        table["closed_form_ms"][0], color="black", ls=":", lw=1, label="closed form, unloaded"
    )
    axis.set(xlabel="background load [share of the WAN's rate]", ylabel="round trip [ms]")
    axis.set_ylim(bottom=0)
    axis.legend(title="percentile")
    return figure, table
