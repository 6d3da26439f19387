"""Runs a stored run's simulation again from its decisions, with no agent."""

from __future__ import annotations

import json
import os
import shlex
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pyctl.campaign import store
from pyctl.campaign.digest import kpi_sha256
from pyctl.campaign.errors import StoreError
from pyctl.campaign.recording import read_states
from pyctl.errors import SimulationHung
from pyctl.exchange.spaces import Space, fields_space
from pyctl.launch.installed import scenario_binary
from pyctl.launch.process import SimulationProcess
from pyctl.launch.scenarios import parameter_arguments
from pyctl.launch.watched import TIMEOUT_S

LOOK_S = 0.1

Part = TypeVar("Part")


@dataclass(frozen=True)
class Replay:
    """What came of a replay.

    Attributes:
        steps: intervals that were simulated.
        kpi_sha256: digest of what they measured.
        recorded_sha256: digest of what the run measured, or None if it did not end well.
    """

    steps: int
    kpi_sha256: str
    recorded_sha256: str | None

    @property
    def same(self) -> bool | None:
        """Tells whether both measured the same; None where there is nothing to compare with."""
        return None if self.recorded_sha256 is None else self.kpi_sha256 == self.recorded_sha256


def replay_arguments(run: Path) -> list[str]:
    """Writes the command line that plays a run's decisions.

    Args:
        run: folder of the run, whichever state it ended in.

    Raises:
        StoreError: it is not the folder of a run, is damaged, or has no decisions.
    """
    config = run / store.CONFIG
    scenario = _read(config, "scenario", str)
    parameters = dict(_read(config, "parameters", dict))
    seed = _read(config, "seed", int)
    decisions = run / store.DECISIONS
    if not decisions.is_file():
        raise StoreError(f"{run} has no {store.DECISIONS}: its decisions were not recorded")
    for name, file in store.LOAD_FILES.items():
        if (run / file).is_file():
            parameters[name] = str((run / file).absolute())
    return [
        str(scenario_binary(scenario)),
        *parameter_arguments(parameters),
        f"--RngRun={seed}",
        f"--replay={decisions.absolute()}",
    ]


def replay(run: Path, timeout_s: float = TIMEOUT_S) -> Replay:
    """Plays a run's decisions and digests what they measure.

    Args:
        run: folder of the run, whichever state it ended in.
        timeout_s: how long the simulation may take to start, and for one interval [s].

    Raises:
        StoreError: ``run`` is no run, is damaged, or has no decisions.
        SimulationError: the simulation fails.
        SimulationHung: it takes too long.
    """
    arguments = replay_arguments(run)
    space = _observation_space(run / store.DESCRIPTION)
    summary = run / store.SUMMARY
    recorded = _read(summary, "kpi_sha256", str) if summary.exists() else None
    # Without a name: nothing of it is left, however this process ends.
    with tempfile.TemporaryFile() as file:
        states = Path(f"/proc/{os.getpid()}/fd/{file.fileno()}")
        process = SimulationProcess(
            [*arguments, f"--record={states}"], command=shlex.join(arguments)
        )
        try:
            _await_end(process, states, timeout_s)
        finally:
            process.stop(ask_s=0)
        observed = [state.observation for state in read_states(states, space)][1:]  # 0: nothing yet
    return Replay(len(observed), kpi_sha256(enumerate(observed, start=1)), recorded)


def _await_end(process: SimulationProcess, states: Path, timeout_s: float) -> None:
    """Waits until all decisions are played; each adds a state to the file."""
    written, due_s = 0, time.monotonic() + timeout_s
    while (status := process.wait(LOOK_S)) is None:
        now_written, now_s = states.stat().st_size, time.monotonic()
        if now_written > written:
            written, due_s = now_written, now_s + timeout_s
        elif now_s > due_s:
            raise SimulationHung(
                f"no interval ended within {timeout_s:g} s; timeout_s (slicebed replay --timeout) "
                "says how long to wait",
                stderr_tail=process.tail(),
                command=process.command,
            )
    if status != 0:
        raise process.failure(status)


def _observation_space(description: Path) -> Space:
    fields = _read(description, "observation", list)
    try:
        return fields_space(fields)
    except (KeyError, TypeError, ValueError) as error:
        raise StoreError(
            f"{description} is damaged: observation is no list of fields: {error!r}"
        ) from error


def _read(path: Path, name: str, kind: type[Part]) -> Part:
    """Reads an entry of one of the run's JSON files."""
    try:
        values = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise StoreError(
            f"{path.parent} is not the folder of a run: {path.name}: {error}"
        ) from error
    value = values.get(name) if isinstance(values, dict) else None
    if not isinstance(value, kind):
        raise StoreError(f"{path} is damaged: {name} is {value!r}; {_KINDS[kind]} is required")
    return value


_KINDS: dict[type, str] = {
    str: "a text",
    int: "a whole number",
    dict: "an object",
    list: "a list",
}
