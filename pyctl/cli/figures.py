"""``slicebed figures``: the figures of stored runs, by scenario."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from analysis.comparison import Variant
    from analysis.drawing import Drawn

DEFAULT_OUT = Path("results/figures")


def figures(
    results: Annotated[Path, typer.Argument(help="A run's folder, or a store of runs.")],
    out: Annotated[
        Path, typer.Option(help="Each scenario found gets a folder here.")
    ] = DEFAULT_OUT,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Draw the figures of stored runs: allocators compared, with bands over their seeds."""
    from pyctl.cli.output import print_json

    drawn = _draw(results, out)
    if as_json:
        print_json(
            {
                "files": [str(path) for one in drawn for path in one.files],
                "figures": [_entry(one) for one in drawn],
            }
        )
        return
    for one in drawn:
        print(one.shown.name)
        for variant in one.shown.variants:
            print(f"  {_describe(variant)}")
        for path in one.files:
            print(path)
        for name, lacks in one.left_out.items():
            print(f"left out: {name} (no {', '.join(lacks)} in a run)")


def _draw(results: Path, out: Path) -> list[Drawn]:
    from analysis.drawing import draw_results
    from analysis.errors import FileInTheWay, StoreReadError
    from pyctl.errors import UsageError

    try:
        return draw_results(results, out)
    except (FileInTheWay, StoreReadError) as error:
        raise UsageError(str(error)) from error


def _describe(variant: Variant) -> str:
    from analysis.comparison import settings_of

    seeds = ", ".join(map(str, sorted({run.seed for run in variant.runs})))
    settings = settings_of(variant.runs[0])
    numbered = settings if settings not in variant.label else ""
    return f"{variant.label}: {numbered + ', ' if numbered else ''}seed {seeds}"


def _entry(drawn: Drawn) -> dict[str, Any]:
    from analysis.comparison import settings_of
    from analysis.sweep import Sweep

    return {
        "scenario": drawn.shown.first.scenario,
        "over": drawn.shown.parameter if isinstance(drawn.shown, Sweep) else None,
        "folder": str(drawn.folder),
        "allocators": [
            {
                "label": variant.label,
                "settings": settings_of(variant.runs[0]),
                "seeds": [run.seed for run in variant.runs],
                "runs": [run.folder.name for run in variant.runs],
            }
            for variant in drawn.shown.variants
        ],
        "files": [str(path) for path in drawn.files],
        "left_out": drawn.left_out,
    }
