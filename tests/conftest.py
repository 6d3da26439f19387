"""What tests of several folders share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from pyctl.errors import SlicebedError
from pyctl.launch.installed import descriptor_path, scenario_binary

# Simulations that were asked to end may take this long to be gone.
GONE_S = 5.0


def pytest_configure() -> None:
    """Says at once what is missing, in place of an import error in each file."""
    try:
        descriptor_path()
        scenario_binary("loopback")
    except SlicebedError as error:
        pytest.exit(f"the tests need the compiled scenarios: {error}", returncode=3)


@pytest.fixture(scope="session")
def loopback_binary() -> Path:
    """The real C++ scenario ``loopback``."""
    return scenario_binary("loopback")


@pytest.fixture
def nothing_left() -> Iterator[None]:
    """Fails a test that leaves a child process or a socket folder behind."""
    before = leftovers()
    yield
    processes, _ = psutil.wait_procs(
        psutil.Process().children(recursive=True), timeout=GONE_S
    )[::-1]
    new = leftovers() - before
    assert new == set()
    del processes


def leftovers() -> set[str]:
    """Lists the child processes and the socket folders of this process's user."""
    children = {f"{c.pid} {c.name()}" for c in psutil.Process().children(recursive=True)}
    temporary = Path(os.environ.get("TMPDIR", "/tmp"))  # noqa: S108 - as the code under test
    return children | {str(path) for path in temporary.glob("slicebed-*") if path.is_dir()}
