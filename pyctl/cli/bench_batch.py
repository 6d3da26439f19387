"""``slicebed bench batch``: workers, the cost of a run beside itself, ten thousand stored runs."""

from __future__ import annotations

from typing import Annotated

import typer


def batch(
    quick: Annotated[bool, typer.Option("--quick", help="Few short runs, a store of 400.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit status 1 on a miss.")] = False,
) -> None:
    """Two workers against one, batches against bare runs; reading a store of 10,000 runs."""
    from pyctl.cli.report import report
    from pyctl.studies import many_runs
    from pyctl.studies.batches import measure_batches

    runs = many_runs.QUICK_RUNS if quick else many_runs.RUNS
    turns = many_runs.QUICK_TURNS if quick else many_runs.TURNS
    report(
        [*measure_batches(quick), *many_runs.measure_reading(runs, turns)],
        title=f"batches: runs of cells; a store of {runs} runs",
        command="slicebed bench batch" + " --quick" * quick,
        extra={"stored_runs": runs},
        as_json=as_json,
        strict=strict,
    )
