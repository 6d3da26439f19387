"""Figures of the scenario `e2e-slice`: grants and their use, viewers, degradation, reward."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.comparison import Comparison, bands, samples
from analysis.figures import topology
from analysis.figures.figure import Figure
from analysis.figures.panels import (
    band,
    elements,
    grid_of_slices,
    legend,
    limit,
    middle_s,
    rows_of_slices,
    time_axis,
)
from analysis.store_reader import Run
from analysis.style import TWO_COLUMNS_INCH, line

if TYPE_CHECKING:
    from matplotlib import figure as mpl

MBPS = 1e6
MOST_POINTS = 400  # of a distribution
Measure = Callable[[Run], pd.DataFrame]


def by_interval(column: str, scale: float = 1.0) -> Measure:
    """Measures a column by slice and interval, divided by ``scale``."""

    def measure(run: Run) -> pd.DataFrame:
        rows = elements(run, "slice")
        return pd.DataFrame(
            {
                "slice": rows["slice"],
                "time_s": middle_s(run, rows),
                "value": rows[column].astype(float) / scale,
            }
        )

    return measure


def by_slot(column: str, scale: float = 1.0) -> Measure:
    """Measures a column by slice and slot, at the slot's end; NaN for q without viewers."""

    def measure(run: Run) -> pd.DataFrame:
        rows = run.steps
        begin_s = rows["t_sim_s"] - run.context["interval_s"]
        value = rows[column].astype(float) / scale
        return pd.DataFrame(
            {
                "slice": rows["slice"],
                "time_s": begin_s + (rows["slot"] + 1) * run.context["slot_s"],
                "value": value.where(rows["users"] > 0) if column == "q_dl" else value,
            }
        )

    return measure


def transport(plt: Any, comparison: Comparison) -> tuple[mpl.Figure, pd.DataFrame]:
    """Transport rate of a slice: granted and used."""
    measures = {"granted": by_interval("rate"), "used": by_interval("rate_used", MBPS)}
    return _grants(plt, comparison, measures, "Mbit/s")


def cpu(plt: Any, comparison: Comparison) -> tuple[mpl.Figure, pd.DataFrame]:
    """The gNB's CPU of a slice: granted and used."""
    measures = {"granted": by_interval("cpu"), "used": by_interval("cpu_used")}
    return _grants(plt, comparison, measures, "millicores")


def _grants(
    plt: Any, comparison: Comparison, measures: dict[str, Measure], unit: str
) -> tuple[mpl.Figure, pd.DataFrame]:
    tables = {
        name: bands(samples(comparison, measure), ["slice", "time_s"])
        for name, measure in measures.items()
    }
    figure, axes = rows_of_slices(plt, comparison.first)
    for axis, entry in zip(axes[:, 0], comparison.first.slices, strict=True):
        for i, variant in enumerate(comparison.variants):
            own = {name: _of(table, variant.label, entry) for name, table in tables.items()}
            band(axis, own["used"], i, f"{variant.label}: used")
            limit(axis, own["granted"], i, f"{variant.label}: granted")
        axis.set_ylabel(f"slice {entry['id']}\n{unit}")
        axis.set_ylim(bottom=0)
    time_axis(axes[:, 0], comparison)
    legend(figure, axes[0, 0])
    named = [table.assign(quantity=f"{name} [{unit}]") for name, table in tables.items()]
    return figure, pd.concat(named, ignore_index=True)


def throughput(plt: Any, comparison: Comparison) -> tuple[mpl.Figure, pd.DataFrame]:
    """Viewers of a slice and the throughput of one, by slot, with its threshold."""
    users = bands(samples(comparison, by_slot("users")), ["slice", "time_s"])
    q = bands(samples(comparison, by_slot("q_dl", MBPS)), ["slice", "time_s"])
    figure, axes = rows_of_slices(plt, comparison.first, columns=2)
    for (left, right), entry in zip(axes, comparison.first.slices, strict=True):
        for i, variant in enumerate(comparison.variants):
            band(left, _of(users, variant.label, entry), i, variant.label)
            band(right, _of(q, variant.label, entry), i, variant.label)
        threshold = entry["target_bps"] / MBPS
        right.axhline(threshold, color="black", ls="--", lw=1, label="threshold of q")
        left.set_ylabel(f"slice {entry['id']}\nviewers")
        right.set_ylabel("q of a viewer [Mbit/s]")
        left.set_ylim(bottom=0)
        right.set_ylim(bottom=0)
    time_axis(axes[:, 0], comparison)
    time_axis(axes[:, 1], comparison)
    legend(figure, axes[0, 1])
    named = [users.assign(quantity="viewers"), q.assign(quantity="q [Mbit/s]")]
    return figure, pd.concat(named, ignore_index=True)


def degradation(plt: Any, comparison: Comparison) -> tuple[mpl.Figure, pd.DataFrame]:
    """Degradation of a slice against its bound."""
    table = bands(samples(comparison, by_interval("degradation")), ["slice", "time_s"])
    figure, axes = rows_of_slices(plt, comparison.first)
    for axis, entry in zip(axes[:, 0], comparison.first.slices, strict=True):
        for i, variant in enumerate(comparison.variants):
            band(axis, _of(table, variant.label, entry), i, variant.label)
        axis.axhline(entry["max_degradation"], color="black", ls="--", lw=1, label="bound")
        axis.set(ylabel=f"slice {entry['id']}\ndegradation", ylim=(-0.03, 1.03))
    time_axis(axes[:, 0], comparison)
    legend(figure, axes[0, 0])
    return figure, table


