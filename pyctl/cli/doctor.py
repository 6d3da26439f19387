"""``slicebed doctor``: whether everything that a run needs is there and works."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from pyctl.cli.output import print_json


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Check the installation; exit status 1 on a fault."""
    from pyctl.cli.checks import all_checks, examine

    findings = []
    for check in all_checks():
        finding = examine(check)
        findings.append(finding)
        if not as_json:
            print(f"{'ok    ' if finding.ok else 'failed'}  {finding.name}: {finding.detail}")
            if finding.advice:
                print(f"        what to do: {finding.advice}")
    ok = all(finding.ok for finding in findings)
    if as_json:
        print_json({"ok": ok, "checks": [asdict(finding) for finding in findings]})
    if not ok:
        raise typer.Exit(1)
