"""Starts the study programs ``slicebed-study-*`` and reads the JSON object that they print."""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Mapping
from typing import Any

from pyctl.errors import SimulationCrashed, SimulationHung, SlicebedError
from pyctl.launch.installed import binary_directory
from pyctl.launch.scenarios import parameter_arguments
from pyctl.launch.watched import failure_of, shell_status

PREFIX = "slicebed-study-"


def run_study(name: str, parameters: Mapping[str, Any], timeout_s: float) -> dict[str, Any]:
    """Runs a study program.

    Args:
        name: without the prefix.
        parameters: of the program.
        timeout_s: after which it is given up [s].

    Raises:
        SlicebedError: it is not installed, or prints no JSON object.
        SimulationCrashed: it failed.
        SimulationHung: it took longer than ``timeout_s``.
    """
    binary = binary_directory() / f"{PREFIX}{name}"
    if not binary.is_file():
        raise SlicebedError(f"{binary} is missing; run `make setup` in the checkout")
    command = [str(binary), *parameter_arguments(parameters)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=timeout_s, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise SimulationHung(f"{PREFIX}{name} took longer than {timeout_s:g} s") from error
    if done.returncode != 0:
        raise failure_of(
            command[0], shell_status(done.returncode), done.stderr, shlex.join(command)
        )
    try:
        value = json.loads(done.stdout)
    except ValueError as error:
        raise SimulationCrashed(f"{PREFIX}{name} printed no JSON: {done.stdout[:200]!r}") from error
    if not isinstance(value, dict):
        raise SimulationCrashed(f"{PREFIX}{name} printed no JSON object: {done.stdout[:200]!r}")
    return value
