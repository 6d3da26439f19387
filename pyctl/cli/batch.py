"""``slicebed batch``, ``resume``, ``retry``, ``plan-schema``: many runs, each stored once."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyctl.cli.output import make_table, print_json, print_tables
from pyctl.cli.progress import duration
from pyctl.cli.run import DEFAULT_OUT

if TYPE_CHECKING:
    from pyctl.campaign.planned import PlannedRun

DEFAULT_RETRIES = 1
DEFAULT_STALL_S = 300.0
FAILED = 1

Workers = Annotated[
    int | None,
    typer.Option(min=1, help="Simulations at once; the number of cores if not given."),
]
Out = Annotated[Path, typer.Option(help="Store; each run gets a folder in it.")]
Retries = Annotated[int, typer.Option(min=0, help="Further tries of a run that crashed or hung.")]
Stall = Annotated[
    float,
    typer.Option(min=0.1, help="Give up a run that passes no border for this wall time [s]."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the runs; start nothing.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
QuietOption = Annotated[bool, typer.Option("--quiet", help="No progress.")]


def batch(
    plan: Annotated[Path, typer.Argument(help="YAML file; `slicebed plan-schema` has its keys.")],
    workers: Workers = None,
    out: Out = DEFAULT_OUT,
    retries: Retries = DEFAULT_RETRIES,
    stall_s: Stall = DEFAULT_STALL_S,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    quiet: QuietOption = False,
) -> None:
    """Run what a plan says; runs that are stored already are not repeated."""
    runs = _planned(plan)
    if dry_run:
        _print_plan(runs, out, workers, as_json)
        return
    _execute(runs, out, workers, retries, stall_s, as_json, quiet)


def resume(
    target: Annotated[
        Path, typer.Argument(help="Plan: all that is not ok; store: interrupted and stale runs.")
    ],
    workers: Workers = None,
    out: Out = DEFAULT_OUT,
    retries: Retries = DEFAULT_RETRIES,
    stall_s: Stall = DEFAULT_STALL_S,
    as_json: AsJson = False,
    quiet: QuietOption = False,
) -> None:
    """Run what a batch did not bring to its end."""
    if target.is_dir():
        out, runs = target, _of_store(target, ("interrupted", "stale"))
    else:
        runs = _planned(target)
    _execute(runs, out, workers, retries, stall_s, as_json, quiet)


def retry(
    results: Annotated[Path, typer.Argument(help="Store.")] = DEFAULT_OUT,
    failed: Annotated[bool, typer.Option("--failed", help="The failed runs.")] = False,
    workers: Workers = None,
    retries: Retries = DEFAULT_RETRIES,
    stall_s: Stall = DEFAULT_STALL_S,
    as_json: AsJson = False,
    quiet: QuietOption = False,
) -> None:
    """Run failed runs of a store again."""
    from pyctl.errors import UsageError

    if not failed:
        raise UsageError("retry repeats failed runs: give --failed")
    runs = _of_store(results, ("failed",))
    _execute(runs, results, workers, retries, stall_s, as_json, quiet)


def plan_schema() -> None:
    """Print the JSON Schema of plans, for editors."""
    from pyctl.campaign.plan import Plan

    print_json(Plan.model_json_schema())


def _planned(path: Path) -> list[PlannedRun]:
    from pyctl.campaign.plan import expand
    from pyctl.campaign.plan_file import read_plan
    from pyctl.campaign.planned import identify

    file = read_plan(path)
    with file.located():
        return identify(expand(file.plan))


def _of_store(results: Path, states: Sequence[str]) -> list[PlannedRun]:
    from pyctl.campaign.repeat import planned_again
    from pyctl.campaign.states import stored_runs

    return planned_again(run for run in stored_runs(results) if run.state in states)


def _execute(
    runs: list[PlannedRun],
    out: Path,
    workers: int | None,
    retries: int,
    stall_s: float,
    as_json: bool,
    quiet: bool,
) -> None:
    from pyctl.campaign import store
    from pyctl.campaign.batch import Batch, BatchOptions
    from pyctl.campaign.estimate import Estimate, longest_first
    from pyctl.cli.batch_progress import BatchProgress, Quiet

    begun = time.monotonic()
    estimate = Estimate(out)
    missing = longest_first((r for r in runs if not store.is_ok(out, r.run_id)), estimate)
    count = min(_workers(workers), max(len(missing), 1))
    predicted = {run.run_id: estimate.wall_s(run) for run in missing}
    progress = Quiet() if quiet else BatchProgress(predicted, count)
    try:
        outcomes = Batch(missing, out, BatchOptions(count, retries, stall_s), progress).run()
    finally:
        progress.close()
    rows = [_row(run, outcomes) for run in runs]
    _print_outcome(rows, out, time.monotonic() - begun, as_json)
    if any(row["state"] == "failed" for row in rows):
        raise typer.Exit(FAILED)


def _workers(given: int | None) -> int:
    return len(os.sched_getaffinity(0)) if given is None else given


def _row(run: PlannedRun, outcomes: Mapping[str, Any]) -> dict[str, Any]:
    outcome = outcomes.get(run.run_id)
    request = run.request
    return {
        "run_id": run.run_id,
        "scenario": request.scenario,
        "allocator": request.allocator,
        "seed": request.seed,
        "state": "skipped" if outcome is None else outcome.state,
        "reason": f"{outcome.kind}: {outcome.message}" if outcome and outcome.kind else "",
    }


def _print_outcome(
    rows: Sequence[Mapping[str, Any]], out: Path, wall_s: float, as_json: bool
) -> None:
    states = ("ok", "skipped", "failed")
    counted = {state: sum(row["state"] == state for row in rows) for state in states}
    if as_json:
        print_json({"out": str(out), "counts": counted, "wall_s": wall_s, "runs": list(rows)})
        return
    failed = [row for row in rows if row["state"] == "failed"]
    if failed:
        columns = ("run_id", "scenario", "allocator", "seed", "reason")
        cells = [tuple(str(row[name]) for name in columns) for row in failed]
        print_tables(make_table("Failed runs", columns, cells))
    print(
        f"{counted['ok']} runs ok, {counted['skipped']} ok before, {counted['failed']} failed, "
        f"in {duration(wall_s)}; stored in {out}"
    )


def _print_plan(runs: Sequence[PlannedRun], out: Path, workers: int | None, as_json: bool) -> None:
    from pyctl.campaign.estimate import Estimate, total_s
    from pyctl.campaign.planned import varying
    from pyctl.campaign.states import stored_runs

    found = {run.run_id: run.state for run in stored_runs(out)} if out.is_dir() else {}
    names = varying(runs)
    estimate = Estimate(out)
    rows: list[dict[str, Any]] = [
        {
            "run_id": run.run_id,
            "scenario": run.request.scenario,
            "allocator": run.request.allocator,
            "settings": dict(run.request.settings),
            "seed": run.request.seed,
            "parameters": {name: run.config["parameters"].get(name) for name in names},
            "state": found.get(run.run_id, "missing"),
            "predicted_s": estimate.wall_s(run),
        }
        for run in runs
    ]
    left = [row["predicted_s"] for row in rows if row["state"] != "ok"]
    total = total_s(left, _workers(workers))
    if as_json:
        print_json({"out": str(out), "runs": rows, "to_run": len(left), "predicted_s": total})
        return
    print_tables(_plan_table(rows, names))
    unknown = left.count(None)
    time_text = f"unknown ({unknown} without a past run)" if total is None else duration(total)
    print(f"{len(rows)} runs, {len(left)} to run, with {_workers(workers)} workers: {time_text}")


def _plan_table(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Any:
    columns = ("run", "scenario", "allocator", "settings", *names, "seed", "state", "time")
    return make_table(
        "",
        columns,
        [
            (
                row["run_id"],
                row["scenario"],
                row["allocator"],
                ", ".join(f"{key}={value}" for key, value in row["settings"].items()),
                *(str(row["parameters"][name]) for name in names),
                str(row["seed"]),
                row["state"],
                "unknown" if row["predicted_s"] is None else duration(row["predicted_s"]),
            )
            for row in rows
        ],
    )
