"""Figures of the `cells` scenario: topology, throughput, QoS satisfaction, PRB use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.comparison import Comparison, Variant, bands
from analysis.figures.figure import Figure
from analysis.figures.panels import band, legend, limit, rows_of_slices
from analysis.metrics import SATISFIED, active_rows
from analysis.store_reader import Run
from analysis.style import COLOURS, MARKERS, ONE_COLUMN_INCH, TWO_COLUMNS_INCH

if TYPE_CHECKING:
    from matplotlib import figure as mpl

MBPS = 1e6
SECTOR_ARROW_M = 90


def topology(plt: Any, comparison: Comparison) -> tuple[mpl.Figure, pd.DataFrame]:
    """Sites, sectors and UEs of the first run, coloured by slice, over the SINR map."""
    run = comparison.first
    places = run.require_topology()
    figure, axis = plt.subplots(figsize=(TWO_COLUMNS_INCH, 5.8))
    grid = places["sinr_map"]
    sinr = np.array(grid["sinr_db"]).reshape(grid["rows"], grid["columns"])
    x = grid["x0_m"] + grid["step_m"] * np.arange(grid["columns"])
    y = grid["y0_m"] + grid["step_m"] * np.arange(grid["rows"])
    mesh = axis.pcolormesh(x, y, sinr, cmap="Greys_r", vmin=-6, vmax=24, rasterized=True)
    figure.colorbar(mesh, ax=axis, label="mean SINR, all cells loaded [dB]", extend="both")
    ues = pd.DataFrame(places["ues"])
    for i, entry in enumerate(run.slices):
        own = ues[ues["slice"] == entry["id"]]
        axis.scatter(
            own["x_m"],
            own["y_m"],
            s=16,
            color=COLOURS[i],
            marker=MARKERS[i],
            edgecolor="white",
            linewidth=0.4,
            label=f"UE of slice {entry['id']}",
        )
    for cell in places["cells"]:
        angle = np.deg2rad(cell["bearing_deg"])
        tip = (
            cell["x_m"] + SECTOR_ARROW_M * np.cos(angle),
            cell["y_m"] + SECTOR_ARROW_M * np.sin(angle),
        )
        axis.annotate(
            "",
            tip,
            (cell["x_m"], cell["y_m"]),
            arrowprops={"arrowstyle": "-|>", "color": COLOURS[4], "lw": 1.6},
        )
    sites = pd.DataFrame(places["sites"])
    axis.scatter(
        sites["x_m"], sites["y_m"], marker="*", s=130, color=COLOURS[4], ec="black", label="site"
    )
    axis.set(xlabel="x [m]", ylabel="y [m]", aspect="equal")
    axis.grid(visible=False)
    axis.set_xlim(x[0], x[-1])
    axis.set_ylim(y[0], y[-1])
    figure.legend(loc="outside upper center", ncols=len(run.slices) + 1)
    return figure, ues


def hours(run: Run, step: pd.Series) -> pd.Series:
    """Hours since Monday, 0:00, in the middle of the intervals (steps from 1)."""
    return (run.first_interval + step - 0.5) * run.interval_hours


def over_time(variant: Variant, column: str) -> pd.DataFrame:
    """Mean over the cells of a KPI with its 95 % interval, by slice and step.

    The interval is that of the cells of one run; of several runs, that of their means.
    """
    alone = len(variant.runs) == 1
    keys = ["slice", "step", *(["cell"] if alone else [])]
    parts = [
        active_rows(run.steps).groupby(keys)[column].mean().astype(float).rename("value")
        for run in variant.runs
    ]
    measured = pd.concat([part.reset_index() for part in parts], ignore_index=True)
    table = bands(measured.assign(allocator=variant.label), ["slice", "step"])
    table["hour"] = hours(variant.runs[0], table["step"])
    return table


def _panels(plt: Any, run: Run) -> tuple[mpl.Figure, Any]:
    figure, axes = rows_of_slices(plt, run)
    axes[-1, 0].set_xlabel("time [hours from Monday, 0:00; an interval stands for 15 minutes]")
    return figure, axes[:, 0]


def _of(table: pd.DataFrame, entry: dict[str, Any], scale: float = 1.0) -> pd.DataFrame:
    """Selects a slice's rows, in another unit."""
    own: pd.DataFrame = table[table["slice"] == entry["id"]].copy()
    own[["mean", "low", "high"]] /= scale
    return own


