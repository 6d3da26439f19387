"""``slicebed report``: one HTML file of all that a store holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from analysis.report.content import Content

NAME = "report.html"


def report(
    results: Annotated[Path, typer.Argument(help="A run's folder, or a store of runs.")],
    out: Annotated[
        Path | None, typer.Option(help=f"The HTML file; without it {NAME} in the store.")
    ] = None,
    claims: Annotated[
        Path | None, typer.Option(help="A paper's claims (YAML, docs/report.md) to be judged.")
    ] = None,
) -> None:
    """Write one HTML file: what was run, comparisons, figures, claims, failures, provenance."""
    out = out or results / NAME
    content = _write(results, out, claims)
    print(", ".join(f"{count} {state}" for state, count in content.counts.items()))
    for one in content.claims:
        print(f"{one.claim.id}: {one.verdict} ({one.reason})")
    print(out)


def _write(results: Path, out: Path, claims: Path | None) -> Content:
    from analysis.claims_file import read_claims
    from analysis.errors import ClaimsFileError, FileInTheWay, StoreReadError
    from analysis.report.page import write_report
    from pyctl.errors import UsageError

    try:
        return write_report(results, out, read_claims(claims) if claims else None)
    except (ClaimsFileError, FileInTheWay, StoreReadError) as error:
        raise UsageError(str(error)) from error
