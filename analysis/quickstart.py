"""The quickstart's figures: runs of `cells` under several allocators, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from analysis.errors import StoreReadError
from analysis.figures import cells
from analysis.store_reader import read_run
from analysis.style import save, style


def draw(run_dirs: Sequence[Path], out: Path) -> list[Path]:
    """Draws topology, throughput against target, CDF of r and PRB use.

    Args:
        run_dirs: folders of runs of `cells` on the same parameters and seed.
        out: folder of the figures; made if missing.

    Returns:
        The files written: PNG, PDF and CSV of each figure.

    Raises:
        StoreReadError: a folder holds no run of `cells`, or one without a topology.
    """
    runs = [read_run(folder) for folder in run_dirs]
    for run in runs:
        if run.description["scenario"] != "cells":
            raise StoreReadError(f"{run.folder} is no run of `cells`")
    paths: list[Path] = []
    with style() as plt:
        for name, (figure, table) in {
            "topology": cells.topology(plt, runs[0]),
            "throughput": cells.throughput(plt, runs),
            "satisfaction": cells.satisfaction(plt, runs),
            "prb-use": cells.prb_use(plt, runs),
        }.items():
            paths += save(figure, out, name, table)
            plt.close(figure)
    return paths
