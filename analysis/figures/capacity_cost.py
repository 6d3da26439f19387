"""Figures of what reservations of the scenario `capacity` cost, beside the formula of paper 000."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.comparison import Comparison, bands, samples
from analysis.figures.panels import elements, from_zero, legend
from analysis.store_reader import Run
from analysis.style import MARKERS, ONE_COLUMN_INCH, TWO_COLUMNS_INCH, line

if TYPE_CHECKING:
    from matplotlib import figure as mpl

MBPS = 1e6
CELL = "cell"  # the use case
PARTS = {"SLA": "cost_sla", "over-provisioning": "cost_over", "revenue": "revenue", "cost": "cost"}
# AutoManager (paper 000, use case II): margins in peaks. Its slope and offset are not published;
# with these the profit is 0.99 of the revenue at no error, and 0 at one of -0.044.
FREE_MARGIN, LOSS_MARGIN, NO_PROFIT = 0.02, 0.08, 0.10
QOE_SLOPE, QOE_OFFSET = -60.0, -3.0
CURVE_POINTS = 1000
Numbers = npt.NDArray[np.floating]
Measure = Callable[[Run], pd.DataFrame]


def reserved_bps(run: Run, rows: pd.DataFrame) -> pd.Series[Any]:
    """Gives the rate that a slice had reserved [bit/s].

    PRBs are worth what they carried: what was delivered by those used, over-provisioned by others.
    """
    if run.context["use_case"] != CELL:
        return rows["reserved"].astype(float) * MBPS
    measured_s = float(run.context["interval_s"]) - float(run.context["warmup_s"])
    return rows["delivered"].astype(float) + rows["over_provisioned"].astype(float) * 8 / measured_s


def mean_by_slice(column: str) -> Measure:
    """Measures the mean of a column over the run, by slice."""

    def measure(run: Run) -> pd.DataFrame:
        means = elements(run, "slice").groupby("slice")[column].mean().astype(float)
        return means.rename("value").reset_index()

    return measure


def mean_of_slices(column: str) -> Measure:
    """Measures the mean of a column over the run and all slices."""

    def measure(run: Run) -> pd.DataFrame:
        return pd.DataFrame({"value": [float(elements(run, "slice")[column].astype(float).mean())]})

    return measure


def costs(plt: Any, comparison: Comparison) -> tuple[mpl.Figure, pd.DataFrame]:
    """Mean cost of a slice in an interval by part, a bar an allocator (paper 000, Fig. 2)."""
    tables = {name: _part(comparison, PARTS[name]) for name in _parts(comparison)}
    ids = [entry["id"] for entry in comparison.first.slices]
    figure, axis = plt.subplots(figsize=(TWO_COLUMNS_INCH, 3.2))
    axis.use_sticky_edges = False  # room above bars
    width = 0.8 / len(comparison.variants)
    for i, variant in enumerate(comparison.variants):
        at = np.arange(len(ids) + 1) + (i - (len(comparison.variants) - 1) / 2) * width
        own = {name: _of(table, variant.label, ids) for name, table in tables.items()}
        _bars(axis, at, 0.92 * width, own, i, variant.label)
    axis.axhline(0, color="black", lw=0.6)
    if "revenue" not in tables:
        from_zero(axis)
    axis.set_xticks(np.arange(len(ids) + 1), [*(f"slice {id_}" for id_ in ids), "mean of slices"])
    axis.set_ylabel(f"cost of an interval\n[{_unit(comparison)}]")
    legend(figure, axis)
    named = [table.assign(quantity=name) for name, table in tables.items()]
    return figure, pd.concat(named, ignore_index=True)


def _parts(comparison: Comparison) -> list[str]:
    in_cell = comparison.first.context["use_case"] == CELL
    return [name for name in PARTS if in_cell or name != "revenue"]


def _part(comparison: Comparison, column: str) -> pd.DataFrame:
    """Takes means by slice and, without a slice, of all slices."""
    by_slice = bands(samples(comparison, mean_by_slice(column)), ["slice"])
    together = bands(samples(comparison, mean_of_slices(column)), [])
    return pd.concat([by_slice, together], ignore_index=True)


def _of(table: pd.DataFrame, label: str, ids: list[int]) -> pd.DataFrame:
    """Selects an allocator's rows: slices in their order, then all slices together."""
    own = table[table["allocator"] == label].set_index("slice")
    return own.loc[[*ids, np.nan]]


