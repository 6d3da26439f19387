"""A figure of a scenario: its name, how it is drawn, and what runs must have for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis.comparison import Comparison
from analysis.store_reader import Run

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib import figure as mpl

# Takes matplotlib.pyplot; gives the figure and the table of the numbers in it.
Draw = Callable[[Any, Comparison], "tuple[mpl.Figure, pd.DataFrame]"]


@dataclass(frozen=True)
class Figure:
    """A figure that a scenario has.

    Attributes:
        name: of its files.
        draw: draws it.
        needs: what every run must have: ``steps.COLUMN``, ``context.KEY``, ``topology.KEY`` or
            ``histograms.FIELD``.
    """

    name: str
    draw: Draw
    needs: tuple[str, ...] = ()

    def missing(self, comparison: Comparison) -> list[str]:
        """Lists what a run lacks."""
        return [need for need in self.needs if not all(_has(run, need) for run in comparison.runs)]


def _has(run: Run, need: str) -> bool:
    where, _, name = need.partition(".")
    if where == "histograms":
        return run.histograms is not None and name in set(run.histograms["field"])
    places: dict[str, Any] = {
        "steps": run.steps.columns,
        "context": run.context,
        "topology": run.topology or {},
    }
    return name in places[where]
