"""The socket of the model server: an address without a file; both sides prove themselves."""

from __future__ import annotations

import os
import secrets
import socket
import struct
from dataclasses import dataclass, field
from multiprocessing import AuthenticationError
from multiprocessing.connection import Connection, answer_challenge, deliver_challenge

from pyctl.errors import SlicebedError

SECRET_BYTES = 32
# A server that has just been started, or started again, may take this long to answer.
ANSWER_S = 120.0
CREDENTIALS = struct.Struct("3i")  # of a peer: process, user, group


class ModelServerLost(SlicebedError):
    """The process that decides is gone; it is started again."""


@dataclass(frozen=True)
class Door:
    """Where the server is, and the secret that both sides know.

    Attributes:
        address: in the abstract namespace of Unix sockets: it goes with its last process.
        secret: of the batch.
    """

    address: str = field(default_factory=lambda: f"\0slicebed-{secrets.token_hex(16)}")
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(SECRET_BYTES), repr=False)

    def listen(self) -> socket.socket:
        """Makes the socket that the server accepts from."""
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(self.address)
        listening.listen(socket.SOMAXCONN)
        return listening

    def connect(self) -> Connection:
        """Connects to the server.

        Raises:
            ModelServerLost: it does not answer.
        """
        peer = socket.socket(socket.AF_UNIX)
        try:
            peer.connect(self.address)
            connection = Connection(peer.detach())
        except OSError as error:
            peer.close()
            raise ModelServerLost(f"the model server is gone: {error.strerror}") from error
        try:
            if not connection.poll(ANSWER_S):
                raise EOFError
            answer_challenge(connection, self.secret)
            deliver_challenge(connection, self.secret)
        except (EOFError, OSError) as error:
            connection.close()
            raise ModelServerLost("the model server did not answer") from error
        return connection

    def admit(self, peer: socket.socket) -> Connection | None:
        """Lets a peer in that is of this user and knows the secret; None if it does not."""
        _, user, _ = CREDENTIALS.unpack(
            peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, CREDENTIALS.size)
        )
        connection = Connection(peer.detach())
        try:
            if user == os.getuid():
                deliver_challenge(connection, self.secret)
                answer_challenge(connection, self.secret)
                return connection
        except (OSError, EOFError, AuthenticationError):
            pass  # a stranger, or one that is gone: nothing was read of it but its answer
        connection.close()
        return None
