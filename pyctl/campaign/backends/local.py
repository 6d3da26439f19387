"""Workers that are processes of this machine."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path

from pyctl.campaign.backends.backend import Worker
from pyctl.campaign.claims import Owner
from pyctl.campaign.worker import work

START_S = 120.0
LAST_S = 1.0  # between the end of a process's connection and its own, mostly much less


class LocalWorker:
    """A process that was spawned."""

    def __init__(self, process: SpawnProcess, connection: Connection) -> None:
        self.connection: Connection | None = connection
        self._process = process

    def kill(self) -> None:
        """Kills it."""
        self._process.kill()

    def lost(self) -> None:
        """Kills it after a moment in which it may end by itself: nobody hears of what it does."""
        self._process.join(LAST_S)
        self._process.kill()

    def gone(self) -> str | None:
        """Tells its exit status."""
        return None if self._process.is_alive() else f"exit status {self._process.exitcode}"


class LocalBackend:
    """Spawns processes.

    Attributes:
        start_s: a worker may take to be ready.
    """

    start_s: float | None = START_S

    def __init__(self, out: Path) -> None:
        """Takes the store."""
        self._out = out

    def told(self) -> str:
        """Has nothing to say."""
        return ""

    def start(self) -> LocalWorker:
        """Spawns a worker."""
        context = get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(theirs, self._out), daemon=True)
        # The worker leaves the terminal's process group; until then Ctrl-C is not for it.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        theirs.close()
        return LocalWorker(process, ours)

    def welcome(self, workers: Sequence[Worker]) -> None:
        """Does nothing: a process has its connection from its beginning."""

    def is_gone(self, owner: Owner) -> bool:
        """Knows nothing of other hosts."""
        return False

    def close(self) -> None:
        """Has nothing to let go of."""


def _work(connection: Connection, out: Path) -> None:
    os.setsid()
    # One that came while this process was being made was not for it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    work(connection, out)
