"""Figure of the agents study: time of a decision over the number of cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analysis.style import COLOURS, MARKERS, TWO_COLUMNS_INCH

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

NAMES = {"one core": "CPU, one core", "cpu": "CPU, all cores", "cuda": "GPU"}


def decision_times(plt: Any, table: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Time of a decision over the number of cells, and the memory of the process.

    Args:
        plt: matplotlib.pyplot.
        table: one row a decision: ``on``, ``cells``, ``seconds``, ``peak_gb``.
    """
    grouped = table.groupby(["on", "cells"])
    rows = grouped["seconds"].agg(["median", "min", "max"]).reset_index()
    rows["peak_gb"] = grouped["peak_gb"].max().to_numpy()
    figure, (times, memory) = plt.subplots(
        1, 2, figsize=(TWO_COLUMNS_INCH, 2.9), layout="constrained"
    )
    for i, on in enumerate(sorted(rows["on"].unique())):
        own = rows[rows["on"] == on]
        look = {"color": COLOURS[i], "marker": MARKERS[i], "ms": 4, "label": NAMES.get(on, on)}
        times.plot(own["cells"], own["median"], **look)
        times.fill_between(own["cells"], own["min"], own["max"], color=COLOURS[i], alpha=0.15, lw=0)
        memory.plot(own["cells"], own["peak_gb"], **look)
    times.set(xscale="log", yscale="log", xlabel="cells", ylabel="time of a decision [s]")
    memory.set(xscale="log", xlabel="cells", ylabel="peak memory of the process [GB]")
    memory.set_ylim(bottom=0)
    handles, labels = times.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    return figure, rows
