"""What tests of several folders share."""

from __future__ import annotations

import signal
import socket
import tempfile
from collections.abc import Iterator
from multiprocessing import resource_tracker
from pathlib import Path

import psutil
import pytest

from pyctl.errors import SlicebedError
from pyctl.launch.installed import descriptor_path, scenario_binary

# Simulations that were asked to end may take this long to be gone.
GONE_S = 5.0


def pytest_configure() -> None:
    """Says at once what is missing, in place of an import error in each file."""
    # What a shell started in the background ignores it, and so would all that the tests start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        descriptor_path()
        scenario_binary("loopback")
    except SlicebedError as error:
        pytest.exit(f"`make setup` first: the tests need the compiled scenarios: {error}", 3)


@pytest.fixture(scope="session")
def loopback_binary() -> Path:
    """The real C++ scenario ``loopback``."""
    return scenario_binary("loopback")


@pytest.fixture
def nothing_left(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """Gives a temporary folder; fails a test that leaves something in it, or a child process."""
    tmp_path_factory.getbasetemp()  # before the folder for temporary files changes
    # Sockets have short paths only: pytest's own folders are too deep.
    with tempfile.TemporaryDirectory(prefix="sb") as name:
        monkeypatch.setattr(tempfile, "tempdir", name)
        monkeypatch.setenv("TMPDIR", name)
        resource_tracker.ensure_running()  # of multiprocessing: one for as long as Python runs
        before = set(psutil.Process().children(recursive=True))
        yield Path(name)
        started = [p for p in psutil.Process().children(recursive=True) if p not in before]
        _, alive = psutil.wait_procs(started, timeout=GONE_S)
        assert alive == []
        assert sorted(Path(name).iterdir()) == []


@pytest.fixture
def unused_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
