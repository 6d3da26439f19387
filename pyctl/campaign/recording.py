"""A run's decisions as they were sent, and the states of a replay: messages of the wire in a file.

Each message comes after its length, 4 bytes little-endian; the simulation reads and writes the same
(``ns3-scenarios/exchange/replay-channel.h``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Self

from pyctl.campaign.errors import cannot_write
from pyctl.errors import ProtocolError
from pyctl.exchange import codec
from pyctl.exchange.codec import State
from pyctl.exchange.spaces import Space, fields_space

LENGTH_BYTES = 4


class DecisionFile:
    """Takes decisions one by one; a context manager that closes the file.

    Each is on its way to the disk before the simulation gets it, so that a run that comes to a bad
    end can be replayed to that end.
    """

    def __init__(self, path: Path, fields: Sequence[Mapping[str, Any]]) -> None:
        """Makes the file.

        Args:
            path: of the file.
            fields: the description's ``action``.

        Raises:
            StoreError: it cannot be written.
        """
        self._space = fields_space(fields)
        self._path = path
        try:
            self._file: IO[bytes] = path.open("wb", buffering=0)
        except OSError as error:
            raise cannot_write(path, error) from error

    def add(self, decision: Mapping[str, Any]) -> None:
        """Appends a decision.

        Raises:
            StoreError: it cannot be written.
        """
        message = codec.encode_action(decision, self._space)
        left = memoryview(len(message).to_bytes(LENGTH_BYTES, "little") + message)
        try:
            while left:  # a disk that is nearly full takes a part, and tells so with the rest
                left = left[self._file.write(left) :]
        except OSError as error:
            raise cannot_write(self._path, error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def read_states(path: Path, observation_space: Space) -> Iterator[State]:
    """Reads the states that a replay wrote.

    Args:
        path: of the file.
        observation_space: of the states.

    Raises:
        ProtocolError: the file is damaged.
    """
    with path.open("rb") as file:
        while head := file.read(LENGTH_BYTES):
            length = int.from_bytes(head, "little")
            message = file.read(length)
            if len(head) < LENGTH_BYTES or len(message) < length:
                raise ProtocolError(f"{path} ends within a message")
            yield codec.decode_state(message, observation_space)
