"""``slicebed replay``: a stored run's simulation again, from its decisions."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Annotated

import typer

from pyctl.cli.output import print_json
from pyctl.cli.timeout import Timeout
from pyctl.launch.watched import TIMEOUT_S


def replay(
    run: Annotated[Path, typer.Argument(help="Folder of the run.")],
    gdb: Annotated[
        bool, typer.Option("--gdb", help="Run it in the debugger gdb, in this terminal.")
    ] = False,
    timeout: Timeout = TIMEOUT_S,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Simulate a stored run again, with its decisions and no Python in the loop.

    In the debugger it may take any time.

    Exit status 1 if it measures something else than the run did.
    """
    from pyctl.campaign.replay import replay as play
    from pyctl.campaign.replay import replay_arguments

    if gdb:
        _debug(replay_arguments(run))
    result = play(run, timeout)
    if as_json:
        print_json(
            {
                "steps": result.steps,
                "kpi_sha256": result.kpi_sha256,
                "recorded_sha256": result.recorded_sha256,
                "same": result.same,
            }
        )
    else:
        verdict = {True: "the same as the run's", False: "NOT the run's", None: "the run has none"}
        print(f"{result.steps} intervals; KPI digest {result.kpi_sha256}: {verdict[result.same]}")
    if result.same is False:
        raise typer.Exit(1)


def _debug(arguments: list[str]) -> None:
    from pyctl.errors import UsageError

    debugger = shutil.which("gdb")
    if debugger is None:
        raise UsageError("--gdb: there is no gdb here; `apt-get install gdb` brings it")
    os.execv(debugger, [debugger, "--args", *arguments])  # noqa: S606 - becomes the debugger
