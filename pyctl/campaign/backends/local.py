"""Workers that are processes of this machine."""

from __future__ import annotations

import os
from collections.abc import Sequence
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path

from pyctl.campaign.backends.backend import Worker
from pyctl.campaign.backends.spawned import spawn
from pyctl.campaign.claims import Owner
from pyctl.campaign.sharing.door import Door
from pyctl.campaign.sharing.keeper import Keeper
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

    def __init__(self, out: Path, keeper: Keeper | None = None) -> None:
        """Takes the store.

        Args:
            out: the store.
            keeper: of the model server that all runs share; None if each decides by itself.
        """
        self._out = out
        self._keeper = keeper

    def told(self) -> str:
        """Says whether a model server decides."""
        return "" if self._keeper is None else self._keeper.told()

    def start(self) -> LocalWorker:
        """Spawns a worker.

        Raises:
            BackendError: the model server cannot be started.
        """
        self._tend()
        door = None if self._keeper is None else self._keeper.door
        process, ours = spawn(_work, self._out, door)
        return LocalWorker(process, ours)

    def welcome(self, workers: Sequence[Worker]) -> None:
        """Looks after the model server; a process has its connection from its beginning."""
        self._tend()

    def is_gone(self, owner: Owner) -> bool:
        """Knows nothing of other hosts."""
        return False

    def close(self) -> None:
        """Ends the model server."""
        if self._keeper is not None:
            self._keeper.close()

    def _tend(self) -> None:
        if self._keeper is not None:
            self._keeper.tend()


def _work(connection: Connection, out: Path, door: Door | None) -> None:
    if door is not None:
        # Read when torch is loaded: the cores are the server's, which decides.
        os.environ["OMP_NUM_THREADS"] = "1"
    work(connection, out, door)
