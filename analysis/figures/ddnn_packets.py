"""Figures of paper 003 from packets: times over the local share, costs, the WAN's load, an outage.

Runs whose times to the cloud shrink with the interval (``scaled``) tell costs, those that keep
them (``stretch``) tell times; no figure has both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.ddnn import by_slot, line_through
from analysis.figures.ddnn import intervals
from analysis.figures.panels import legend, logarithmic
from analysis.style import COLOURS, MARKERS, ONE_COLUMN_INCH, TWO_COLUMNS_INCH, draw_each, line

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure

    from analysis.store_reader import Run

NAMES = {
    "oracle": "Oracle (knows the demand)",
    "expected": "expected gain (ours)",
    "adaptive": "adaptive (ours)",
    "gain": "gain regression (ours)",
    "ml": "ML (paper)",
    "confidence": "Confidence",
    "random": "Random",
    "always-local": "always local",
    "always-remote": "always remote",
}


@dataclass(frozen=True, eq=False)
class Drawing:
    """What is drawn.

    Attributes:
        rows: facts of each run: ``group``, ``policy``, ``x``, ``seed`` and those of
            ``analysis.ddnn.facts``.
        table_two: T by local share.
        load: policy, load and run of each run with a loaded WAN.
        outage: policy and run of each run in which the WAN is down for a while.
        down: intervals from which to which it is.
    """

    rows: pd.DataFrame
    table_two: pd.DataFrame
    load: Sequence[tuple[str, float, Run]]
    outage: Sequence[tuple[str, Run]]
    down: tuple[int, ...]

    def group(self, name: str) -> pd.DataFrame:
        """Gives the facts of a group of runs."""
        return self.rows[self.rows["group"] == name]


Draw = Callable[[Any, Drawing], "tuple[Figure, pd.DataFrame]"]


def draw_all(drawing: Drawing, out: Path) -> list[Path]:
    """Draws all figures into a folder whose names were claimed."""
    return draw_each(FIGURES, drawing, out)


def times(plt: Any, drawing: Drawing) -> tuple[Figure, pd.DataFrame]:
    """Table II: time of a decision over the local share, from packets, from parts, of the paper."""
    table = drawing.table_two
    figure, axis = plt.subplots(figsize=(TWO_COLUMNS_INCH, 3.2))
    share = 100 * table["local_share"]
    spread = _spread(table, "t_ms")
    axis.errorbar(
        share, table["t_ms"], spread, fmt="o", color=COLOURS[0], capsize=2, label="from packets"
    )
    grid = np.linspace(0, 1, 2)
    fit = line_through(drawing.group("share"))
    axis.plot(100 * grid, fit.at(grid), color=COLOURS[0], lw=1, label="line through all runs")
    axis.plot(
        share,
        table["parts_ms"],
        "x",
        color=COLOURS[1],
        label="sum of RTT of probes and compute times",
    )
    axis.plot(
        100 * table["local_share_asked"],
        table["paper_ms"],
        "s",
        mfc="none",
        color="#777777",
        label="paper's Table II (against its own formula; 0 %: centralised)",
    )
    axis.set(
        xlabel="decided locally [%]", ylabel="border to allocation in force [ms]", ylim=(0, None)
    )
    figure.legend(loc="outside upper center", ncols=2)
    return figure, table


COSTS = {"cost": "$C_T$ = 0", "half": "thresholds for half local"}


def costs(plt: Any, drawing: Drawing) -> tuple[Figure, pd.DataFrame]:
    """Cost of an interval over the local share, by policy; bars: 95 % intervals over the seeds."""
    figure, axes = plt.subplots(1, 2, figsize=(TWO_COLUMNS_INCH, 3.9), sharey=True)
    tables = []
    for axis, (group, title) in zip(axes, COSTS.items(), strict=True):
        rows = drawing.group(group)
        for i, policy in enumerate(NAMES):
            own = rows[rows["policy"] == policy]
            if len(own):
                tables.append(_cost(axis, own, i, NAMES[policy]).assign(group=group))
        axis.set(xlabel="decided locally [%]", xlim=(-4, 104), title=title)
    axes[0].set_ylabel("cost of an interval [1]")
    entries: dict[str, Any] = {}
    for axis in axes:
        handles, labels = axis.get_legend_handles_labels()
        entries.update(zip(labels, handles, strict=True))
    figure.legend(
        [*entries.values()],
        [*entries],
        loc="outside lower center",
        ncols=4,
        title="filled: of packets; open: equation 3 of what was offered and allocated",
    )
    return figure, pd.concat(tables)


def _cost(axis: Any, own: pd.DataFrame, i: int, label: str) -> pd.DataFrame:
    """Draws the cost of a policy's runs from packets and by formula; returns what was drawn."""
    share, cost, formula = (
        intervals(own, ["policy"], column) for column in ("local_share", "cost", "cost_formula")
    )
    percent = 100 * share["local_share"]
    look = {"color": COLOURS[i % len(COLOURS)], "marker": _marker(i), "ls": ""}
    bars = {"yerr": _spread(cost, "cost"), "xerr": 100 * _spread(share, "local_share")}
    axis.errorbar(percent, cost["cost"], **bars, **look, ms=5, capsize=2, label=label)
    axis.plot(percent, formula["cost_formula"], **look, mfc="none", ms=8)
    return cost.assign(local_share=share["local_share"], cost_formula=formula["cost_formula"])


