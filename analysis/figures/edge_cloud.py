"""Figures of the scenario `edge-cloud`: where work is done, latency, energy, losses."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.comparison import Comparison, bands, samples
from analysis.distributions import cdf, percentile, select
from analysis.figures import topology
from analysis.figures.figure import Figure
from analysis.figures.panels import band, elements, legend, logarithmic, middle_s, time_axis
from analysis.metrics import LATENCY_HISTOGRAM
from analysis.store_reader import Run
from analysis.style import COLOURS, MARKERS, ONE_COLUMN_INCH, TWO_COLUMNS_INCH, line

if TYPE_CHECKING:
    from matplotlib import figure as mpl

MS = 1e-3
PERCENT = 0.01
CLOUD_COLOUR = COLOURS[1]
MOST_NODE_NAMES = 8  # in a legend
MOST_TICKS = 12
Measure = Callable[[Run], pd.DataFrame]
Numbers = npt.NDArray[Any]


def by_node(column: str) -> Measure:
    """Measures a column by node and interval."""

    def measure(run: Run) -> pd.DataFrame:
        rows = elements(run, "node")
        value = rows[column].astype(float)
        return pd.DataFrame({"node": rows["node"], "time_s": middle_s(run, rows), "value": value})

    return measure


def of_node(column: str) -> Measure:
    """Measures the mean of a column over the run, by node."""

    def measure(run: Run) -> pd.DataFrame:
        means = elements(run, "node").groupby("node")[column].mean().astype(float)
        return means.rename("value").reset_index()

    return measure


def offered(run: Run) -> pd.DataFrame:
    """Measures the requests that come to all edges, by interval [1/s]."""
    rows = elements(run, "node").assign(time_s=lambda rows: middle_s(run, rows))
    return rows.groupby("time_s")["offered"].sum().astype(float).rename("value").reset_index()


def mean_latency(run: Run) -> pd.DataFrame:
    """Measures the mean latency by interval [ms]: of edges, weighted by the requests that came."""
    rows = elements(run, "node").assign(time_s=lambda rows: middle_s(run, rows))
    came = rows["offered"].astype(float)
    sums = (rows["latency"] * came).groupby(rows["time_s"]).sum()
    weights = came.groupby(rows["time_s"]).sum()
    return (sums / weights.where(weights > 0) / MS).rename("value").reset_index()


def p95_latency(run: Run) -> pd.DataFrame:
    """Measures the 95th percentile of the latency of requests completed in an interval [ms]."""
    counts = select(run.require_histograms(), LATENCY_HISTOGRAM)
    rows = [(time_s, percentile(own, 95)) for time_s, own in counts.groupby(middle_s(run, counts))]
    table = pd.DataFrame(rows, columns=["time_s", "value"])
    return table.assign(value=table["value"].astype(float) / MS)


def energy(run: Run) -> pd.DataFrame:
    """Measures the energy of all nodes over the requests that they completed, by interval [J]."""
    rows = elements(run, "node").assign(time_s=lambda rows: middle_s(run, rows))
    sums = rows.groupby("time_s")[["power", "processed"]].sum().astype(float)
    completed = sums["processed"].where(sums["processed"] > 0)
    return (sums["power"] / completed).rename("value").reset_index()


def losses(run: Run) -> pd.DataFrame:
    """Measures the share of the requests sent that were lost, by cause [%]."""
    packets = run.summary["conservation"]
    sent = packets["sent"]
    return pd.DataFrame(
        [
            {"cause": cause, "value": count / sent / PERCENT if sent else np.nan}
            for cause, count in packets["dropped"].items()
        ]
    )


def work(plt: Any, comparison: Comparison) -> tuple[mpl.Figure, pd.DataFrame]:
    """Requests that each node completes beside those that come, and the shares decided."""
    count = len(comparison.variants)
    figure, axes = plt.subplots(
        count, 2, figsize=(TWO_COLUMNS_INCH, 1.9 * count + 0.8), sharex=True, squeeze=False
    )
    processed = bands(samples(comparison, by_node("processed")), ["node", "time_s"])
    shares = bands(samples(comparison, by_node("share")), ["node", "time_s"])
    came = bands(samples(comparison, offered), ["time_s"])
    for (left, right), variant in zip(axes, comparison.variants, strict=True):
        _stack(plt, left, _of(processed, variant.label), comparison)
        own = _of(came, variant.label)
        edges_s = _borders(own["time_s"].to_numpy())
        left.stairs(own["mean"], edges_s, baseline=None, color="black", ls="--", label="offered")
        decided = _stack(plt, right, _of(shares, variant.label), comparison)
        right.stairs(
            np.ones(len(decided)),
            edges_s,
            baseline=decided,
            fill=True,
            fc="none",
            ec="#999999",
            hatch="///",
            lw=0,
            label="left where it comes",
        )
        left.set_ylabel(f"{variant.label}\nprocessed [1/s]")
        right.set(ylabel="share decided", ylim=(0, 1.02))
        left.set_ylim(bottom=0)
    time_axis(axes[:, 0], comparison)
    time_axis(axes[:, 1], comparison)
    legend(figure, axes[0, 0], axes[0, 1])
    named = {"processed [1/s]": processed, "share": shares, "offered [1/s]": came}
    tables = [table.assign(quantity=name) for name, table in named.items()]
    return figure, pd.concat(tables, ignore_index=True)


def _stack(plt: Any, axis: Any, table: pd.DataFrame, comparison: Comparison) -> Numbers:
    """Draws the means of nodes on top of each other, edges in blues; returns their sum."""
    nodes = comparison.first.context["nodes"]
    blues = plt.get_cmap("Blues")(np.linspace(0.3, 0.9, len(nodes)))
    wide = table.pivot(index="time_s", columns="node", values="mean")
    edges_s = _borders(wide.index.to_numpy())
    below = np.zeros(len(wide))
    for entry, blue in zip(nodes, blues, strict=True):
        top = below + wide[entry["id"]].to_numpy()
        colour = CLOUD_COLOUR if entry["kind"] == "cloud" else blue
        label = _legend_name(entry, nodes)
        axis.stairs(top, edges_s, baseline=below, fill=True, color=colour, lw=0, label=label)
        below = top
    return below


def _borders(middles_s: Numbers) -> Numbers:
    """Gives the borders of equal intervals from their middles, the first of which begins at 0."""
    return np.concatenate([[0.0], middles_s + middles_s[0]])


def _legend_name(entry: dict[str, Any], nodes: list[dict[str, Any]]) -> str | None:
    """Names a node in a legend; of many edges the middle one stands for all."""
    edges = [node["id"] for node in nodes if node["kind"] == "edge"]
    if len(edges) <= MOST_NODE_NAMES or entry["kind"] != "edge":
        return _name(entry)
    is_middle = entry["id"] == edges[len(edges) // 2]
    return f"edges {edges[0]} to {edges[-1]}" if is_middle else None


def latency(plt: Any, comparison: Comparison) -> tuple[mpl.Figure, pd.DataFrame]:
    """Mean and 95th percentile of the latency of all requests over time."""
    figure, axes = plt.subplots(2, 1, figsize=(TWO_COLUMNS_INCH, 3.8), sharex=True)
    tables = []
    for axis, (name, measure) in zip(
        axes, {"mean": mean_latency, "p95": p95_latency}.items(), strict=True
    ):
        table = bands(samples(comparison, measure), ["time_s"])
        for i, variant in enumerate(comparison.variants):
            band(axis, _of(table, variant.label), i, variant.label)
        axis.set_ylabel(f"latency, {name} [ms]")
        axis.set_ylim(bottom=0)
        tables.append(table.assign(quantity=f"{name} [ms]"))
    time_axis(axes, comparison)
    legend(figure, axes[0])
    return figure, pd.concat(tables, ignore_index=True)


def latency_cdf(plt: Any, comparison: Comparison) -> tuple[mpl.Figure, pd.DataFrame]:
    """Distribution of the latency of completed requests; between bins' edges a straight line."""
    figure, axis = plt.subplots(figsize=(ONE_COLUMN_INCH, 2.6))
    edges = np.unique(np.concatenate([_distribution(run)[0] for run in comparison.runs]))

    def measure(run: Run) -> pd.DataFrame:
        at, shares = _distribution(run)
        return pd.DataFrame({"latency_ms": edges / MS, "value": np.interp(edges, at, shares)})

    table = bands(samples(comparison, measure), ["latency_ms"])
    for i, variant in enumerate(comparison.variants):
        own = _of(table, variant.label)
        axis.plot(own["latency_ms"], own["mean"], label=variant.label, **line(i))
        colour = line(i)["color"]
        axis.fill_between(own["latency_ms"], own["low"], own["high"], color=colour, alpha=0.2, lw=0)
    axis.set(
        xlabel="latency of a completed request [ms]",
        ylabel="cumulative share",
        xlim=(edges[0] / MS, edges[-1] / MS),
        ylim=(0, 1.02),
    )
    logarithmic(axis)
    legend(figure, axis)
    return figure, table


