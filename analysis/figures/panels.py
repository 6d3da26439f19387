"""Parts of figures: curves with bands, panels of slices, legends, axes of time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from analysis.comparison import Comparison
from analysis.store_reader import Run
from analysis.style import ONE_COLUMN_INCH, TWO_COLUMNS_INCH, line

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

LegendPlace = Literal["outside upper center", "outside lower center"]

# A curve of fewer points shows them.
FEW_POINTS = 25
LEGEND_INCH, LEGEND_INCH_A_LETTER = 0.6, 0.068
LEGEND_INCH_A_ROW = 0.17
NARROW_DECADE_INCH = 1.5  # 5000 and 10000 would touch
# From this length of a run [s] on, times are in the unit beside it: seconds in it, name.
TIME_UNITS = ((4 * 3600.0, 3600.0, "h"), (600.0, 60.0, "min"), (0.0, 1.0, "s"))


def elements(run: Run, *axes: str) -> pd.DataFrame:
    """Gives one row for each step and element of these axes, in place of those of all axes."""
    return run.steps.drop_duplicates(["step", *axes])


def middle_s(run: Run, rows: pd.DataFrame) -> pd.Series:
    """Gives the simulated time in the middle of each row's interval [s]."""
    middle: pd.Series = rows["t_sim_s"] - run.context["interval_s"] / 2
    return middle


def band(axis: Any, table: pd.DataFrame, i: int, label: str, x: str = "time_s") -> None:
    """Draws the means of the i-th variant over ``x``, and their intervals."""
    axis.plot(table[x], table["mean"], label=label, **line(i), **_marker(table))
    axis.fill_between(
        table[x], table["low"], table["high"], color=line(i)["color"], alpha=0.2, lw=0
    )


def limit(axis: Any, table: pd.DataFrame, i: int, label: str, x: str = "time_s") -> None:
    """Draws what the i-th variant granted over ``x``: dots in the colour of what was used."""
    axis.plot(
        table[x], table["mean"], color=line(i)["color"], ls=":", label=label, **_marker(table)
    )


def from_zero(axis: Any) -> None:
    """Lets the y of an axis begin at 0, with room above what was drawn."""
    axis.set_ylim(0, 1.05 * axis.get_ylim()[1])


def _marker(table: pd.DataFrame) -> dict[str, Any]:
    return {"marker": "o", "ms": 3} if len(table) < FEW_POINTS else {}


def rows_of_slices(plt: Any, run: Run, columns: int = 1) -> tuple[Figure, Any]:
    """Makes a row of panels for each slice. Returns the figure and axes by [slice, column]."""
    count = len(run.slices)
    figure, axes = plt.subplots(
        count,
        columns,
        figsize=(TWO_COLUMNS_INCH, 1.5 * count + 0.7),
        sharex=True,
        squeeze=False,
    )
    return figure, axes


def grid_of_slices(plt: Any, run: Run) -> tuple[Figure, list[Any]]:
    """Makes a panel for each slice, some beside each other."""
    count = len(run.slices)
    columns = 2 if count == 4 else min(count, 3)
    rows = math.ceil(count / columns)
    figure, axes = plt.subplots(
        rows,
        columns,
        figsize=(TWO_COLUMNS_INCH, 2.4 * rows + 0.4),
        sharex=True,
        sharey=True,
        squeeze=False,
    )
    for axis in axes.flat:
        axis.tick_params(labelbottom=True)  # below a panel there may be none
    for axis in axes.flat[count:]:
        axis.set_visible(False)
    return figure, list(axes.flat[:count])


def time_axis(axes: Sequence[Any], comparison: Comparison) -> None:
    """Labels the lowest of axes whose x is seconds with a unit that suits the run's length."""
    length_s = max(float(run.steps["t_sim_s"].max()) for run in comparison.runs)
    unit_s, unit = next((scale, name) for least, scale, name in TIME_UNITS if length_s >= least)
    for axis in axes:
        axis.set_xlim(0, length_s)
        axis.xaxis.set_major_formatter(lambda value, _: f"{value / unit_s:g}")
    axes[-1].set_xlabel(f"time [{unit}]")


def logarithmic(axis: Any) -> None:
    """Makes the x of an axis logarithmic, with plain numbers at 1, 2 and 5 times powers of 10.

    Where decades are narrow, they are at 1 and 3 times powers of 10. Limits are to be set before.
    """
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    axis.set_xscale("log")
    low, high = axis.get_xlim()
    decade_inch = axis.figure.get_figwidth() / math.log10(high / low)
    subs = (1.0, 2.0, 5.0) if decade_inch > NARROW_DECADE_INCH else (1.0, 3.0)
    axis.xaxis.set_major_locator(LogLocator(subs=subs))
    axis.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.xaxis.set_minor_formatter(NullFormatter())


def legend(figure: Figure, *axes: Any, place: LegendPlace = "outside upper center") -> None:
    """Gives the figure one legend of some axes, in as many columns as have room.

    A figure of one column, where the legend may have a row for each entry, grows by these rows.
    """
    entries: dict[str, Any] = {}
    for axis in axes:
        handles, labels = axis.get_legend_handles_labels()
        entries.update(zip(labels, handles, strict=True))
    longest = max((len(label) for label in entries), default=0)
    room = int(figure.get_figwidth() / (LEGEND_INCH + LEGEND_INCH_A_LETTER * longest))
    columns = max(room, 1)
    if figure.get_figwidth() == ONE_COLUMN_INCH:
        rows = math.ceil(len(entries) / columns)
        figure.set_figheight(figure.get_figheight() + LEGEND_INCH_A_ROW * (rows - 1))
    figure.legend([*entries.values()], [*entries], loc=place, ncols=columns)