def _marker(i: int) -> str:
    """Gives a marker that differs from that of every other policy of the same colour."""
    return MARKERS[(i + i // len(COLOURS)) % len(MARKERS)]


def _spread(table: pd.DataFrame, column: str) -> npt.NDArray[np.float64]:
    """Gives how far an interval's ends are from its mean, [2, rows]."""
    mean = table[column].to_numpy()
    return np.array([mean - table["low"].to_numpy(), table["high"].to_numpy() - mean])


PROVISION = (
    ("under", "short [% of a\nsite's range]", 100.0),
    ("over", "unused [% of a\nsite's range]", 100.0),
    ("violations", "short by over 1 %\n[% of intervals]", 100.0),
    ("message_bytes", "messages [byte\na decision]", 1.0),
)


def provision(plt: Any, drawing: Drawing) -> tuple[Figure, pd.DataFrame]:
    """What was short and unused, violations and bytes by policy; bars: 95 % intervals."""
    rows = drawing.rows[drawing.rows["group"].isin(list(COSTS))]
    figure, axes = plt.subplots(1, 4, figsize=(TWO_COLUMNS_INCH, 3.4), sharey=True)
    tables = []
    for axis, (column, label, factor) in zip(axes, PROVISION, strict=True):
        table = intervals(rows, ["group", "policy"], column)
        axis.barh(
            list(map(_of_group, table["group"], table["policy"])),
            factor * table[column],
            xerr=factor * _spread(table, column),
            color=[COLOURS[list(COSTS).index(group)] for group in table["group"]],
            capsize=2,
        )
        axis.set_xlabel(label)
        tables.append(table.rename(columns={column: "value"}).assign(quantity=column))
    axes[0].invert_yaxis()
    return figure, pd.concat(tables)


def _of_group(group: str, policy: str) -> str:
    return NAMES[policy] if group == "cost" else f"{NAMES[policy]}, half"


def round_trips(plt: Any, drawing: Drawing) -> tuple[Figure, pd.DataFrame]:
    """Distribution of the RTT of probes by others' load of the WAN, all seeds together."""
    figure, axis = plt.subplots(figsize=(ONE_COLUMN_INCH, 2.6))
    tables = []
    for i, load in enumerate(sorted({load for _, load, _ in drawing.load})):
        probed = [run for policy, x, run in drawing.load if policy == "always-local" and x == load]
        rtt = np.concatenate(
            [1e3 * by_slot(run, "rtt")[by_slot(run, "answered") > 0] for run in probed]
        )
        share = np.arange(1, rtt.size + 1) / rtt.size
        axis.step(np.sort(rtt), share, where="post", label=f"load {100 * load:g} %", **line(i))
        tables.append(pd.DataFrame({"load": load, "rtt_ms": np.sort(rtt), "cdf": share}))
    axis.set(xlabel="edge to cloud and back [ms]", ylabel="cumulative share")
    logarithmic(axis)
    legend(figure, axis)
    return figure, pd.concat(tables)


LOADED = (
    ("local_share", "decided locally [%]", 100.0),
    ("t_ms", "border to allocation\nin force [ms]", 1.0),
    ("lost", "not answered in time\n[% of intervals]", 100.0),
    ("violations", "sites and intervals\nshort by over 1 % [%]", 100.0),
    ("message_bytes", "messages [byte\na decision]", 1.0),
    ("rtt_ms", "edge to cloud and back,\nof what was answered [ms]", 1.0),
)


def loaded(plt: Any, drawing: Drawing) -> tuple[Figure, pd.DataFrame]:
    """What a load of the WAN by others changes, policy by policy; bands: 95 % intervals."""
    rows = drawing.group("load")
    policies = list(dict.fromkeys(rows["policy"]))
    figure, axes = plt.subplots(2, 3, figsize=(TWO_COLUMNS_INCH, 4.2), sharex=True)
    tables = []
    for axis, (column, label, factor) in zip(axes.flat, LOADED, strict=True):
        table = intervals(rows, ["policy", "x"], column)
        for i, policy in enumerate(policies):
            own = table[table["policy"] == policy]
            x = 100 * own["x"]
            axis.plot(x, factor * own[column], marker="o", ms=3, label=NAMES[policy], **line(i))
            axis.fill_between(
                x,
                factor * own["low"],
                factor * own["high"],
                color=line(i)["color"],
                alpha=0.15,
                lw=0,
            )
        axis.set_ylabel(label)
        tables.append(table.rename(columns={column: "value"}).assign(quantity=column))
    for axis in axes[1]:
        axis.set_xlabel("load by others [%]")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=3)
    return figure, pd.concat(tables)


def outage(plt: Any, drawing: Drawing) -> tuple[Figure, pd.DataFrame]:
    """What is asked, and when allocations are in force, while the WAN is down; mean over seeds."""
    figure, axes = plt.subplots(2, 1, figsize=(TWO_COLUMNS_INCH, 3.4), sharex=True)
    panels: Mapping[str, tuple[str, float]] = {
        "offloaded": ("asks the cloud\n[% of the seeds]", 100.0),
        "staleness": ("border to allocation\nin force [ms]", 1e3),
    }
    policies = list(dict.fromkeys(policy for policy, _ in drawing.outage))
    tables = []
    for i, policy in enumerate(policies):
        runs = [run for name, run in drawing.outage if name == policy]
        for axis, (column, (label, factor)) in zip(axes, panels.items(), strict=True):
            mean = factor * np.mean([by_slot(run, column) for run in runs], axis=0)
            slots = np.arange(len(mean))
            axis.step(slots, mean, where="post", label=NAMES[policy], **line(i))
            axis.set_ylabel(label)
            tables.append(
                pd.DataFrame({"policy": policy, "quantity": column, "slot": slots, "value": mean})
            )
    for axis in axes:
        axis.axvspan(*drawing.down, color="#bbbbbb", alpha=0.4, lw=0, label="WAN down")
    axes[-1].set_xlabel("interval")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=4)
    return figure, pd.concat(tables)


FIGURES: dict[str, Draw] = {
    "times": times,
    "costs": costs,
    "provision": provision,
    "round-trips": round_trips,
    "loaded-wan": loaded,
    "outage": outage,
}
