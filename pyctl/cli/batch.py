"""``slicebed batch``, ``resume``, ``retry``, ``plan-schema``: many runs, each stored once."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from analysis.run_states import BAD
from pyctl.cli.batch_options import Choices, cores_or, taking_choices
from pyctl.cli.batch_work import Work, read_work
from pyctl.cli.output import make_table, print_json, print_tables
from pyctl.cli.progress import duration
from pyctl.cli.run import DEFAULT_OUT
from pyctl.cli.until import until_entries, until_table

if TYPE_CHECKING:
    from pyctl.campaign.batch import Batch
    from pyctl.campaign.estimate import Estimate
    from pyctl.campaign.planned import PlannedRun
    from pyctl.campaign.stopping import StoppingRule
    from pyctl.cli.batch_progress import BatchProgress, Quiet

FAILED = 1

Out = Annotated[Path, typer.Option(help="Store; each run gets a folder in it.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the runs; start nothing.")]


@taking_choices
def batch(
    plan: Annotated[Path, typer.Argument(help="YAML file; `slicebed plan-schema` has its keys.")],
    out: Out = DEFAULT_OUT,
    dry_run: DryRun = False,
    *,
    choices: Choices,
) -> None:
    """Run what a plan says; runs that are stored already are not repeated."""
    choices.require_fitting()
    work = read_work(plan, out)
    if dry_run:
        _print_plan(work, out, choices.workers, choices.as_json)
        return
    _execute(work, out, choices)


@taking_choices
def resume(
    target: Annotated[
        Path, typer.Argument(help="Plan: all that is not ok; store: interrupted and stale runs.")
    ],
    out: Out = DEFAULT_OUT,
    *,
    choices: Choices,
) -> None:
    """Run what a batch did not bring to its end."""
    from pyctl.campaign.repeat import planned_again
    from pyctl.campaign.states import stored_runs

    choices.require_fitting()
    if target.is_dir():
        stored = stored_runs(target)
        left = planned_again(run for run in stored if run.state in ("interrupted", "stale"))
        out, work = target, Work(left)
        if bad := sum(run.state in BAD for run in stored):
            told = f"{bad} runs that failed or hung are left: slicebed retry {target} --failed"
            print(told, file=sys.stderr)
    else:
        work = read_work(target, out)
    _execute(work, out, choices)


@taking_choices
def retry(
    results: Annotated[Path, typer.Argument(help="Store.")] = DEFAULT_OUT,
    failed: Annotated[bool, typer.Option("--failed", help="The runs that failed or hung.")] = False,
    *,
    choices: Choices,
) -> None:
    """Run again what failed or hung in a store."""
    from pyctl.campaign.repeat import planned_again
    from pyctl.campaign.states import stored_runs
    from pyctl.errors import UsageError

    if not failed:
        raise UsageError("retry repeats failed runs: give --failed")
    choices.require_fitting()
    bad = planned_again(run for run in stored_runs(results) if run.state in BAD)
    _execute(Work(bad), results, choices)


def plan_schema() -> None:
    """Print the JSON Schema of plans, for editors."""
    from pyctl.campaign.plan import Plan

    print_json(Plan.model_json_schema())


def _execute(work: Work, out: Path, choices: Choices) -> None:
    from pyctl.campaign import store
    from pyctl.campaign.batch import Batch
    from pyctl.campaign.estimate import Estimate, longest_first
    from pyctl.cli.batch_progress import BatchProgress, Quiet

    begun = time.monotonic()
    estimate = Estimate(out)
    missing = longest_first((r for r in work.runs() if not store.is_ok(out, r.run_id)), estimate)
    backend, workers = choices.place(missing, out, work.slurm) if missing else (None, 1)
    if backend is not None and not choices.quiet and (told := backend.told()):
        print(told, file=sys.stderr)
    count = min(workers, len(missing) if work.rule is None else workers) or 1
    predicted = {run.run_id: estimate.wall_s(run) for run in missing}
    progress = Quiet() if choices.quiet else BatchProgress(predicted, count)
    growth = None if work.rule is None else _Growing(work.rule, progress, estimate)
    doing = Batch(missing, out, choices.options(count), progress, backend, growth)
    try:
        with work.located():
            doing.run()
    finally:
        progress.close()
    rows = [_row(run, doing) for run in work.runs()]
    _print_outcome(rows, out, time.monotonic() - begun, work.rule, choices.as_json)
    if any(row["state"] in BAD for row in rows):
        raise typer.Exit(FAILED)


class _Growing:
    """Lets progress know what a stopping rule adds."""

    def __init__(
        self, rule: StoppingRule, progress: BatchProgress | Quiet, estimate: Estimate
    ) -> None:
        self._rule, self._progress, self._estimate = rule, progress, estimate
        progress.added({}, rule.told())

    def after(self, run: PlannedRun) -> list[PlannedRun]:
        """Takes that a run is over; returns what is to be run besides."""
        added = self._rule.after(run)
        predicted = {one.run_id: self._estimate.wall_s(one) for one in added}
        self._progress.added(predicted, self._rule.told())
        return added


def _row(run: PlannedRun, done: Batch) -> dict[str, Any]:
    outcome = done.outcomes.get(run.run_id)
    request = run.request
    return {
        "run_id": run.run_id,
        "scenario": request.scenario,
        "allocator": request.allocator,
        "seed": request.seed,
        "state": "skipped" if outcome is None else outcome.shown,
        "reason": f"{outcome.kind}: {outcome.message}" if outcome and outcome.kind else "",
        "setbacks": done.setbacks.get(run.run_id, []),
    }


def _print_outcome(
    rows: Sequence[Mapping[str, Any]],
    out: Path,
    wall_s: float,
    rule: StoppingRule | None,
    as_json: bool,
) -> None:
    states = ("ok", "skipped", *BAD)
    counted = {state: sum(row["state"] == state for row in rows) for state in states}
    if as_json:
        judged = {} if rule is None else {"until": until_entries(rule)}
        runs = {"counts": counted, "wall_s": wall_s, "runs": list(rows)}
        print_json({"out": str(out), **runs, **judged})
        return
    if rule is not None:
        print_tables(until_table(rule))
    for row in rows:
        for cause in row["setbacks"]:
            print(f"{row['run_id']} was tried again: {cause}")
    bad = [row for row in rows if row["state"] in BAD]
    if bad:
        columns = ("run_id", "scenario", "allocator", "seed", "state", "reason")
        cells = [tuple(str(row[name]) for name in columns) for row in bad]
        print_tables(make_table("Runs that failed or hung", columns, cells))
    print(
        f"{counted['ok']} runs ok, {counted['skipped']} ok before, {counted['failed']} failed, "
        f"{counted['hung']} hung, in {duration(wall_s)}; stored in {out}"
    )


def _print_plan(work: Work, out: Path, workers: int | None, as_json: bool) -> None:
    from pyctl.campaign.estimate import Estimate, total_s
    from pyctl.campaign.planned import varying
    from pyctl.campaign.states import stored_runs

    runs = work.runs()
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
    total = total_s(left, cores_or(workers))
    unknown = left.count(None)
    if as_json:
        totals = {"to_run": len(left), "predicted_s": total, "guessed": unknown}
        print_json({"out": str(out), "runs": rows, **totals})
        return
    print_tables(_plan_table(rows, names))
    guessed = f" ({unknown} without a past run: guessed as the mean of the others)"
    if total is None:
        time_text = f"unknown ({unknown} without a past run)"
    else:
        time_text = duration(total) + (guessed if unknown else "")
    print(f"{len(rows)} runs, {len(left)} to run, with {cores_or(workers)} workers: {time_text}")
    if work.rule is not None:
        print(work.rule.prospect())


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
