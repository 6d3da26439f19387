"""``slicebed reproduce``: a paper's runs, figures, measures and claims by one command."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from analysis.claims import Judged
    from analysis.store_reader import Run
    from pyctl.reproduce.paper import Work

CLAIMS = Path(__file__).resolve().parents[2] / "claims"


def reproduce(
    paper: Annotated[str, typer.Argument(help="Which paper: ddnn or idla.")],
    scale: Annotated[str, typer.Option(help="How much is run: ci, small or full.")] = "ci",
    out: Annotated[
        Path | None,
        typer.Option(
            help="Store of the runs; figures go there; results/PAPER.", show_default=False
        ),
    ] = None,
    trace: Annotated[
        Path | None, typer.Option(help="Milan data, which ddnn needs at scale small and full.")
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Simulations, or trainings, at once; the number of cores."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit status 1 on a miss.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress.")] = False,
) -> None:
    """Run a paper's study, draw its figures, judge its claims; goes on where it was stopped."""
    from pyctl.cli.report import report
    from pyctl.reproduce.files import write_whole
    from pyctl.reproduce.paper import Order, begin

    def say(line: str) -> None:
        if not quiet:
            print(line, file=sys.stderr)

    folder = out or Path("results") / paper
    work = begin(paper, Order(scale, folder, workers or len(os.sched_getaffinity(0)), say, trace))
    measures = work.measure(_run(work, quiet))
    write_whole(folder / "measures.json", {"measures": [each.to_json() for each in measures]})
    files = work.draw(folder / "figures")
    claims = _judge(paper, folder)
    report(
        measures,
        title=f"{paper} at scale {scale}: {work.seeds} seed(s)",
        command=_command(paper, scale, folder, trace),
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


def _run(work: Work, quiet: bool) -> list[Run]:
    from pyctl.cli.batch_progress import BatchProgress, Quiet
    from pyctl.reproduce.paper import predict, run_missing

    predicted, count = predict(work)
    workers = min(work.order.workers, max(count, 1))
    observer = Quiet() if quiet else BatchProgress(predicted, workers)
    try:
        return run_missing(work, observer)
    finally:
        observer.close()


def _command(paper: str, scale: str, out: Path, trace: Path | None) -> str:
    words = ["slicebed", "reproduce", paper, "--scale", scale]
    if trace is not None:
        words += ["--trace", str(trace)]
    return shlex.join([*words, "--out", str(out)])


def _judge(paper: str, out: Path) -> list[Judged]:
    from analysis.claims import judge, read_measures
    from analysis.claims_file import read_claims

    return judge(read_claims(CLAIMS / f"{paper}.yaml").claims, [], read_measures(out))


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
