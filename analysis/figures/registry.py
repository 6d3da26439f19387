"""Which figures a scenario has. One with none of its own gets its fields over time."""

from __future__ import annotations

from analysis.comparison import Comparison
from analysis.figures import capacity, cells, e2e_slice, edge_cloud, fields
from analysis.figures.figure import Figure

FIGURES: dict[str, tuple[Figure, ...]] = {
    "cells": cells.FIGURES,
    "e2e-slice": e2e_slice.FIGURES,
    "edge-cloud": edge_cloud.FIGURES,
}


def figures_of(comparison: Comparison) -> tuple[Figure, ...]:
    """Lists the figures of a comparison's scenario."""
    scenario = comparison.first.scenario
    if scenario == "capacity":
        return capacity.figures_of(comparison)  # they differ between its use cases
    own = FIGURES.get(scenario)
    return fields.figures_of(comparison) if own is None else own
