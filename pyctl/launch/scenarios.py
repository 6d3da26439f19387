"""The installed scenarios: their names, their descriptions, and checks of their parameters.

A scenario describes itself: ``slicebed-<name> --describe`` prints a JSON object.
"""

from __future__ import annotations

import json
import math
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from pyctl.errors import SimulationCrashed, SimulationHung, UnknownName, UsageError
from pyctl.launch.installed import scenario_binary, scenario_names
from pyctl.launch.watched import failure_of, shell_status

DESCRIBE_TIMEOUT_S = 120.0
CACHED = 256
# Names of what a simulation writes change nothing of what the scenario says of itself.
WRITTEN = ("topology_file",)


@dataclass(frozen=True)
class Description:
    """What a scenario says of itself with given parameters.

    Attributes:
        raw: the JSON object; shared, not to be changed.
    """

    raw: Mapping[str, Any]

    @property
    def parameters(self) -> dict[str, Mapping[str, Any]]:
        """Returns the parameters by name."""
        return {entry["name"]: entry for entry in self.raw["parameters"]}


def list_scenarios() -> list[str]:
    """Returns the names of the installed scenarios, sorted."""
    return scenario_names()


def describe(name: str, parameters: Mapping[str, Any] | None = None) -> Description:
    """Asks a scenario for its description; asked once for the same parameters.

    Args:
        name: of the scenario.
        parameters: values, or texts as on the command line.

    Raises:
        UnknownName: there is no such scenario.
        UsageError: the scenario refuses the parameters.
        SimulationError: it does not print a description.
    """
    binary = scenario_binary(name)
    built = binary.stat().st_mtime_ns
    told = {key: value for key, value in (parameters or {}).items() if key not in WRITTEN}
    return Description(_describe(binary, built, tuple(parameter_arguments(told))))


def parameter_arguments(parameters: Mapping[str, Any]) -> list[str]:
    """Writes parameters as the scenario binaries read them: ``--name=value``."""
    return [f"--{name}={_text(value)}" for name, value in parameters.items()]


def check_parameters(name: str, parameters: Mapping[str, Any]) -> None:
    """Checks names, types and ranges of parameters without running the scenario.

    Names of ns-3 itself (``ns3::Class::Attribute``) are left to the scenario.

    Raises:
        UnknownName: the scenario has no such parameter; names the nearest.
        UsageError: a value is not of its parameter's type or range.
    """
    known = describe(name).parameters
    for key, value in parameters.items():
        if key.startswith("ns3::"):
            continue
        if key not in known:
            raise UnknownName(f"parameter of scenario {name}", key, known)
        _check_value(known[key], value)


def log_components(name: str) -> list[str]:
    """Asks a scenario what it can log by, as ``NS_LOG`` names it.

    Raises:
        UnknownName: there is no such scenario.
        SimulationError: it does not tell.
    """
    binary = scenario_binary(name)
    return _log_components(binary, binary.stat().st_mtime_ns).split()


@lru_cache(maxsize=CACHED)
def _log_components(binary: Path, built: int) -> str:  # noqa: ARG001
    return _ask([str(binary), "--log_components"])


@lru_cache(maxsize=CACHED)
def _describe(binary: Path, built: int, arguments: tuple[str, ...]) -> Mapping[str, Any]:  # noqa: ARG001
    command = [str(binary), *arguments, "--describe"]
    printed = _ask(command)
    try:
        description: Mapping[str, Any] = json.loads(printed)
    except ValueError as error:
        raise SimulationCrashed(
            f"what {binary.name} printed is no JSON description: {error}",
            exit_status_sim=0,
            stderr_tail=printed[-2000:],
            command=shlex.join(command),
        ) from error
    return description


def _ask(command: Sequence[str]) -> str:
    """Returns what a scenario prints about itself."""
    binary = Path(command[0])
    try:
        result = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=DESCRIBE_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise SimulationHung(
            f"{binary.name} told nothing of itself within {DESCRIBE_TIMEOUT_S:g} s",
            command=shlex.join(command),
        ) from error
    except OSError as error:
        raise UsageError(
            f"{binary}: {error.strerror}; a program that can run is required"
        ) from error
    if result.returncode != 0:
        raise failure_of(
            binary.name, shell_status(result.returncode), result.stderr[-2000:], shlex.join(command)
        )
    return result.stdout


def _check_value(parameter: Mapping[str, Any], value: Any) -> None:
    number = _READERS[parameter["type"]](value)
    if number is None:
        raise UsageError(
            f"{parameter['name']} is {value!r}; {_KINDS[parameter['type']]}{_range(parameter)} "
            "is required"
        )
    low, high = parameter.get("low"), parameter.get("high")
    if (low is not None and number < low) or (high is not None and number > high):
        raise UsageError(
            f"{parameter['name']} is {value}; {_KINDS[parameter['type']]}{_range(parameter)} "
            "is required"
        )


def _read_int(value: Any) -> int | None:
    try:
        if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
            return None
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _read_float(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) and not isinstance(value, bool) else None


def _read_bool(value: Any) -> float | None:
    return {"true": 1, "false": 0, "1": 1, "0": 0}.get(_text(value))


def _read_string(value: Any) -> float | None:
    return 0 if isinstance(value, str | Path) else None


_READERS = {"int": _read_int, "float": _read_float, "bool": _read_bool, "string": _read_string}
_KINDS = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "string": "a text",
}


def _range(parameter: Mapping[str, Any]) -> str:
    low, high = parameter.get("low"), parameter.get("high")
    if low is None and high is None:
        return ""
    if low is None:
        return f" of at most {high:g}"
    return f" of at least {low:g}" if high is None else f" from {low:g} to {high:g}"


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))  # 3.0 is a whole number to the scenario as well
    return str(value)
