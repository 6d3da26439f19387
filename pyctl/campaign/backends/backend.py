"""What a batch needs of the place where its workers live.

A worker is a process that runs ``pyctl.campaign.worker.work`` at the other end of a connection:
what is said over it is the same everywhere. A backend starts workers, and knows which are gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Protocol

from pyctl.campaign.claims import Owner
from pyctl.errors import SlicebedError

# A run's simulation and its agent take turns: together they keep one core busy.
CORES_OF_A_RUN = 1


class BackendError(SlicebedError):
    """Workers cannot be had, or their scheduler does not answer."""


@dataclass(frozen=True)
class Needs:
    """What a worker occupies while it works.

    Attributes:
        gpus: share of a GPU; 0 for none.
    """

    gpus: float = 0.0


class Worker(Protocol):
    """A worker process, wherever it lives.

    Attributes:
        connection: to it; None until it is there.
    """

    connection: Connection | None

    def kill(self) -> None:
        """Ends it as soon as can be."""

    def lost(self) -> None:
        """Takes that the connection broke; the worker is gone, or will be."""

    def gone(self) -> str | None:
        """Tells how it ended; None while it may still live."""


class Backend(Protocol):
    """A place where workers live.

    Attributes:
        start_s: a worker may take this long to be ready; None where it may have to wait for others.
    """

    start_s: float | None

    def told(self) -> str:
        """Says where workers live, in a line; empty if that is plain."""

    def start(self) -> Worker:
        """Starts a worker.

        Raises:
            BackendError: it cannot be started.
        """

    def welcome(self, workers: Sequence[Worker]) -> None:
        """Gives workers that have come since their connection."""

    def is_gone(self, owner: Owner) -> bool:
        """Tells whether a process of another host is known to be gone."""

    def close(self) -> None:
        """Lets go of everything; no worker is left."""