def throughput(plt: Any, comparison: Comparison) -> tuple[mpl.Figure, pd.DataFrame]:
    """Throughput of a user against its target and the load it offers, per slice over time."""
    first = comparison.first
    figure, axes = _panels(plt, first)
    tables = [over_time(variant, "thp_dl") for variant in comparison.variants]
    offered = over_time(comparison.variants[0], "offered").assign(allocator="offered")
    offered[["mean", "low", "high"]] /= first.context["ues_per_slice"]
    for axis, entry in zip(axes, first.slices, strict=True):
        own = _of(offered, entry, MBPS)
        axis.plot(own["hour"], own["mean"], color="#777777", lw=0.9, label="offered")
        for i, (variant, table) in enumerate(zip(comparison.variants, tables, strict=True)):
            band(axis, _of(table, entry, MBPS), i, variant.label, x="hour")
        axis.axhline(entry["target_bps"] / MBPS, color="black", ls="--", lw=1, label="target")
        axis.set_ylabel(f"slice {entry['id']}\nMbit/s per user")
        axis.set_ylim(bottom=0)
    legend(figure, axes[0])
    return figure, pd.concat([*tables, offered], ignore_index=True)


def prb_use(plt: Any, comparison: Comparison) -> tuple[mpl.Figure, pd.DataFrame]:
    """PRBs that a slice uses of those it may use, over time."""
    first = comparison.first
    figure, axes = _panels(plt, first)
    tables = []
    for i, variant in enumerate(comparison.variants):
        used = over_time(variant, "prb_used_dl").assign(quantity="used")
        ceiling = over_time(variant, "prb_max").assign(quantity="ceiling")
        ceiling[["mean", "low", "high"]] *= first.context["prbs"]
        tables += [used, ceiling]
        for axis, entry in zip(axes, first.slices, strict=True):
            band(axis, _of(used, entry), i, f"{variant.label}: used", x="hour")
            limit(axis, _of(ceiling, entry), i, f"{variant.label}: ceiling", x="hour")
    for axis, entry in zip(axes, first.slices, strict=True):
        axis.set_ylabel(f"slice {entry['id']}\nPRBs per slot")
        axis.set_ylim(bottom=0)
    legend(figure, axes[0])
    return figure, pd.concat(tables, ignore_index=True)


def satisfaction(plt: Any, comparison: Comparison) -> tuple[mpl.Figure, pd.DataFrame]:
    """Distribution of QoS satisfaction r over cells, slices, intervals and seeds."""
    figure, axis = plt.subplots(figsize=(ONE_COLUMN_INCH, 2.8))
    tables = []
    for i, variant in enumerate(comparison.variants):
        parts = [active_rows(run.steps)["r"].to_numpy().astype(float) for run in variant.runs]
        r = np.sort(np.concatenate(parts))
        share = np.arange(1, r.size + 1) / r.size
        satisfied = float((r >= SATISFIED).mean())
        axis.step(
            np.concatenate([[0], r]),
            np.concatenate([[0], share]),
            where="post",
            color=COLOURS[i % len(COLOURS)],
            ls=("-", "--", "-.", ":")[i % 4],
            label=f"{variant.label}: P(r = 1) = {satisfied:.3f}",
        )
        tables.append(pd.DataFrame({"allocator": variant.label, "r": r, "cdf": share}))
    axis.set(
        xlabel="QoS satisfaction r (slice, cell, interval)",
        ylabel="cumulative share",
        xlim=(0, 1.02),
        ylim=(0, 1.02),
    )
    legend(figure, axis)
    return figure, pd.concat(tables, ignore_index=True)


KPIS = ("context.slices", "context.interval_real_s", "steps.cell")
FIGURES = (
    Figure("topology", topology, ("topology.sinr_map",)),
    Figure("throughput", throughput, (*KPIS, "steps.thp_dl", "steps.offered")),
    Figure("satisfaction", satisfaction, ("steps.r",)),
    Figure("prb-use", prb_use, (*KPIS, "steps.prb_used_dl", "steps.prb_max", "context.prbs")),
)
