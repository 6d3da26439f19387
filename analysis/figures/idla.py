"""Figures of paper 001 (2 to 5) and more, from stored runs: everything is measured from packets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.figure_folder import FigureFolder
from analysis.figures.panels import legend
from analysis.idla import (
    PLANNER,
    Periods,
    cube,
    decision_ms,
    losses_to_planner,
    regrets,
    repairs,
    utilities,
)
from analysis.metrics import SATISFIED
from analysis.statistics import Interval
from analysis.store_reader import Run
from analysis.style import (
    COLOURS,
    MARKERS,
    ONE_COLUMN_INCH,
    SUFFIXES,
    TWO_COLUMNS_INCH,
    draw_each,
    line,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Floats = npt.NDArray[np.float64]
Slot = Mapping[str, Any]
LostBy = Callable[[Sequence[Slot], str], Interval]  # by one allocator

SMOOTH = 24  # slots: six hours
MASK_SLOTS = 200
REFERENCE = "equal"


@dataclass(frozen=True, eq=False)
class Drawing:
    """What is drawn.

    Attributes:
        periods: of the runs.
        runs: of each allocator, by seed.
        estimators: of each seed: ``variants`` and ``later``.
        slots: that the oracle looked at.
    """

    periods: Periods
    runs: Mapping[str, Sequence[Run]]
    estimators: Sequence[Mapping[str, Any]]
    slots: Sequence[Slot]

    @property
    def any_run(self) -> Run:
        """One of the runs: what they have in common."""
        return next(iter(self.runs.values()))[0]

    def mark_periods(self, axis: Any) -> None:
        """Draws where H_1 and H_2 begin."""
        for border in (self.periods.h0, self.periods.change):
            axis.axvline(border, color="#777777", lw=0.8, ls=":")


Draw = Callable[[Any, Drawing], "tuple[Figure, pd.DataFrame]"]


def draw_all(drawing: Drawing, out: Path) -> list[Path]:
    """Draws all figures into a folder.

    Raises:
        FileInTheWay: a file there was not drawn here.
    """
    folder = FigureFolder(out)
    names = [f"{name}{suffix}" for name in FIGURES for suffix in SUFFIXES]
    folder.require_free(names)
    folder.claim(names)
    return draw_each(FIGURES, drawing, out)


def masks(plt: Any, drawing: Drawing) -> tuple[Figure, pd.DataFrame]:
    """Fig. 2: traffic of each slice over its maximum, in 200 slots in which all are there."""
    run = drawing.any_run
    begin = drawing.periods.change
    offered = cube(run, "offered")[begin : begin + MASK_SLOTS].mean(axis=1)
    load = float(run.config["parameters"]["load"]) * run.context["ues_per_slice"]
    figure, axis = plt.subplots(figsize=(TWO_COLUMNS_INCH, 2.4))
    tables = []
    for i, entry in enumerate(run.slices):
        slots = begin + np.arange(len(offered))
        tau = offered[:, i] / (load * entry["target_bps"])
        axis.plot(slots, tau, label=f"slice {entry['id']}", **line(i))
        tables.append(pd.DataFrame({"slice": entry["id"], "slot": slots, "tau": tau}))
    axis.set(xlabel="slot (of 15 minutes)", ylabel="offered traffic\nover its maximum", ylim=(0, 1))
    figure.legend(loc="outside upper center", ncols=4)
    return figure, pd.concat(tables, ignore_index=True)


def estimator_errors(plt: Any, drawing: Drawing) -> tuple[Figure, pd.DataFrame]:
    """Fig. 3: absolute error of the estimator on measured rows of blocks it has not seen."""
    reports = [each["variants"]["as run"] for each in drawing.estimators]
    errors = np.concatenate([report["errors"] for report in reports])
    mean = float(np.mean([report["mae_slice_mean"] for report in reports]))
    figure, axis = plt.subplots(figsize=(ONE_COLUMN_INCH, 2.4))
    counts, edges = np.histogram(errors, bins=40, range=(0, 1))
    share = counts / counts.sum()
    axis.bar(edges[:-1], share, width=np.diff(edges), align="edge", color=COLOURS[0])
    axis.axvline(errors.mean(), color=COLOURS[1], label=f"mean: {errors.mean():.4f}")
    axis.axvline(mean, color=COLOURS[2], ls="--", label=f"mean of each slice as r: {mean:.4f}")
    axis.set(
        xlabel="absolute error of the estimated r", ylabel="share of the test rows", xlim=(0, 1)
    )
    legend(figure, axis)
    return figure, pd.DataFrame({"low": edges[:-1], "high": edges[1:], "share": share})


def _smooth(values: Floats) -> Floats:
    """Means of the last ``SMOOTH`` slots, of fewer at the beginning."""
    series = pd.DataFrame(values).rolling(SMOOTH, min_periods=1).mean()
    smooth: Floats = series.to_numpy()
    return smooth


def throughput(plt: Any, drawing: Drawing) -> tuple[Figure, pd.DataFrame]:
    """Fig. 4: throughput of a user over its target: mean over cells and seeds, by slice."""
    slices = drawing.any_run.slices
    figure, axes = plt.subplots(
        len(slices), 1, figsize=(TWO_COLUMNS_INCH, 1.5 * len(slices) + 0.6), sharex=True
    )
    tables = []
    for k, (name, runs) in enumerate(drawing.runs.items()):
        mean = np.mean([cube(run, "thp_dl").mean(axis=1) for run in runs], axis=0)
        active = cube(runs[0], "slice_active")[:, 0] > 0
        for i, (axis, entry) in enumerate(zip(axes, slices, strict=True)):
            slots = np.flatnonzero(active[:, i])
            ratio = _smooth(mean[slots, i : i + 1])[:, 0] / entry["target_bps"]
            axis.plot(slots, ratio, label=name, **line(k))
            tables.append(
                pd.DataFrame(
                    {"allocator": name, "slice": entry["id"], "slot": slots, "ratio": ratio}
                )
            )
    for axis, entry in zip(axes, slices, strict=True):
        drawing.mark_periods(axis)
        axis.set(ylabel=f"slice {entry['id']}\nthroughput / target", ylim=(0, None))
    axes[-1].set_xlabel(f"slot (means of {SMOOTH}); dotted: H$_1$ and H$_2$ begin")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=4)
    return figure, pd.concat(tables, ignore_index=True)


def satisfaction(plt: Any, drawing: Drawing) -> tuple[Figure, pd.DataFrame]:
    """Fig. 5: distribution of the converged r, with three slices and with four."""
    figure, axes = plt.subplots(1, 2, figsize=(TWO_COLUMNS_INCH, 3.8), sharey=True)
    tables = []
    for axis, (period, window) in zip(axes, drawing.periods.converged().items(), strict=True):
        for k, (name, runs) in enumerate(drawing.runs.items()):
            r = np.sort(np.concatenate([_r_of(run, window) for run in runs]))
            share = np.arange(1, r.size + 1) / r.size
            label = f"{name}: {float((r >= SATISFIED).mean()):.3f}"
            axis.step(np.r_[0, r], np.r_[0, share], where="post", label=label, **line(k))
            tables.append(pd.DataFrame({"period": period, "allocator": name, "r": r, "cdf": share}))
        axis.set(xlabel="QoS satisfaction r", xlim=(0, 1.01), ylim=(0, 1.01))
        axis.set_title("H$_1$: three slices" if period == "h1" else "H$_2$: four slices")
        axis.legend(title="P(r = 1)", loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=2)
    axes[0].set_ylabel("cumulative share")
    return figure, pd.concat(tables, ignore_index=True)


def _r_of(run: Run, window: tuple[int, int]) -> npt.NDArray[np.float32]:
    active = cube(run, "slice_active")[window[0] : window[1]] > 0
    return cube(run, "r")[window[0] : window[1]][active]


def utility_gain(plt: Any, drawing: Drawing) -> tuple[Figure, pd.DataFrame]:
    """Utility above that of equal shares at the same slots, mean over seeds."""
    figure, axis = plt.subplots(figsize=(TWO_COLUMNS_INCH, 2.8))
    base = np.array([utilities(run) for run in drawing.runs[REFERENCE]])
    tables = []
    for k, (name, runs) in enumerate(drawing.runs.items()):
        if name != REFERENCE:
            gain = (np.array([utilities(run) for run in runs]) - base).mean(axis=0)
            smooth = _smooth(gain[:, None])[:, 0]
            slots = np.arange(len(smooth))
            axis.plot(slots, smooth, label=name, **line(k))
            tables.append(pd.DataFrame({"allocator": name, "slot": slots, "gain": smooth}))
    drawing.mark_periods(axis)
    axis.axhline(0, color="black", lw=0.8)
    axis.set(
        xlabel=f"slot (means of {SMOOTH}); dotted: H$_1$ and H$_2$ begin",
        ylabel="mean of log(1 + r)\nabove that of equal shares",
    )
    figure.legend(loc="outside upper center", ncols=3)
    return figure, pd.concat(tables, ignore_index=True)


def regret(plt: Any, drawing: Drawing) -> tuple[Figure, pd.DataFrame]:
    """What each decision loses to the best in the simulator, and to the planner; 95 % intervals."""
    figure, (above, below) = plt.subplots(2, figsize=(TWO_COLUMNS_INCH, 4.6))
    names = list(drawing.runs)
    tables = {
        "oracle": _losses(above, drawing.slots, regrets, [*names, PLANNER]),
        "planner": _losses(below, drawing.slots, losses_to_planner, names),
    }
    above.axhline(2, color="black", lw=0.8, ls="--", label="bound for idla: 2 %")
    above.set_ylabel("lost to the oracle, which\nknows what comes [%]")
    above.legend()
    below.axhline(0, color="black", lw=0.8)
    below.set_ylabel("lost to the planner,\nwhich does not [%]")
    below.set_xlim(above.get_xlim())
    return figure, pd.concat(tables, names=["against"]).reset_index("against")


def _losses(
    axis: Any, slots: Sequence[Slot], lost_by: LostBy, names: Sequence[str]
) -> pd.DataFrame:
    """Draws what each allocator loses, a bar for each number of slices."""
    counts = sorted({slot["slices"] for slot in slots})
    rows = []
    for i, count in enumerate(counts):
        own = [slot for slot in slots if slot["slices"] == count]
        found = [lost_by(own, name) for name in names]
        means = np.array([each.mean for each in found])
        spread = [means - [each.low for each in found], [each.high for each in found] - means]
        axis.bar(
            np.arange(len(names)) + (i - (len(counts) - 1) / 2) * 0.35,
            100 * means,
            0.33,
            yerr=100 * np.array(spread),
            color=COLOURS[i],
            label=f"{count} slices, {len(own)} slots",
            capsize=2,
        )
        rows += [
            {
                "allocator": name,
                "slices": count,
                "slots": len(own),
                "lost": each.mean,
                "low": each.low,
                "high": each.high,
            }
            for name, each in zip(names, found, strict=True)
        ]
    axis.set_xticks(range(len(names)), names)
    axis.set_xlim(-0.6, len(names) - 0.4)
    return pd.DataFrame(rows)


def decision_time(plt: Any, drawing: Drawing) -> tuple[Figure, pd.DataFrame]:
    """Wall time of decisions for all cells, after the exploration."""
    figure, axis = plt.subplots(figsize=(ONE_COLUMN_INCH, 3.0))
    tables = []
    for k, (name, runs) in enumerate(drawing.runs.items()):
        times = np.sort(np.concatenate([decision_ms(run, drawing.periods.h0) for run in runs]))
        share = np.arange(1, times.size + 1) / times.size
        axis.step(times, share, where="post", label=name, **line(k))
        tables.append(pd.DataFrame({"allocator": name, "ms": times, "cdf": share}))
    cells = len(drawing.any_run.context["cells"])
    axis.set(
        xscale="log",
        xlabel=f"wall time of a decision for {cells} cells [ms]",
        ylabel="cumulative share",
    )
    legend(figure, axis)
    return figure, pd.concat(tables, ignore_index=True)


def feasibility(plt: Any, drawing: Drawing) -> tuple[Figure, pd.DataFrame]:
    """Largest excess of a cell's total over 1 in each run, against what the guard lets pass."""
    rows = [
        {
            "allocator": name,
            "seed": run.seed,
            "excess": float(cube(run, "prb_max_decided").astype(np.float64).sum(axis=2).max() - 1),
            "repairs": repairs(run),
        }
        for name, runs in drawing.runs.items()
        for run in runs
    ]
    table = pd.DataFrame(rows)
    figure, axis = plt.subplots(figsize=(TWO_COLUMNS_INCH, 2.6))
    for k, name in enumerate(drawing.runs):
        own = table[table["allocator"] == name]
        label = f"{own['repairs'].sum()}\nrepairs"
        axis.scatter([k] * len(own), own["excess"] * 1e6, color=COLOURS[k], marker=MARKERS[k])
        axis.annotate(label, (k, 0.6), ha="center", fontsize=7)
    axis.axhline(1, color="black", lw=0.8, ls="--", label="what the guard lets pass")
    axis.legend()
    axis.set_xticks(range(len(drawing.runs)), list(drawing.runs))
    axis.set(ylabel="largest total of a cell\nabove 1 [millionths]", ylim=(-0.3, 1.3))
    return figure, table


