"""What a run and the model server tell each other, over a socket that both have proved to own.

Messages are pickles: they are read only after each side has shown that it knows the batch's secret.
"""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Literal

from agents.errors import AllocatorError
from agents.protocol import Allocator
from pyctl.errors import SlicebedError

# What is asked of an allocator before and while its episode lasts; values of instances count.
DECLARED = ("name", "needs_future", "history_length", "settings")


@dataclass(frozen=True)
class Open:
    """Makes an allocator for a new episode.

    Attributes:
        allocator: its class.
        values: its settings, as a plan or a command line gives them.
    """

    allocator: type[Allocator]
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Call:
    """Calls the episode's allocator."""

    method: Literal["reset", "act", "update"]
    argument: Any


@dataclass(frozen=True)
class Done:
    """What came of it.

    Attributes:
        value: that the call returned.
        declared: the allocator's attributes ``DECLARED``; after ``Open`` and ``reset`` only.
        is_told: whether ``update`` does anything; after ``Open`` only.
    """

    value: Any = None
    declared: Mapping[str, Any] | None = None
    is_told: bool = False


@dataclass(frozen=True)
class Fault:
    """An exception, as far as it can travel.

    Attributes:
        kind: name of its class.
        text: of it.
        trace: where it was raised.
        is_refusal: whether it is an ``AllocatorError``.
        ours: itself, if it is one of this package's.
    """

    kind: str
    text: str
    trace: str
    is_refusal: bool
    ours: SlicebedError | None

    @classmethod
    def of(cls, error: BaseException) -> Fault:
        """Describes an exception."""
        return cls(
            type(error).__name__,
            str(error),
            "".join(traceback.format_exception(error)),
            isinstance(error, AllocatorError),
            error if isinstance(error, SlicebedError) else None,
        )

    def exception(self) -> Exception:
        """Makes an exception with the name and text of the first; its class may be unknown here."""
        if self.ours is not None:
            return self.ours
        base = AllocatorError if self.is_refusal else Exception
        error: Exception = type(self.kind, (base,), {})(self.text)
        error.add_note(f"in the model server:\n{self.trace}")
        return error


Request = Open | Call
Reply = Done | Fault


def send(connection: Connection, message: Request | bytes) -> None:
    """Sends a message, or one that is packed already.

    Raises:
        OSError: the peer is gone.
    """
    connection.send_bytes(message if isinstance(message, bytes) else pickle.dumps(message))


def pack(reply: Reply) -> bytes:
    """Packs a reply; one that cannot travel becomes a fault that says so."""
    try:
        return pickle.dumps(reply)
    except Exception as error:  # noqa: BLE001 - objects of an allocator may raise anything
        told = TypeError(f"what it returned cannot be sent to the run: {error}")
        return pickle.dumps(Fault.of(told))


def receive(connection: Connection) -> Any:
    """Receives a message from a peer that was admitted.

    Raises:
        EOFError, OSError: the peer is gone.
    """
    return pickle.loads(connection.recv_bytes())  # noqa: S301 - the peer has proved itself
