"""Figures of the scenario `capacity`: reservations and loads, opinions, admission."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.comparison import Comparison, bands, samples
from analysis.figures import capacity_cost, topology
from analysis.figures.capacity_cost import CELL, MBPS, reserved_bps
from analysis.figures.figure import Figure
from analysis.figures.panels import (
    band,
    elements,
    from_zero,
    grid_of_slices,
    legend,
    limit,
    rows_of_slices,
)
from analysis.store_reader import Run
from analysis.style import TWO_COLUMNS_INCH, line

if TYPE_CHECKING:
    from matplotlib import figure as mpl

KEYS = ("slice", "time_h")
OPINIONS = np.arange(26) / 5  # 0, 0.2 .. 5: they are rounded to these
FREE_OPINION = 4  # that costs nothing in a cell, LossLeaP
EVERY_ALLOCATOR = "all"
MOST_TICKS = 10
ROW_INCH = 0.3  # of a slice in the picture of admission
Values = Callable[[Run, pd.DataFrame], "pd.Series[Any]"]
Measure = Callable[[Run], pd.DataFrame]


def over_time(values: Values) -> Measure:
    """Measures something by slice and interval, in the interval's middle [h]."""

    def measure(run: Run) -> pd.DataFrame:
        rows = elements(run, "slice")
        middle_h = (_first_interval(run) + rows["step"] - 0.5) * run.interval_hours
        value = values(run, rows).astype(float)
        return pd.DataFrame({"slice": rows["slice"], "time_h": middle_h, "value": value})

    return measure


def _first_interval(run: Run) -> int:
    """Only the embedded profile knows the days of the week."""
    return run.first_interval if _of_week(run) else 0


def _of_week(run: Run) -> bool:
    return run.context.get("mask") == "profile"


def offered_mbps(_: Run, rows: pd.DataFrame) -> pd.Series[Any]:
    """Gives the load of a slice; NaN where it was not admitted: it had none."""
    return (rows["offered"] / MBPS).where(rows["admitted"] > 0)


def opinion(_: Run, rows: pd.DataFrame) -> pd.Series[Any]:
    """Gives the opinion of a slice's users; NaN where they asked for nothing."""
    return rows["mos"].where(rows["offered"] > 0)


def used_share(run: Run, rows: pd.DataFrame) -> pd.Series[Any]:
    """Gives the share of the cell's PRBs that a slice used."""
    return rows["prb_used_dl"] / float(run.context["prbs"])


def reservation(plt: Any, comparison: Comparison) -> tuple[mpl.Figure, pd.DataFrame]:
    """Load offered to a slice, what is delivered and reserved; in a cell also shares of PRBs."""
    mbps = {
        "delivered [Mbit/s]": _bands(comparison, lambda _, rows: rows["delivered"] / MBPS),
        "reserved [Mbit/s]": _bands(comparison, lambda run, rows: reserved_bps(run, rows) / MBPS),
    }
    load = _offered(comparison)
    shares = _shares(comparison)
    figure, axes = rows_of_slices(plt, comparison.first, columns=2 if shares else 1)
    for row, entry in zip(axes, comparison.first.slices, strict=True):
        own = load[load["slice"] == entry["id"]]
        # Above the curves: what is delivered mostly is the same.
        row[0].plot(own["time_h"], own["mean"], color="black", lw=0.7, zorder=3, label="offered")
        _pairs(row[0], comparison, entry, ("delivered", "reserved"), [*mbps.values()])
        row[0].set_ylabel(f"slice {entry['id']}\nMbit/s")
        if shares:
            _pairs(row[1], comparison, entry, ("used", "reserved"), [*shares.values()])
            row[1].set_ylabel("share of PRBs")
    _hours(axes, comparison)
    legend(figure, *axes[0])
    named = {"offered [Mbit/s]": load, **mbps, **shares}
    tables = [table.assign(quantity=name) for name, table in named.items()]
    return figure, pd.concat(tables, ignore_index=True)


