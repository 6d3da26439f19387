"""Figures of the compute study: response times of servers over those of queueing theory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.style import COLOURS, MARKERS, TWO_COLUMNS_INCH

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ALLOWED_PERCENT = 3.0
MS = 1e3


def response_times(plt: Any, queues: Sequence[Mapping[str, Any]]) -> tuple[Figure, pd.DataFrame]:
    """Mean response time over load, and how far it is from theory, with 95 % intervals."""
    table = pd.DataFrame(queues)
    figure, axes = plt.subplots(1, 2, figsize=(TWO_COLUMNS_INCH, 3.0))
    for i, (name, rows) in enumerate(table.groupby("queue", sort=False)):
        loads = rows["load"].to_numpy()
        reach = np.array([rows["mean_s"] - rows["low_s"], rows["high_s"] - rows["mean_s"]])
        style = {"color": COLOURS[i], "marker": MARKERS[i], "ms": 4, "capsize": 2, "lw": 1}
        axes[0].errorbar(
            loads, rows["mean_s"] * MS, yerr=reach * MS, ls="none", label=name, **style
        )
        axes[0].plot(loads, rows["theory_s"] * MS, color=COLOURS[i], lw=0.8)
        error = (rows["mean_s"] / rows["theory_s"] - 1) * 100
        spread = reach / rows["theory_s"].to_numpy() * 100
        # Side by side, so that no interval hides another.
        axes[1].errorbar(loads + 0.02 * (i - 1.5), error, yerr=spread, ls="none", **style)
    axes[0].set(xlabel="load", ylabel="mean response time [ms]\n(points: measured; lines: theory)")
    axes[0].legend()
    axes[1].axhline(0, color="black", lw=0.8)
    for bound in (-ALLOWED_PERCENT, ALLOWED_PERCENT):
        axes[1].axhline(bound, color="black", lw=0.8, ls="--")
    axes[1].set(xlabel="load", ylabel="difference from theory [%]", ylim=(-4, 4))
    return figure, table