def _distribution(run: Run) -> tuple[Numbers, Numbers]:
    return cdf(select(run.require_histograms(), LATENCY_HISTOGRAM))


def nodes(plt: Any, comparison: Comparison) -> tuple[mpl.Figure, pd.DataFrame]:
    """Utilisation and power of each node, means of the run."""
    entries = comparison.first.context["nodes"]
    figure, axes = plt.subplots(2, 1, figsize=(TWO_COLUMNS_INCH, 3.8), sharex=True)
    width = 0.8 / len(comparison.variants)
    tables = []
    for axis, (column, unit) in zip(axes, {"utilisation": "1", "power": "W"}.items(), strict=True):
        table = bands(samples(comparison, of_node(column)), ["node"])
        for i, variant in enumerate(comparison.variants):
            own = _of(table, variant.label)
            reach = [own["mean"] - own["low"], own["high"] - own["mean"]]
            at = np.arange(len(own)) + (i - (len(comparison.variants) - 1) / 2) * width
            colour = line(i)["color"]
            capsize = 2 if len(variant.runs) > 1 else 0
            axis.bar(
                *(at, own["mean"], width),
                yerr=reach,
                capsize=capsize,
                color=colour,
                label=variant.label,
            )
        axis.set_ylabel(column if unit == "1" else f"{column} [{unit}]")
        tables.append(table.assign(quantity=f"{column} [{unit}]"))
    # Not more names than have room, and the cloud's, the last, among them.
    stride = -(-len(entries) // MOST_TICKS)
    named = range((len(entries) - 1) % stride, len(entries), stride)
    axes[1].set_xticks(named, [_name(entries[i]) for i in named])
    axes[0].set_ylim(0, 1.02)
    legend(figure, axes[0])
    return figure, pd.concat(tables, ignore_index=True)


def energy_latency(plt: Any, comparison: Comparison) -> tuple[mpl.Figure, pd.DataFrame]:
    """Energy of a request over latency: intervals small, the means of runs large."""
    figure, axis = plt.subplots(figsize=(ONE_COLUMN_INCH, 2.7))
    keys = ["allocator", "seed", "time_s"]
    by_latency = samples(comparison, mean_latency).rename(columns={"value": "latency_ms"})
    by_energy = samples(comparison, energy).rename(columns={"value": "energy_j"})
    points = by_latency.merge(by_energy, on=keys)[[*keys, "latency_ms", "energy_j"]].dropna()
    for i, variant in enumerate(comparison.variants):
        own = _of(points, variant.label)
        colour, marker = line(i)["color"], MARKERS[i % len(MARKERS)]
        axis.scatter(own["latency_ms"], own["energy_j"], s=9, color=colour, alpha=0.35, lw=0)
        means = own.groupby("seed")[["latency_ms", "energy_j"]].mean()
        axis.scatter(
            means["latency_ms"],
            means["energy_j"],
            s=60,
            color=colour,
            marker=marker,
            ec="black",
            lw=0.7,
            label=variant.label,
        )
    axis.set(xlabel="mean latency [ms]", ylabel="energy of a\ncompleted request [J]")
    if len(points) > 0:
        logarithmic(axis)
    axis.set_ylim(bottom=0)
    legend(figure, axis)
    return figure, points


def loss_causes(plt: Any, comparison: Comparison) -> tuple[mpl.Figure, pd.DataFrame]:
    """Requests lost of those sent, by cause."""
    table = bands(samples(comparison, losses), ["cause"])
    labels = [variant.label for variant in comparison.variants]
    figure, axis = plt.subplots(figsize=(ONE_COLUMN_INCH, 0.5 * len(labels) + 1.2))
    left = pd.Series(0.0, index=labels)
    for i, (cause, rows) in enumerate(table.groupby("cause", sort=False)):
        means = rows.set_index("allocator")["mean"].reindex(labels).fillna(0.0)
        name = str(cause).replace("_", " ")
        axis.barh(labels, means, left=left, height=0.6, color=line(i)["color"], label=name)
        left = left + means
    for row, total in enumerate(left):
        axis.annotate(
            f"{total:.3g} %", (total, row), (3, 0), textcoords="offset points", va="center"
        )
    axis.set(xlabel="requests lost [%]", xlim=(0, max(1.25 * left.max(), 1.0)))
    axis.invert_yaxis()
    legend(figure, axis)
    return figure, table.assign(quantity="lost [%]")


def _of(table: pd.DataFrame, label: str) -> pd.DataFrame:
    return table[table["allocator"] == label]


def _name(entry: dict[str, Any]) -> str:
    return "cloud" if entry["kind"] == "cloud" else f"{entry['kind']} {entry['id']}"


FLOWS = ("steps.node", "steps.offered", "steps.processed", "context.nodes")
HISTOGRAM = f"histograms.{LATENCY_HISTOGRAM}"
FIGURES = (
    Figure("topology", topology.network, ("topology.nodes",)),
    Figure("work", work, (*FLOWS, "steps.share")),
    Figure("latency", latency, (*FLOWS, "steps.latency", HISTOGRAM)),
    Figure("latency-cdf", latency_cdf, (HISTOGRAM,)),
    Figure("nodes", nodes, ("steps.utilisation", "steps.power", "context.nodes")),
    Figure("energy-latency", energy_latency, (*FLOWS, "steps.latency", "steps.power")),
    Figure("losses", loss_causes),
)
