"""``slicebed reproduce``: a paper's runs, figures, measures and claims by one command."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from analysis.claims import Judged
    from pyctl.reproduce.idla import Study

DEFAULT_OUT = Path("results/idla")
PAPERS = ("idla",)
CLAIMS = Path(__file__).resolve().parents[2] / "claims"


def reproduce(
    paper: Annotated[str, typer.Argument(help="Which paper: idla.")],
    scale: Annotated[str, typer.Option(help="How much is run: ci, small or full.")] = "ci",
    out: Annotated[Path, typer.Option(help="Store of the runs; figures go there.")] = DEFAULT_OUT,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Simulations at once; the number of cores.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit status 1 on a miss.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress.")] = False,
) -> None:
    """Run a paper's study, draw its figures, judge its claims; goes on where it was stopped."""
    from pyctl.cli.report import report
    from pyctl.errors import UnknownName
    from pyctl.reproduce.files import write_whole

    if paper not in PAPERS:
        raise UnknownName("paper", paper, PAPERS)
    study = _study(scale, out, workers or len(os.sched_getaffinity(0)), quiet)
    write_whole(out / "measures.json", {"measures": [each.to_json() for each in study.measures]})
    files = _draw(study, out)
    claims = _judge(out)
    report(
        study.measures,
        title=f"{paper} at scale {scale}: {study.scale.seeds} seed(s), packets",
        command=f"slicebed reproduce {paper} --scale {scale} --out {out}",
        extra={
            "scale": scale,
            "claims": [_told(judged) for judged in claims],
            "files": list(map(str, files)),
        },
        as_json=as_json,
        strict=strict,
    )
    if not as_json:
        _print_claims(claims)


def _study(scale: str, out: Path, workers: int, quiet: bool) -> Study:
    from pyctl.cli.batch_progress import BatchProgress, Quiet
    from pyctl.reproduce import idla

    def say(line: str) -> None:
        if not quiet:
            print(line, file=sys.stderr)

    predicted, count = idla.predict(scale, out)
    observer = Quiet() if quiet else BatchProgress(predicted, min(workers, max(count, 1)))
    try:
        return idla.reproduce(scale, out, workers, observer, say)
    finally:
        observer.close()


def _draw(study: Study, out: Path) -> list[Path]:
    from analysis.figures.idla import Drawing, draw_all

    drawing = Drawing(study.periods, study.runs, study.estimators, study.slots)
    return draw_all(drawing, out / "figures")


def _judge(out: Path) -> list[Judged]:
    from analysis.claims import judge, read_measures
    from analysis.claims_file import read_claims

    return judge(read_claims(CLAIMS / "idla.yaml").claims, [], read_measures(out))


def _told(judged: Judged) -> dict[str, Any]:
    claim = judged.claim
    return {
        "id": claim.id,
        "text": claim.text,
        "paper_value": claim.paper_value,
        "mode": claim.mode,
        "verdict": judged.verdict,
        "reason": judged.reason,
    }


def _print_claims(claims: list[Judged]) -> None:
    from pyctl.cli.output import make_table, print_tables

    columns = ("claim", "paper", "found", "verdict")
    rows = [
        (
            judged.claim.text,
            f"{judged.claim.paper_value:g}",
            "-" if judged.found is None else f"{judged.found.interval.mean:.4g}",
            judged.verdict,
        )
        for judged in claims
    ]
    print_tables(make_table("Claims of the paper", columns, rows))
