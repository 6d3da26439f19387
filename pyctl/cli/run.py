"""``slicebed run``: one scenario, one allocator, one seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from pyctl.cli.output import print_json
from pyctl.cli.timeout import Timeout
from pyctl.cli.track import Track, trackers
from pyctl.launch.watched import TIMEOUT_S
from pyctl.seeds import MAX_SEED

if TYPE_CHECKING:
    from pyctl.campaign.offered import TraceChoice
    from pyctl.campaign.prepare import Reach, RunConfig
    from pyctl.campaign.runner import RunResult
    from pyctl.cli.run_file import RunFile
    from pyctl.tracking.names import TrackerName

DEFAULT_OUT = Path("results")


def run(
    scenario: Annotated[
        str | None, typer.Argument(help="Name, as in `slicebed list`.", show_default=False)
    ] = None,
    allocator: Annotated[
        str | None, typer.Option(help="Name, as in `slicebed list`.", show_default=False)
    ] = None,
    sets: Annotated[
        list[str] | None,
        typer.Option("--set", help="Parameter of the scenario, key=value; repeatable."),
    ] = None,
    radio: Annotated[
        str | None,
        typer.Option(help="The same as --set radio=...: cell or lte.", show_default=False),
    ] = None,
    allocator_sets: Annotated[
        list[str] | None,
        typer.Option("--allocator-set", help="Setting of the allocator, key=value; repeatable."),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(min=0, max=MAX_SEED, help="Picks the random streams; 1 if not given."),
    ] = None,
    trace: Annotated[
        Path | None,
        typer.Option(help="Data set that drives the offered load; see `slicebed data list`."),
    ] = None,
    trace_squares: Annotated[
        str | None,
        typer.Option(
            help="Series of the trace, one a slice or edge: Milan's squares, PlanetLab's VMs."
        ),
    ] = None,
    channel: Annotated[
        Literal["shm", "zmq", "ipc"],
        typer.Option(
            help="Shared memory, or ZeroMQ over TCP or a Unix socket; the results are the same."
        ),
    ] = "shm",
    listen: Annotated[
        str | None,
        typer.Option(
            help="Wait at tcp://HOST:PORT for a simulation that `slicebed simulate` starts, on "
            "another host perhaps, in place of starting one.",
            show_default=False,
        ),
    ] = None,
    curve: Annotated[
        bool, typer.Option("--curve", help="With --listen: encrypt; a key is printed.")
    ] = False,
    sim_log: Annotated[
        str | None,
        typer.Option(help="What ns-3 logs, as NS_LOG: TcpSocketBase=info:...", show_default=False),
    ] = None,
    attach: Annotated[
        bool,
        typer.Option(
            "--attach",
            "--gdb",
            help="Print how to attach a debugger, and wait for it, no time-out.",
        ),
    ] = False,
    timeout: Timeout = TIMEOUT_S,
    config: Annotated[
        Path | None,
        typer.Option(help="YAML file with scenario, allocator, set, allocator_set, seed."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Store; the run gets a folder in it.")] = DEFAULT_OUT,
    track: Track = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress.")] = False,
) -> None:
    """Run a scenario with an allocator and store the run."""
    from pyctl.campaign.prepare import Reach
    from pyctl.cli.run_file import RunFile

    file = RunFile.read(config) if config else RunFile()
    assigned = [*(sets or []), *([f"radio={radio}"] if radio is not None else [])]
    words = _Words(scenario, allocator, assigned, allocator_sets or [], seed)
    reach = Reach(channel, listen, curve, sim_log, attach, timeout)
    request = _request(file, words, _trace(trace, trace_squares), reach)
    with file.located(words.overridden()):
        result = execute(request, out, quiet, trackers(track))
    if as_json:
        print_json(json_summary(result))
    else:
        _print_summary(request, result)


def execute(
    request: RunConfig, out: Path, quiet: bool, track: Sequence[TrackerName] = ()
) -> RunResult:
    """Runs with progress on standard error."""
    from pyctl.campaign.runner import run_once
    from pyctl.cli.progress import Progress

    progress = Progress(f"{request.scenario} {request.allocator} seed {request.seed}")
    try:
        return run_once(request, out, on_step=None if quiet else progress, track=track)
    finally:
        if not quiet:
            progress.close()


def json_summary(result: RunResult) -> dict[str, Any]:
    """Makes the object that ``--json`` prints."""
    return {
        **result.summary,
        "run_id": result.run_id,
        "run_dir": str(result.folder),
        "provenance": result.provenance,
    }


@dataclass(frozen=True)
class _Words:
    """What a file could say as well."""

    scenario: str | None
    allocator: str | None
    sets: list[str]
    allocator_sets: list[str]
    seed: int | None

    def parameters(self) -> dict[str, str]:
        from pyctl.campaign.settings import parse_assignments

        return parse_assignments(self.sets, "--set")

    def settings(self) -> dict[str, str]:
        from pyctl.campaign.settings import parse_assignments

        return parse_assignments(self.allocator_sets, "--allocator-set")

    def overridden(self) -> set[str]:
        given = {"scenario": self.scenario, "allocator": self.allocator}
        names = {name for name, value in given.items() if value is not None}
        return names | set(self.parameters()) | set(self.settings())


def _request(file: RunFile, words: _Words, trace: TraceChoice | None, reach: Reach) -> RunConfig:
    """Joins file and command line; the latter wins."""
    from pyctl.campaign.prepare import RunConfig

    return RunConfig(
        scenario=_required("scenario", words.scenario or file.scenario, "its name"),
        allocator=_required("allocator", words.allocator or file.allocator, "--allocator NAME"),
        parameters={**file.set, **words.parameters()},
        settings={**file.allocator_set, **words.settings()},
        seed=file.seed if words.seed is None else words.seed,
        trace=trace,
        reach=reach,
    )


def _required(what: str, name: str | None, how: str) -> str:
    from pyctl.errors import UsageError

    if name is None:
        raise UsageError(f"no {what}: give {how} or --config FILE; `slicebed list` has the names")
    return name


def _trace(path: Path | None, squares: str | None) -> TraceChoice | None:
    from pyctl.campaign.offered import TraceChoice
    from pyctl.errors import UsageError

    if path is None:
        if squares is not None:
            raise UsageError("--trace-squares needs --trace PATH")
        return None
    try:
        numbers = tuple(int(part) for part in squares.split(",")) if squares else None
    except ValueError:
        raise UsageError(
            f"--trace-squares {squares}: whole numbers separated by commas are required"
        ) from None
    return TraceChoice(path, numbers)


def _print_summary(request: RunConfig, result: RunResult) -> None:
    from pyctl.cli.output import print_tables
    from pyctl.cli.summary import slice_table, totals_lines

    title = f"{request.scenario}, allocator {request.allocator}, seed {request.seed}"
    print_tables(slice_table(title, result.summary))
    for line in totals_lines(result.summary):
        print(line)
    print(f"stored in {result.folder}")
