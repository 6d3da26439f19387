"""One run, from what the user asks for to its folder in the store."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from pyctl.campaign import store
from pyctl.campaign.episode import EpisodeEnd, Simulation, StepReport, run_episode
from pyctl.campaign.errors import BY_USER, StoreError, cannot_write
from pyctl.campaign.interrupts import Interrupts
from pyctl.campaign.prepare import (
    TOPOLOGY_FILE,
    TRANSPORTS,
    PreparedRun,
    RunConfig,
    prepare,
    repeat_command,
)
from pyctl.campaign.provenance import provenance
from pyctl.campaign.recorder import Recorder
from pyctl.campaign.recording import DecisionFile
from pyctl.campaign.settings import MakeAllocator, make_allocator
from pyctl.campaign.summary import run_summary
from pyctl.campaign.tables import write_table
from pyctl.errors import SimulationError
from pyctl.tracking.names import TrackerName
from pyctl.tracking.runs import RunTracking


class ClosableSimulation(Simulation, Protocol):
    """A simulation that ends when it is closed."""

    def close(self) -> None:
        """Ends it."""


OpenSimulation = Callable[[PreparedRun, Path], ClosableSimulation]


@dataclass(frozen=True)
class RunResult:
    """A run that ended well.

    Attributes:
        run_id: its name.
        folder: where it is stored.
        summary: what ``summary.json`` holds.
        provenance: what ``provenance.json`` holds.
    """

    run_id: str
    folder: Path
    summary: Mapping[str, Any]
    provenance: Mapping[str, Any]


def run_once(
    request: RunConfig,
    out: Path,
    on_step: Callable[[StepReport], None] | None = None,
    open_simulation: OpenSimulation | None = None,
    make: MakeAllocator | None = None,
    track: Sequence[TrackerName] = (),
    why_interrupted: Callable[[], str] = lambda: BY_USER,
) -> RunResult:
    """Runs a scenario with an allocator and stores the run as ``out/<run_id>``.

    A run that fails leaves ``<run_id>.failed``, one that the user interrupts
    ``<run_id>.interrupted``, with the log and the intervals until then.

    Args:
        request: what to run.
        out: the store; made if missing.
        on_step: called after each interval.
        open_simulation: starts the simulation; None for the scenario's binary.
        make: makes an allocator that other runs share a process with; None for one of its own.
        track: who shows the run's figures while it lasts; changes nothing of the results.
        why_interrupted: says what a KeyboardInterrupt came from.

    Raises:
        UsageError: before anything is started or written.
        SlicebedError: the run failed.
        StoreError: the folder cannot be written.
    """
    prepared = prepare(request, make or make_allocator)
    origin = {
        **provenance(prepared.description, repeat_command(request, out)),
        "data": prepared.data,
        "channel": request.reach.channel,
        "shared_model": make is not None,
    }
    opener = open_simulation or _open_simulation
    tracking = RunTracking(track, out, prepared.config, prepared.context)
    with tracking, Interrupts() as interrupts:
        folder = store.PendingRun(out, prepared.config)
        recorder = Recorder(prepared.context, tracking.interval)
        try:
            with interrupts.allowed():
                tracking.begin()
                summary = _fill(prepared, folder, recorder, origin, on_step, opener)
            target = folder.commit("ok")
        except KeyboardInterrupt as interrupt:
            record = {"error": str(interrupt) or why_interrupted()}
            _keep_unfinished(folder, recorder, "interrupted", record)
            raise
        except Exception as error:
            # What a full disk has stopped did not fail by itself.
            state: store.State = "interrupted" if isinstance(error, StoreError) else "failed"
            if isinstance(error, SimulationError):  # its files will be where the folder is put
                final = store.folder_of(out, folder.run_id, state).absolute()
                error.command = error.command.replace(str(folder.path), str(final))
            _keep_unfinished(folder, recorder, state, _error_record(error))
            raise
        tracking.summary(summary)
    return RunResult(folder.run_id, target, summary, origin)


def _fill(
    prepared: PreparedRun,
    folder: store.PendingRun,
    recorder: Recorder,
    origin: Mapping[str, Any],
    on_step: Callable[[StepReport], None] | None,
    open_simulation: OpenSimulation,
) -> dict[str, Any]:
    """Runs the simulation and writes all files of the run; returns its summary."""
    begun = time.perf_counter()
    folder.write_json(store.PROVENANCE, origin)
    folder.write_json(store.DESCRIPTION, prepared.description)
    end = _play(prepared, folder, recorder, on_step, open_simulation)
    wall_s = time.perf_counter() - begun
    _write_tables(folder, recorder)
    summary = run_summary(prepared.config, prepared.description, recorder, end, wall_s)
    folder.write_json(store.SUMMARY, summary)
    return summary


def _play(
    prepared: PreparedRun,
    folder: store.PendingRun,
    recorder: Recorder,
    on_step: Callable[[StepReport], None] | None,
    open_simulation: OpenSimulation,
) -> EpisodeEnd:
    decisions = DecisionFile(folder.path / store.DECISIONS, prepared.description["action"])
    for name, text in prepared.load.files().items():
        folder.write_text(store.LOAD_FILES[name], text)
    simulation = open_simulation(prepared, folder.path)
    try:
        with decisions:
            return run_episode(
                simulation,
                prepared.allocator,
                prepared.context,
                recorder,
                on_step,
                on_decision=decisions.add,
            )
    finally:
        simulation.close()


def _open_simulation(prepared: PreparedRun, folder: Path) -> ClosableSimulation:
    from pyctl.env.awaited import AwaitedEnv
    from pyctl.env.cosim import CoSimEnv

    request, reach = prepared.request, prepared.request.reach
    parameters = dict(request.parameters)
    if reach.listen is not None:
        # Its files are those of its own host.
        return AwaitedEnv(
            request.scenario,
            parameters,
            seed=request.seed,
            address=reach.listen,
            curve=reach.curve,
            timeout_s=reach.timeout_s,
        )
    names = {entry["name"] for entry in prepared.description["parameters"]}
    for name in prepared.load.files():
        parameters[name] = str(folder / store.LOAD_FILES[name])
    if TOPOLOGY_FILE in names:
        parameters[TOPOLOGY_FILE] = str(folder / store.TOPOLOGY)
    return CoSimEnv(
        request.scenario,
        parameters,
        seed=request.seed,
        transport=TRANSPORTS[reach.channel],
        log_path=folder / store.LOG,
        timeout_s=reach.timeout_s,
        sim_log=reach.sim_log,
        attach=reach.attach,
    )


def _write_tables(folder: store.PendingRun, recorder: Recorder) -> None:
    tables = {
        store.STEPS: recorder.steps(),
        store.INTERVALS: recorder.intervals(),
        store.HISTOGRAMS: recorder.histograms(),
    }
    try:
        for name, table in tables.items():
            if table is not None:
                write_table(table, folder.path / name)
    except OSError as error:
        raise cannot_write(folder.path / name, error) from error


def _keep_unfinished(
    folder: store.PendingRun, recorder: Recorder, state: store.State, record: dict[str, Any]
) -> None:
    """Stores what there is of a run that did not end; its own trouble does not hide the cause."""
    if not folder.is_pending:
        return  # it is in place; what went wrong came later
    try:
        if recorder.records:
            _write_tables(folder, recorder)
        folder.write_json(store.ERROR, {**record, "steps_done": len(recorder.records)})
        folder.commit(state)
    except StoreError as trouble:
        print(f"slicebed: warning: {trouble}; left in {folder.path}", file=sys.stderr)


def _error_record(error: Exception) -> dict[str, Any]:
    record: dict[str, Any] = {"error": str(error), "kind": type(error).__name__}
    if isinstance(error, SimulationError):
        record["error"] = error.message
        record["exit_status"] = error.exit_status_sim
        record["stderr_tail"] = error.stderr_tail
        record["command"] = error.command
    return record
