"""``slicebed status`` and ``export``: what is in a store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, get_args

import typer

from pyctl.cli.output import make_table, print_json, print_tables
from pyctl.cli.run import DEFAULT_OUT
from pyctl.cli.until import until_entries, until_table

if TYPE_CHECKING:
    from pyctl.campaign.stopping import StoppingRule

Format = Literal["csv", "parquet"]


def status(
    results: Annotated[Path, typer.Argument(help="Store.")] = DEFAULT_OUT,
    plan: Annotated[
        Path | None, typer.Option(help="Say as well how far this plan's stopping rule is.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Count a store's runs by state; list those that are not ok, with reason and last lines."""
    from pyctl.campaign.states import counts, stored_runs

    runs = stored_runs(results)
    rule = None if plan is None else _rule_of(plan, results)
    others = [
        {
            "run_id": run.run_id,
            "state": run.state,
            "folder": str(run.folder),
            "reason": run.reason(),
            "last_lines": run.last_lines(),
        }
        for run in runs
        if run.state != "ok"
    ]
    counted = counts(runs)
    if as_json:
        ok = [run.run_id for run in runs if run.state == "ok"]
        judged = {} if rule is None else {"until": until_entries(rule)}
        print_json({"counts": counted, "ok": ok, "others": others, **judged})
        return
    print(f"{results}: " + ", ".join(f"{count} {state}" for state, count in counted.items()))
    if others:
        columns = ("run", "state", "reason", "last lines")
        cells = [
            (str(o["run_id"]), str(o["state"]), str(o["reason"]), "\n".join(o["last_lines"]))
            for o in others
        ]
        print_tables(make_table("", columns, cells))
    if rule is not None:
        print_tables(until_table(rule))


def _rule_of(plan: Path, results: Path) -> StoppingRule:
    """Reads a plan's rule.

    Raises:
        UsageError: the plan is wrong, or has none.
    """
    from pyctl.cli.batch_work import read_work
    from pyctl.errors import UsageError

    rule = read_work(plan, results).rule
    if rule is None:
        raise UsageError(f"{plan} has no key until: there is nothing to say of it")
    return rule


def _format_of(out: Path, given: Format | None) -> Format:
    """Takes the format of a file from its name, unless it is given.

    Raises:
        UsageError: the name ends otherwise, or in another one than the given.
    """
    from pyctl.errors import UsageError

    named = next((form for form in get_args(Format) if out.suffix == f".{form}"), None)
    if given is not None and named not in (None, given):
        raise UsageError(f"--format is {given}, and --out {out} ends in {out.suffix}; drop one")
    form = given or named
    if form is None:
        raise UsageError(f"--out is {out}; a name in .csv or .parquet is required, or --format")
    return form


def export(
    results: Annotated[Path, typer.Argument(help="Store.")] = DEFAULT_OUT,
    out: Annotated[Path, typer.Option(help="File to write.", show_default=False)] = Path(),
    form: Annotated[
        Format | None, typer.Option("--format", help="Of it; if not given, as its name ends.")
    ] = None,
) -> None:
    """Write one row for each finished run: its configuration and figures."""
    from analysis.errors import StoreReadError
    from analysis.run_table import run_table, write_table
    from pyctl.errors import UsageError

    if out == Path():
        raise UsageError("no file to write: give --out FILE")
    chosen = _format_of(out, form)
    try:
        table = run_table(results)
        write_table(table, out, chosen)
    except StoreReadError as error:
        raise UsageError(str(error)) from error
    print(f"{len(table)} runs, {len(table.columns)} columns in {out}")
