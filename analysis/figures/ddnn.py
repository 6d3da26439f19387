"""Figures of the distributed LSTM: cost over local share, and what both exits allocate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analysis.statistics import bootstrap_mean
from analysis.style import COLOURS, MARKERS, TWO_COLUMNS_INCH

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

POLICIES = {
    "oracle": "Oracle",
    "expected": "expected gain (ours)",
    "ml": "ML (paper)",
    "confidence": "Confidence",
    "random": "Random",
}
CENTRAL = {
    "central": "Centralised LSTM",
    "central-wide": "Centralised LSTM, 256 units first",
    "deepcog": "DeepCog",
}


def intervals(table: pd.DataFrame, by: list[str], value: str) -> pd.DataFrame:
    """Mean of a column over the seeds with its 95 % bootstrap interval, by other columns."""
    import pandas as pd

    rows = []
    for key, group in table.groupby(by, sort=False):
        interval = bootstrap_mean(group[value].to_numpy())
        names = dict(zip(by, key, strict=True))
        rows.append({**names, value: interval.mean, "low": interval.low, "high": interval.high})
    return pd.DataFrame(rows)


def trade_off(plt: Any, curves: pd.DataFrame, facts: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Mean cost of a sample over the share decided locally, one panel for each pair of weights.

    Bands are 95 % intervals of the mean over the seeds.

    Args:
        plt: pyplot.
        curves: ``model``, ``local_weight``, ``seed``, ``policy``, ``share``, ``cost``.
        facts: ``model``, ``seed``, ``cost`` of the centralised networks.
    """
    import pandas as pd

    own = curves[curves["layout"] == "stations"]
    lines = intervals(own, ["local_weight", "policy", "share"], "cost")
    points = intervals(facts[facts["model"].isin(list(CENTRAL))], ["model"], "cost")
    weights = list(dict.fromkeys(lines["local_weight"]))
    figure, axes = plt.subplots(
        1, len(weights), figsize=(TWO_COLUMNS_INCH, 2.9), sharey=True, squeeze=False
    )
    for axis, weight in zip(axes[0], weights, strict=True):
        panel = lines[lines["local_weight"] == weight]
        for i, (policy, name) in enumerate(POLICIES.items()):
            rows = panel[panel["policy"] == policy]
            axis.plot(100 * rows["share"], rows["cost"], color=COLOURS[i], label=name)
            axis.fill_between(
                100 * rows["share"], rows["low"], rows["high"], color=COLOURS[i], alpha=0.15, lw=0
            )
        _points(axis, points)
        axis.set_title(f"$(w_L, w_R)$ = ({weight:g}, {1 - weight:g})")
        axis.set_xlabel("decided locally [%]")
    axes[0, 0].set_ylabel("cost of a decision, by formula [1]")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4)
    return figure, pd.concat([lines, points.assign(share=0.0)])


def _points(axis: Any, points: pd.DataFrame) -> None:
    for i, (model, name) in enumerate(CENTRAL.items()):
        rows = points[points["model"] == model]
        spread = [rows["cost"] - rows["low"], rows["high"] - rows["cost"]]
        style = {"fmt": MARKERS[i], "color": "black", "ms": 4, "lw": 1}
        axis.errorbar(0 * rows["cost"], rows["cost"], spread, label=name, **style)


def allocations(plt: Any, table: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Demand of a station and what both exits would allocate, one panel for each pair of weights.

    Args:
        plt: pyplot.
        table: ``local_weight``, ``slot`` (10 minutes), ``demand``, ``local``, ``remote``.
    """
    weights = list(dict.fromkeys(table["local_weight"]))
    figure, axes = plt.subplots(
        len(weights), 1, figsize=(TWO_COLUMNS_INCH, 3.6), sharex=True, squeeze=False
    )
    for axis, weight in zip(axes[:, 0], weights, strict=True):
        rows = table[table["local_weight"] == weight]
        hours = (rows["slot"] - rows["slot"].min()) / 6
        axis.plot(hours, rows["demand"], color="black", lw=0.9, label="demand")
        axis.plot(hours, rows["local"], color=COLOURS[0], lw=1.1, label="local exit")
        axis.plot(hours, rows["remote"], color=COLOURS[1], lw=1.1, label="remote exit")
        axis.set_ylabel("share of peak [1]")
        axis.set_title(f"$(w_L, w_R)$ = ({weight:g}, {1 - weight:g})")
    axes[-1, 0].set_xlabel("time [h]")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    return figure, table