def estimator_by_slice(plt: Any, drawing: Drawing) -> tuple[Figure, pd.DataFrame]:
    """Error of the estimator in H_2 by slice: slice 3 was not there when it was trained."""
    rows = pd.concat(
        [pd.DataFrame(each["later"]).assign(seed=each["seed"]) for each in drawing.estimators]
    )
    table = rows.groupby(["slice", "seed"])["errors"].mean().rename("mae").reset_index()
    figure, axis = plt.subplots(figsize=(ONE_COLUMN_INCH, 2.4))
    for k, (slice_id, own) in enumerate(table.groupby("slice")):
        axis.bar(k, own["mae"].mean(), 0.6, color=COLOURS[1 if slice_id == 3 else 0])
        axis.scatter([k] * len(own), own["mae"], color="black", s=8, zorder=3)
    ids = sorted(table["slice"].unique())
    names = [f"slice {i}" + ("\n(unseen)" if i == 3 else "") for i in ids]
    axis.set_xticks(range(len(ids)), names)
    axis.set_ylabel("mean absolute error of r\nin H$_2$; points: seeds")
    return figure, table


FIGURES: dict[str, Draw] = {
    "fig2-traffic": masks,
    "fig3-estimator-error": estimator_errors,
    "fig4-throughput": throughput,
    "fig5-satisfaction": satisfaction,
    "utility-gain": utility_gain,
    "regret": regret,
    "decision-time": decision_time,
    "feasibility": feasibility,
    "estimator-unseen-slice": estimator_by_slice,
}