def _bands(comparison: Comparison, values: Values) -> pd.DataFrame:
    return bands(samples(comparison, over_time(values)), KEYS)


def _offered(comparison: Comparison) -> pd.DataFrame:
    """Takes the load of all allocators together: it is the same for each that admits the slice."""
    measured = samples(comparison, over_time(offered_mbps))
    return bands(measured.assign(allocator=EVERY_ALLOCATOR), KEYS)


def _shares(comparison: Comparison) -> dict[str, pd.DataFrame]:
    if not _in_cell(comparison):
        return {}
    return {
        "used [share of PRBs]": _bands(comparison, used_share),
        "reserved [share of PRBs]": _bands(comparison, lambda _, rows: rows["reserved"]),
    }


def _pairs(
    axis: Any,
    comparison: Comparison,
    entry: dict[str, Any],
    names: Sequence[str],
    tables: Sequence[pd.DataFrame],
) -> None:
    """Draws what a slice got as curves, and what it had reserved as dots."""
    for i, variant in enumerate(comparison.variants):
        got, reserved = (_of(table, variant.label, entry) for table in tables)
        band(axis, got, i, f"{variant.label}: {names[0]}", x="time_h")
        limit(axis, reserved, i, f"{variant.label}: {names[1]}", x="time_h")
    from_zero(axis)