def _bars(
    axis: Any, at: Numbers, width: float, own: Mapping[str, pd.DataFrame], i: int, label: str
) -> None:
    """Draws what adds to the cost above 0, revenue below, and what they sum up to."""
    colour = line(i)["color"]
    sla, over, cost = (
        own[name]["mean"].to_numpy() for name in ("SLA", "over-provisioning", "cost")
    )
    axis.bar(at, sla, width, color=colour, label=f"{label}: SLA")
    axis.bar(
        *(at, over, width, sla),
        color=colour,
        alpha=0.35,
        label=f"{label}: over-provisioning",
    )
    if "revenue" in own:
        axis.bar(
            *(at, -own["revenue"]["mean"].to_numpy(), width),
            color="none",
            ec=colour,
            hatch="////",
            lw=0.6,
            label=f"{label}: revenue",
        )
    reach = [cost - own["cost"]["low"].to_numpy(), own["cost"]["high"].to_numpy() - cost]
    axis.errorbar(
        *(at, cost, reach), fmt="D", ms=3, color="black", lw=1, capsize=2, label="cost in all"
    )


def errors(run: Run) -> pd.DataFrame:
    """Measures by slice and interval how far the reservation was from the load, and its cost.

    Returns:
        ``error``, (reserved - offered) / peak, of admitted slices; ``value``, the cost: in a cell
        over the slice's revenue, NaN where it has none; ``formula``, what the paper's says.
    """
    rows = elements(run, "slice")
    rows = rows[rows["admitted"] > 0]
    peaks = {entry["id"]: float(entry["peak_bps"]) for entry in run.slices}
    largest = max(peaks.values())
    unit = rows["slice"].map({slice_id: peak or largest for slice_id, peak in peaks.items()})
    error = (reserved_bps(run, rows) - rows["offered"].astype(float)) / unit
    cost = rows["cost"].astype(float)
    if run.context["use_case"] == CELL:
        revenue = rows["revenue"].astype(float)
        cost = cost / revenue.where(revenue > 0)
    table = rows[["slice", "step"]].assign(error=error, value=cost)
    return table.assign(formula=formula(run.context, error.to_numpy()))


def formula(context: Mapping[str, Any], error: Numbers) -> Numbers:
    """Gives the cost of paper 000 at an error of the reservation in peaks: a model, not measured.

    Use case I: the fee where less than the load was reserved, else the error [idle peaks]. Use
    case II: AutoManager's metric over the revenue R: tanh of QoE lost up to 0.02, linear beyond.
    """
    if context["use_case"] != CELL:
        return np.where(error < 0, float(context["violation_fee"]), error)
    lost = float(context["qoe_penalty"]) * (1 + np.tanh(QOE_SLOPE * error + QOE_OFFSET)) / 2
    return np.where(error > FREE_MARGIN, (error - NO_PROFIT) / LOSS_MARGIN, lost - 1)


def against_formula(plt: Any, comparison: Comparison) -> tuple[mpl.Figure, pd.DataFrame]:
    """Measured cost of each slice and interval over the error, and the formula's (Fig. 3)."""
    table = samples(comparison, errors).dropna(subset="value")
    figure, axis = plt.subplots(figsize=(ONE_COLUMN_INCH, 2.6))
    for i, variant in enumerate(comparison.variants):
        own = table[table["allocator"] == variant.label]
        axis.scatter(
            *(own["error"], own["value"]),
            s=14,
            color=line(i)["color"],
            marker=MARKERS[i % len(MARKERS)],
            alpha=0.5,
            lw=0,
            label=f"{variant.label}: measured",
        )
    low, high = (table["error"].min(), table["error"].max()) if len(table) else (-1.0, 1.0)
    x = np.linspace(min(low, -0.15), max(high, 0.15), CURVE_POINTS)
    y = formula(comparison.first.context, x)
    axis.plot(x, y, color="black", ls="--", lw=1, zorder=3, label="formula of paper 000")
    axis.set_xlabel("(reserved - offered) / peak of the slice")
    axis.set_ylabel(f"cost of an interval\n[{_unit(comparison, of_slice=True)}]")
    legend(figure, axis)
    return figure, table.rename(columns={"value": "cost"})


def _unit(comparison: Comparison, *, of_slice: bool = False) -> str:
    if comparison.first.context["use_case"] != CELL:
        return "idle peaks of the slice"
    return "revenues of the slice" if of_slice else "the largest slice earns 0.1"
