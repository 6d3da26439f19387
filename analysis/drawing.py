"""Draws the figures of runs into folders.

for drawn in draw_results(Path("results"), Path("results/figures")):
    print(drawn.folder, drawn.files)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.comparison import Comparison, compare
from analysis.errors import StoreReadError
from analysis.figure_folder import FigureFolder
from analysis.figures import sweep as sweep_figures
from analysis.figures.registry import figures_of
from analysis.store_reader import read_run, read_store
from analysis.style import SUFFIXES, draw_each
from analysis.sweep import Sweep, sweeps_of

RUNS = "runs.csv"


@dataclass(frozen=True)
class Drawn:
    """Figures that were drawn.

    Attributes:
        shown: what they show.
        folder: of the files.
        files: PNG, PDF, SVG and CSV of each figure, and the table of the runs.
        left_out: figures that the runs lack something for, with what they lack.
    """

    shown: Comparison | Sweep
    folder: Path
    files: list[Path]
    left_out: dict[str, list[str]]


def draw_results(results: Path, out: Path) -> list[Drawn]:
    """Draws all figures of a run's folder, or of all runs of a store.

    Each scenario, or each of its configurations where there are several, gets a folder in ``out``,
    and so does each sweep over a parameter.

    Raises:
        StoreReadError: there is no finished run, or a file of one is damaged.
        FileInTheWay: a file was not made here; nothing is drawn.
    """
    comparisons = compare(read_store(results))
    shown: list[Comparison | Sweep] = [*comparisons, *sweeps_of(comparisons)]
    plans = [_Plan(one, out / one.name) for one in shown]
    for plan in plans:
        plan.require_free()
    return [plan.draw() for plan in plans]


def draw_runs(run_dirs: Sequence[Path], out: Path) -> Drawn:
    """Draws all figures of runs on the same parameters straight into ``out``.

    Raises:
        StoreReadError: a folder holds no finished run, or the runs do not belong together.
        FileInTheWay: a file was not made here; nothing is drawn.
    """
    comparisons = compare(read_run(folder) for folder in run_dirs)
    if len(comparisons) != 1:
        raise StoreReadError(
            f"{', '.join(map(str, run_dirs))}: runs of one scenario with the same parameters are "
            "required"
        )
    plan = _Plan(comparisons[0], out)
    plan.require_free()
    return plan.draw()


class _Plan:
    """What is to be drawn in a folder."""

    def __init__(self, shown: Comparison | Sweep, folder: Path) -> None:
        self._shown = shown
        self._drawings, self._left_out = _drawings_of(shown)
        self._folder = FigureFolder(folder)

    def _names(self) -> list[str]:
        return [RUNS, *(f"{name}{suffix}" for name in self._drawings for suffix in SUFFIXES)]

    def require_free(self) -> None:
        self._folder.require_free(self._names())

    def draw(self) -> Drawn:
        self._folder.claim(self._names())
        runs = self._folder.path / RUNS
        self._shown.table().to_csv(runs, index=False, lineterminator="\n")
        files = draw_each(self._drawings, self._shown, self._folder.path)
        return Drawn(self._shown, self._folder.path, [*files, runs], self._left_out)


def _drawings_of(shown: Comparison | Sweep) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Gives what draws each figure, by name, and the figures that the runs lack something for."""
    if isinstance(shown, Sweep):
        return {"metrics": sweep_figures.metrics}, {}
    figures = figures_of(shown)
    missing = {figure.name: figure.missing(shown) for figure in figures}
    return (
        {figure.name: figure.draw for figure in figures if not missing[figure.name]},
        {name: lacks for name, lacks in missing.items() if lacks},
    )
