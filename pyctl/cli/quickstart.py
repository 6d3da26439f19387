"""``slicebed quickstart``: one scenario under two allocators, compared in a table and figures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyctl.seeds import MAX_SEED

if TYPE_CHECKING:
    from pyctl.campaign.runner import RunResult

SCENARIO = "cells"
ALLOCATORS = ("equal", "traffic")
DEFAULT_OUT = Path("results/quickstart")


def quickstart(
    steps: Annotated[
        int, typer.Option(min=1, help="Decision intervals of each run; 96 are a day.")
    ] = 96,
    seed: Annotated[int, typer.Option(min=0, max=MAX_SEED, help="Picks the random streams.")] = 1,
    out: Annotated[Path, typer.Option(help="Store of the runs and figures.")] = DEFAULT_OUT,
) -> None:
    """Compare two allocators on `cells`: a table and figures."""
    from pyctl.campaign.prepare import RunConfig
    from pyctl.cli.run import execute

    results = {}
    for name in ALLOCATORS:
        request = RunConfig(SCENARIO, name, parameters={"steps": steps}, seed=seed)
        results[name] = execute(request, out, quiet=False)
    _print_comparison(results)
    for path in _draw([result.folder for result in results.values()], out):
        print(path)


def _draw(folders: Sequence[Path], out: Path) -> Sequence[Path]:
    from analysis.drawing import draw_runs
    from analysis.errors import FileInTheWay
    from pyctl.errors import UsageError

    try:
        return draw_runs(folders, out / "figures").files
    except FileInTheWay as error:
        raise UsageError(str(error)) from error


def _print_comparison(results: dict[str, RunResult]) -> None:
    from pyctl.cli.output import make_table, print_tables
    from pyctl.cli.summary import cells_of, headings, totals_lines

    rows = [
        (name, *cells) for name, result in results.items() for cells in cells_of(result.summary)
    ]
    columns = ("allocator", "slice", *headings(next(iter(results.values())).summary))
    print_tables(make_table(_title(results), columns, rows, numbers_from=2))
    for name, result in results.items():
        print(f"{name}: " + "\n  ".join(totals_lines(result.summary)))


def _title(results: dict[str, Any]) -> str:
    steps = next(iter(results.values())).summary["steps"]
    return f"{SCENARIO}, {steps} intervals: the same users, channel and traffic, two allocators"
