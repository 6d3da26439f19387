"""Finds what the build installed: scenario binaries and the wire's descriptor set.

``SLICEBED_BIN_DIR`` names another folder to look in, such as a build tree.
"""

from __future__ import annotations

import os
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from pyctl.errors import SlicebedError, UnknownName

BIN_DIR_VARIABLE = "SLICEBED_BIN_DIR"
PREFIX = "slicebed-"
DESCRIPTOR = "messages.desc"
NOT_SCENARIOS = frozenset({"test"})
PROGRAMS = ("study-", "fuzz-")  # those behind `bench` and `validate`, and fuzz targets
ADVICE = "run `make setup` in the checkout, or `pip install slicebed`"


def binary_directory() -> Path:
    """Returns the folder of the scenario binaries.

    Raises:
        SlicebedError: there is none.
    """
    override = os.environ.get(BIN_DIR_VARIABLE)
    folder = Path(override) if override else _installed("pyctl/bin")
    if not folder.is_dir():
        origin = f"{BIN_DIR_VARIABLE} is {override}" if override else f"{folder} is missing"
        raise SlicebedError(f"no scenario binaries: {origin}, not a folder; {ADVICE}")
    return folder


def scenario_names() -> list[str]:
    """Lists the installed scenarios by name, sorted."""
    names = {
        path.name.removeprefix(PREFIX)
        for path in binary_directory().glob(f"{PREFIX}*")
        if path.is_file() and os.access(path, os.X_OK) and not path.suffix
    }
    return sorted(name for name in names - NOT_SCENARIOS if not name.startswith(PROGRAMS))


def scenario_binary(name: str) -> Path:
    """Returns the binary of a scenario.

    Raises:
        UnknownName: there is no such scenario.
    """
    names = scenario_names()
    if name not in names:
        raise UnknownName("scenario", name, names)
    return binary_directory() / f"{PREFIX}{name}"


def descriptor_path() -> Path:
    """Returns the compiled description of the wire's messages.

    Raises:
        SlicebedError: it is missing.
    """
    override = os.environ.get(BIN_DIR_VARIABLE)
    if override and Path(override, DESCRIPTOR).is_file():
        return Path(override, DESCRIPTOR)
    path = _installed(f"pyctl/exchange/{DESCRIPTOR}")
    if not path.is_file():
        raise SlicebedError(f"the wire's description {path} is missing; {ADVICE}")
    return path


def _installed(relative: str) -> Path:
    return Path(str(_distribution().locate_file(relative)))


def _distribution() -> Distribution:
    try:
        return distribution("slicebed")
    except PackageNotFoundError:
        raise SlicebedError(f"the package slicebed is not installed; {ADVICE}") from None
