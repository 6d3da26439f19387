"""Figure of the exchange study: time of a step over the size of the observation, by channel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analysis.style import COLOURS, MARKERS, TWO_COLUMNS_INCH

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

NAMES = {
    "tcp-env": "env.step over tcp",
    "tcp-channel": "session over tcp",
    "ipc-channel": "session over ipc",
    "shm-env": "env.step over shared memory",
    "shm-channel": "session over shared memory",
}
BARE = {
    "raw-zmq": "bare: pyzmq and C++, asleep",
    "raw-futex": "bare: futex, C++ only",
    "raw-spin": "bare: spinning, C++ only",
}
GREYS = ("#999999", "#777777", "#444444")
STYLES = ("-.", ":", "--")


def medians(table: pd.DataFrame) -> pd.DataFrame:
    """Median, least and largest time of a step of each case, size and number of cores."""
    groups = table.groupby(["cores", "case", "elements"])["us"]
    return groups.agg(["median", "min", "max"]).reset_index()


def step_times(plt: Any, table: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Time of a step over the number of elements; one panel for each number of cores."""
    rows = medians(table)
    cores = sorted(rows["cores"].unique(), reverse=True)
    figure, axes = plt.subplots(
        1, len(cores), figsize=(TWO_COLUMNS_INCH, 3.8), sharey=True, squeeze=False
    )
    for axis, count in zip(axes[0], cores, strict=True):
        own = rows[rows["cores"] == count]
        for i, (case, name) in enumerate(NAMES.items()):
            _line(axis, own[own["case"] == case], name, COLOURS[i], marker=MARKERS[i], ms=4)
        for (case, name), grey, style in zip(BARE.items(), GREYS, STYLES, strict=True):
            _line(axis, own[own["case"] == case], name, grey, ls=style, lw=1.0)
        axis.set(xscale="log", yscale="log", xlabel="elements of the observation (float32)")
        axis.set_title("both ends on one core" if count == 1 else f"{count} cores")
    axes[0, 0].set_ylabel("time of a step [µs]")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    return figure, rows


def _line(axis: Any, rows: pd.DataFrame, name: str, colour: str, **style: Any) -> None:
    if rows.empty:
        return
    axis.plot(rows["elements"], rows["median"], color=colour, label=name, **style)
    axis.fill_between(rows["elements"], rows["min"], rows["max"], color=colour, alpha=0.15, lw=0)
