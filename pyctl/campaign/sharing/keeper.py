"""Keeps a model server alive as long as a batch lasts."""

from __future__ import annotations

from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess

from pyctl.campaign.backends.backend import BackendError
from pyctl.campaign.backends.spawned import spawn
from pyctl.campaign.sharing.door import Door
from pyctl.campaign.sharing.server import serve

MOST_FAILED_STARTS = 3  # one after the other
END_S = 5.0


class Keeper:
    """Starts the server, and starts it again when it is gone.

    The listening socket stays here: runs that connect while there is no server wait for the next.

    Attributes:
        door: for the batch's workers.
    """

    def __init__(self, threads: int) -> None:
        """Opens the door; ``tend`` starts the server.

        Args:
            threads: that torch may use there.
        """
        self.door = Door()
        self._threads = threads
        self._listening = self.door.listen()
        self._process: SpawnProcess | None = None
        self._lifeline: Connection | None = None
        self._failed_starts = 0

    @property
    def pid(self) -> int | None:
        """Process id of the server; None before the first."""
        return None if self._process is None else self._process.pid

    def told(self) -> str:
        """Says what it does, in a line."""
        return f"one process decides for all runs (threads: {self._threads})"

    def tend(self) -> None:
        """Starts the server if none runs.

        Raises:
            BackendError: it ends again and again before it is ready.
        """
        if self._process is not None and self._process.is_alive():
            return
        if self._process is not None and not self._was_ready():
            self._failed_starts += 1
            if self._failed_starts >= MOST_FAILED_STARTS:
                raise BackendError(
                    f"{self._failed_starts} model servers one after the other ended before they "
                    f"were ready: exit status {self._process.exitcode}"
                )
        self._start()

    def close(self) -> None:
        """Ends the server."""
        self._listening.close()
        if self._lifeline is not None:
            self._lifeline.close()
        if self._process is not None:
            self._process.join(END_S)
            self._process.kill()
            self._process.join()

    def _was_ready(self) -> bool:
        """Looks for the server's word that it was; it says nothing else."""
        lifeline = self._lifeline
        if lifeline is None or not lifeline.poll():
            return False
        try:
            lifeline.recv()
        except (EOFError, OSError):
            return False
        self._failed_starts = 0
        return True

    def _start(self) -> None:
        if self._lifeline is not None:
            self._lifeline.close()
        self._process, self._lifeline = spawn(serve, self._listening, self.door, self._threads)