def cost(run: Run) -> pd.DataFrame:
    """Measures the cost of an interval: both grants over their maxima, of all slices."""
    rows = elements(run, "slice")
    shares = (
        rows["rate"].astype(float) / run.context["rate_max_mbps"]
        + rows["cpu"].astype(float) / run.context["cpu_max_millicores"]
    )
    return _by_step(run, shares.groupby(rows["step"]).sum().to_numpy())


def reward(run: Run) -> pd.DataFrame:
    """Measures the reward of an interval."""
    return _by_step(run, run.intervals["reward"].to_numpy(dtype=float))


def _by_step(run: Run, values: npt.NDArray[Any]) -> pd.DataFrame:
    return pd.DataFrame({"time_s": middle_s(run, run.intervals), "value": values})


def rewards(plt: Any, comparison: Comparison) -> tuple[mpl.Figure, pd.DataFrame]:
    """Cost of the grants, and the reward."""
    figure, axes = plt.subplots(2, 1, figsize=(TWO_COLUMNS_INCH, 3.6), sharex=True)
    tables = []
    for axis, (name, measure) in zip(axes, {"cost": cost, "reward": reward}.items(), strict=True):
        table = bands(samples(comparison, measure), ["time_s"])
        for i, variant in enumerate(comparison.variants):
            band(axis, table[table["allocator"] == variant.label], i, variant.label)
        axis.set_ylabel(f"{name} of an interval")
        tables.append(table.assign(quantity=name))
    axes[0].set_ylim(bottom=0)
    time_axis(axes, comparison)
    legend(figure, axes[0])
    return figure, pd.concat(tables, ignore_index=True)


def throughput_cdf(plt: Any, comparison: Comparison) -> tuple[mpl.Figure, pd.DataFrame]:
    """Distribution of the throughput of a viewer over slots that have viewers."""
    table = bands(shares_of_slots(comparison), ["slice", "q_mbps"])
    figure, axes = grid_of_slices(plt, comparison.first)
    for axis, entry in zip(axes, comparison.first.slices, strict=True):
        for i, variant in enumerate(comparison.variants):
            own = _of(table, variant.label, entry)
            x, look = own["q_mbps"], line(i)
            axis.step(x, own["mean"], where="post", label=variant.label, **look)
            axis.fill_between(
                *(x, own["low"], own["high"]), step="post", color=look["color"], alpha=0.2, lw=0
            )
        threshold = entry["target_bps"] / MBPS
        axis.axvline(threshold, color="black", ls="--", lw=1, label="threshold of q")
        axis.set(title=f"slice {entry['id']}", xlabel="q of a viewer [Mbit/s]", ylim=(0, 1.02))
    axes[0].set_xlim(left=0)
    axes[0].set_ylabel("cumulative share of slots")
    legend(figure, axes[0])
    return figure, table


def shares_of_slots(comparison: Comparison) -> pd.DataFrame:
    """Measures the share of slots with a throughput of at most ``q_mbps``: by slice and seed.

    ``q_mbps`` are the values of all seeds, or some of them where they are many, the largest too.
    """
    measured = samples(comparison, by_slot("q_dl", MBPS)).dropna(subset="value")
    parts = []
    for _, own in measured.groupby(["allocator", "slice"], sort=False):
        points = np.unique(own["value"].to_numpy())
        if points.size > MOST_POINTS:
            points = points[np.linspace(0, points.size - 1, MOST_POINTS).round().astype(int)]
        for _, of_seed in own.groupby("seed"):
            ranks = np.searchsorted(np.sort(of_seed["value"]), points, side="right")
            keys = of_seed[["allocator", "slice", "seed"]].head(1)
            shares = pd.DataFrame({"q_mbps": points, "value": ranks / len(of_seed)})
            parts.append(keys.merge(shares, how="cross"))
    return pd.concat(parts) if parts else measured.assign(q_mbps=measured["value"])


def _of(table: pd.DataFrame, label: str, entry: dict[str, Any]) -> pd.DataFrame:
    own: pd.DataFrame = table[(table["allocator"] == label) & (table["slice"] == entry["id"])]
    return own


SLOTS = ("steps.slot", "steps.q_dl", "steps.users", "context.slot_s", "context.slices")
FIGURES = (
    Figure("topology", topology.network, ("topology.nodes",)),
    Figure("transport-rate", transport, ("steps.rate", "steps.rate_used", "context.slices")),
    Figure("cpu", cpu, ("steps.cpu", "steps.cpu_used", "context.slices")),
    Figure("throughput", throughput, SLOTS),
    Figure("throughput-cdf", throughput_cdf, SLOTS),
    Figure("degradation", degradation, ("steps.degradation", "context.slices")),
    Figure(
        "reward",
        rewards,
        ("steps.rate", "steps.cpu", "context.rate_max_mbps", "context.cpu_max_millicores"),
    ),
)
