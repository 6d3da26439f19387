"""The command ``slicebed``: its sub-commands, and how errors leave it."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from typing import Any

import typer
from typer.core import TyperGroup

from pyctl.campaign.interrupts import Terminated, terminate
from pyctl.cli import (
    batch,
    bench,
    compare,
    data,
    doctor,
    figures,
    html_report,
    quickstart,
    replay,
    reproduce,
    run,
    show,
    simulate,
    status,
    validate,
)
from pyctl.cli import list as list_command
from pyctl.errors import SlicebedError
from pyctl.last_collection import spare_last_collection

INTERRUPTED = 128 + signal.SIGINT
TERMINATED = 128 + signal.SIGTERM


class SlicebedGroup(TyperGroup):
    """Turns errors into one line on standard error and an exit status."""

    def invoke(self, ctx: Any) -> Any:
        """Runs a sub-command."""
        try:
            return super().invoke(ctx)
        except SlicebedError as error:
            if os.environ.get("SLICEBED_DEBUG") == "1":
                traceback.print_exc()
            print(f"slicebed: error: {error}", file=sys.stderr)
            raise typer.Exit(error.exit_status) from error
        except Terminated:
            print("slicebed: terminated", file=sys.stderr)
            raise typer.Exit(TERMINATED) from None
        except KeyboardInterrupt:
            print("slicebed: interrupted", file=sys.stderr)
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            # The reader (head, less) left; Python must not fail again when it flushes at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(0) from None


app = typer.Typer(
    name="slicebed",
    cls=SlicebedGroup,
    help="ns-3 co-simulation testbed for network-slice resource allocation.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # plain help is there in half the time
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("list")(list_command.list_all)
app.command("show")(show.show)
app.command("run")(run.run)
app.command("batch")(batch.batch)
app.command("resume")(batch.resume)
app.command("retry")(batch.retry)
app.command("status")(status.status)
app.command("export")(status.export)
app.command("plan-schema")(batch.plan_schema)
app.command("simulate")(simulate.simulate)
app.command("replay")(replay.replay)
app.command("figures")(figures.figures)
app.command("compare")(compare.compare)
app.command("reproduce")(reproduce.reproduce)
app.command("report")(html_report.report)
app.command("quickstart")(quickstart.quickstart)
app.command("doctor")(doctor.doctor)
app.add_typer(data.app, name="data")
app.add_typer(validate.app, name="validate")
app.add_typer(bench.app, name="bench")


def main() -> None:
    """Runs the command with the process's arguments."""
    signal.signal(signal.SIGTERM, terminate)
    try:
        app()
    finally:
        spare_last_collection()
