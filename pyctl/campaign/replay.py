"""Runs a stored run's simulation again from its decisions, with no agent."""

from __future__ import annotations

import json
import shlex
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyctl.campaign import store
from pyctl.campaign.digest import kpi_sha256
from pyctl.campaign.errors import StoreError
from pyctl.campaign.recording import read_states
from pyctl.exchange.spaces import fields_space
from pyctl.launch.installed import scenario_binary
from pyctl.launch.scenarios import parameter_arguments
from pyctl.launch.watched import failure_of, shell_status


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
        StoreError: it is not the folder of a run, or has no decisions.
    """
    config = _read_json(run / store.CONFIG)
    decisions = run / store.DECISIONS
    if not decisions.is_file():
        raise StoreError(f"{run} has no {store.DECISIONS}: its decisions were not recorded")
    parameters = dict(config["parameters"])
    for name, file in store.LOAD_FILES.items():
        if (run / file).is_file():
            parameters[name] = str((run / file).absolute())
    return [
        str(scenario_binary(config["scenario"])),
        *parameter_arguments(parameters),
        f"--RngRun={config['seed']}",
        f"--replay={decisions.absolute()}",
    ]


def replay(run: Path) -> Replay:
    """Plays a run's decisions and digests what they measure.

    Raises:
        StoreError: ``run`` is no run, or has no decisions.
        SimulationError: the simulation fails.
    """
    arguments = replay_arguments(run)
    description = _read_json(run / store.DESCRIPTION)
    with tempfile.TemporaryDirectory(prefix="slicebed-") as folder:
        states = Path(folder, "states.bin")
        done = subprocess.run(
            [*arguments, f"--record={states}"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        if done.returncode != 0:
            status = shell_status(done.returncode)
            raise failure_of(arguments[0], status, done.stderr[-2000:], shlex.join(arguments))
        return _compare(run, states, description)


def _compare(run: Path, states: Path, description: Mapping[str, Any]) -> Replay:
    space = fields_space(description["observation"])
    observed = [state.observation for state in read_states(states, space)][1:]  # 0: nothing yet
    summary = run / store.SUMMARY
    return Replay(
        steps=len(observed),
        kpi_sha256=kpi_sha256(enumerate(observed, start=1)),
        recorded_sha256=_read_json(summary)["kpi_sha256"] if summary.is_file() else None,
    )


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise StoreError(
            f"{path.parent} is not the folder of a run: {path.name}: {error}"
        ) from error
    return value