def _hours(axes: Any, comparison: Comparison) -> None:
    """Makes the x of axes, by [row, column], hours; the lowest are labelled."""
    first, hour = comparison.first, comparison.first.interval_hours
    last_step = max(int(run.steps["step"].max()) for run in comparison.runs)
    begin = _first_interval(first)
    columns = axes.shape[1]
    for axis in axes.flat:
        axis.set_xlim(begin * hour, (begin + last_step) * hour)
        axis.locator_params(axis="x", nbins=MOST_TICKS // columns)
    since = " from Monday, 0:00" if _of_week(first) else ""
    stands = f"an interval stands for {60 * hour:g} min"
    gap = " " if columns == 1 else "\n"
    for axis in axes[-1]:
        axis.set_xlabel(f"time [h{since};{gap}{stands}]")


def opinions(plt: Any, comparison: Comparison) -> tuple[mpl.Figure, pd.DataFrame]:
    """Mean opinion score of a slice's users over time."""
    table = _bands(comparison, opinion)
    figure, axes = rows_of_slices(plt, comparison.first)
    for axis, entry in zip(axes[:, 0], comparison.first.slices, strict=True):
        for i, variant in enumerate(comparison.variants):
            band(axis, _of(table, variant.label, entry), i, variant.label, x="time_h")
        if _in_cell(comparison):
            axis.axhline(FREE_OPINION, color="black", ls="--", lw=1, label="no cost from here on")
        axis.set(ylabel=f"slice {entry['id']}\nMOS", ylim=(0, 4.6))
    _hours(axes, comparison)
    legend(figure, axes[0, 0])
    return figure, table


def shares_of_opinions(run: Run) -> pd.DataFrame:
    """Measures the share of intervals in which a slice's opinion was at most ``mos``."""
    rows = elements(run, "slice")
    rows = rows[rows["offered"] > 0]
    shares = []
    for slice_id, own in rows.groupby("slice"):
        ranks = np.searchsorted(np.sort(own["mos"].astype(float).round(1)), OPINIONS, side="right")
        shares += [
            (slice_id, mos, rank / len(own)) for mos, rank in zip(OPINIONS, ranks, strict=True)
        ]
    types: dict[str, Any] = {"slice": int, "mos": float, "value": float}  # even of no rows
    return pd.DataFrame(shares, columns=[*types]).astype(types)


def opinions_cdf(plt: Any, comparison: Comparison) -> tuple[mpl.Figure, pd.DataFrame]:
    """Distribution of a slice's mean opinion scores over intervals."""
    table = bands(samples(comparison, shares_of_opinions), ["slice", "mos"])
    figure, axes = grid_of_slices(plt, comparison.first)
    for axis, entry in zip(axes, comparison.first.slices, strict=True):
        for i, variant in enumerate(comparison.variants):
            own, look = _of(table, variant.label, entry), line(i)
            axis.step(own["mos"], own["mean"], where="post", label=variant.label, **look)
            axis.fill_between(
                *(own["mos"], own["low"], own["high"]),
                step="post",
                color=look["color"],
                alpha=0.2,
                lw=0,
            )
        axis.set(title=f"slice {entry['id']}", xlabel="MOS", xlim=(0, 5), ylim=(0, 1.02))
    axes[0].set_ylabel("cumulative share of intervals")
    legend(figure, axes[0])
    return figure, table


def admission(plt: Any, comparison: Comparison) -> tuple[mpl.Figure, pd.DataFrame]:
    """Which slices each allocator admits over time, and how much that is."""
    table = _bands(comparison, lambda _, rows: rows["admitted"])
    ids = [entry["id"] for entry in comparison.first.slices]
    count = len(comparison.variants)
    figure, axes = plt.subplots(
        *(count, 1),
        figsize=(TWO_COLUMNS_INCH, count * (ROW_INCH * len(ids) + 0.3) + 0.6),
        sharex=True,
        squeeze=False,
    )
    for axis, variant in zip(axes[:, 0], comparison.variants, strict=True):
        own = table[table["allocator"] == variant.label]
        wide = own.pivot(index="slice", columns="time_h", values="mean").loc[ids]
        half_h = comparison.first.interval_hours / 2
        middles_h = wide.columns.to_numpy(dtype=float)
        borders_h = np.append(middles_h - half_h, middles_h[-1] + half_h)
        mesh = axis.pcolormesh(
            *(borders_h, np.arange(len(ids) + 1), wide), cmap="Blues", vmin=0, vmax=1
        )
        axis.set_yticks(np.arange(len(ids)) + 0.5, [f"slice {slice_id}" for slice_id in ids])
        axis.set_title(f"{variant.label}: {own['mean'].mean():.1%} of slices and intervals")
        axis.invert_yaxis()
        axis.grid(visible=False)
    _hours(axes, comparison)
    figure.colorbar(mesh, ax=axes, label="share of seeds")
    return figure, table


def _of(table: pd.DataFrame, label: str, entry: dict[str, Any]) -> pd.DataFrame:
    own: pd.DataFrame = table[(table["allocator"] == label) & (table["slice"] == entry["id"])]
    return own


def _in_cell(comparison: Comparison) -> bool:
    return bool(comparison.first.context["use_case"] == CELL)


SLICES = ("context.slices", "context.use_case", "context.interval_real_s", "context.warmup_s")
LOAD = (*SLICES, "steps.offered", "steps.delivered", "steps.reserved", "steps.over_provisioned")
COST = (*LOAD, "steps.cost", "steps.cost_sla", "steps.cost_over")
BOTH = (
    Figure("topology", topology.network, ("topology.nodes",)),
    Figure("reservation", reservation, LOAD),
    Figure("cost", capacity_cost.costs, COST),
    Figure("cost-formula", capacity_cost.against_formula, COST),
    Figure("mos", opinions, (*SLICES, "steps.mos", "steps.offered")),
    Figure("mos-cdf", opinions_cdf, (*SLICES, "steps.mos", "steps.offered")),
)
ADMISSION = Figure("admission", admission, (*SLICES, "steps.admitted"))


def figures_of(comparison: Comparison) -> tuple[Figure, ...]:
    """Lists the figures of a use case: only in a cell slices are admitted."""
    in_cell = comparison.first.context.get("use_case") == CELL
    return (*BOTH, ADMISSION) if in_cell else BOTH
