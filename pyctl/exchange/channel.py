"""Moves messages between an agent and one simulation; knows nothing of what they mean.

The agent listens (ZeroMQ REP), on the local host unless told otherwise; the simulation connects
(REQ). A message tells over which connection it came: once a simulation is admitted, others that
come are refused and disturb nothing. (A ROUTER tells it too, but takes three frames a message.)

Every wait has a deadline, and looks every ``POLL_S`` whether the simulation still lives.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import os
import secrets
import shutil
import tempfile
import time
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import zmq
from zmq.utils.monitor import recv_monitor_message

from pyctl.descriptors import require_descriptors
from pyctl.errors import ChannelTimeout, PeerDisconnected, ProtocolError, SlicebedError, UsageError
from pyctl.exchange.codec import MAX_MESSAGE_BYTES
from pyctl.exchange.spin import AdaptiveSpin

ZmqTransport = Literal["tcp", "ipc"]
Watch = Callable[[], None]

HOST = "127.0.0.1"
POLL_S = 0.05
# What a peer wrote just before it died may still be on its way up from the I/O thread.
LAST_WORDS_S = 0.2
LINGER_MS = 1000
NOBODY = -1  # a connection that is none
POLLIN = int(zmq.POLLIN)  # the flag itself takes microseconds
# A host that is lost says no farewell. Its kernel is asked, after 20 s of silence and then each
# 10 s, so that a process that computes, or is stopped, is waited for. zmq-channel.cc does likewise.
NOTICE_LOST_HOST = {
    zmq.TCP_KEEPALIVE: 1,
    zmq.TCP_KEEPALIVE_IDLE: 20,
    zmq.TCP_KEEPALIVE_INTVL: 10,
    zmq.TCP_KEEPALIVE_CNT: 3,
    zmq.TCP_MAXRT: 50_000,  # [ms] that what was sent may go without a sign of having arrived
}
# Why a handshake fails for want of the key: another one, or none.
WRONG_KEY = (
    zmq.PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC,
    zmq.PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH,
)
# Of a channel with its connection: most are ZeroMQ's own, of its threads and between them.
CHANNEL_DESCRIPTORS = 10

_numbers = itertools.count()  # of ipc sockets


class SocketFolder:
    """A folder for ``ipc`` sockets, private to this user; goes with the object or the agent.

    It is not there before ``made`` is called: who removes it if this process is killed can be told
    of it before.

    Attributes:
        path: of the folder.
    """

    def __init__(self) -> None:
        self.path = Path(tempfile.gettempdir(), f"slicebed-{secrets.token_hex(8)}")
        self.remove = weakref.finalize(self, _remove, self.path, os.getpid())
        self._is_made = False

    def made(self) -> Path:
        """Gives the folder, which is there from now on.

        Raises:
            UsageError: it cannot be made.
        """
        if not self._is_made:
            try:
                self.path.mkdir(mode=0o700)
            except OSError as error:
                raise UsageError(
                    f"TMPDIR: no folder can be made at {self.path}: {error.strerror}"
                ) from error
            self._is_made = True
        return self.path


class Channel:
    """A listening end for one simulation.

    Attributes:
        endpoint: where the simulation has to connect.
        port: of ``endpoint``; 0 for ``ipc``.
        curve_key: public key that the simulation needs, or None if nothing is encrypted.
    """

    def __init__(
        self,
        transport: ZmqTransport = "tcp",
        port: int = 0,
        folder: SocketFolder | None = None,
        host: str = HOST,
        curve: bool = False,
        on_wrong_key: Callable[[], None] | None = None,
    ) -> None:
        """Begins to listen.

        Args:
            transport: ``tcp`` on the local host, or ``ipc``, a socket in a private folder.
            port: of ``tcp``; 0 lets the system choose a free one.
            folder: of the ``ipc`` socket; None makes one for it alone.
            host: address of this host to listen at with ``tcp``; ``*`` for all of them.
            curve: whether to encrypt (ZeroMQ's CURVE), with a key pair made for this channel: who
                has not ``curve_key`` is not let in.
            on_wrong_key: called while waiting, the first time that somebody is not let in for want
                of the key.

        Raises:
            UsageError: the transport is unknown, the port is taken or none, or the limit of open
                files is too low.
        """
        require_descriptors(CHANNEL_DESCRIPTORS, "connections")
        self.port = 0
        self._own_folder: SocketFolder | None = None
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context(1)
        self._socket = self._context.socket(zmq.REP)
        self._socket.setsockopt(zmq.LINGER, LINGER_MS)
        self._socket.setsockopt(zmq.MAXMSGSIZE, MAX_MESSAGE_BYTES)
        for option, value in NOTICE_LOST_HOST.items():
            self._socket.setsockopt(option, value)
        self.curve_key: str | None = None
        if curve:
            self._encrypt()
        self._events = self._socket.get_monitor_socket(
            zmq.EVENT_ACCEPTED
            | zmq.EVENT_DISCONNECTED
            | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
            | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
        )
        self._on_wrong_key = on_wrong_key
        # Also when it is lost without close(): sockets that are open hang their context's end.
        self._shut = weakref.finalize(
            self, _shut, self._context, self._socket, self._events, os.getpid()
        )
        try:
            self.endpoint = self._bind(transport, port, folder, host)
        except BaseException:
            self.close()
            raise
        self._wait_ms = -1
        self._spin = AdaptiveSpin()
        self._connections: set[int] = set()  # file descriptors
        self._asker = NOBODY  # connection of who spoke last
        self._ahead: bytes | None = None  # a message that was asked for by ready()
        self._peer = NOBODY  # connection of the simulation that was admitted
        self._refusal = b""
        self._peer_left = False

    def send(self, message: bytes) -> None:
        """Answers the message that was received last.

        Raises:
            SlicebedError: it was answered before, or there is none.
        """
        try:
            self._socket.send(message)
        except zmq.ZMQError as error:
            raise SlicebedError(f"nothing to answer at {self.endpoint}: {error}") from error

    def receive(self, timeout_s: float, watch: Watch | None = None) -> bytes:
        """Waits for a message.

        Args:
            timeout_s: how long [s].
            watch: called while waiting; raises if no message can come any more. What has arrived
                by then is still returned.

        Raises:
            ChannelTimeout: nothing came in time.
            PeerDisconnected: the simulation closed its connection after it was admitted, or its
                host is lost, which is noticed within a minute.
            ProtocolError: the message has several frames.
        """
        deadline = time.monotonic() + timeout_s
        message, self._ahead = self._ahead, None
        while True:
            remaining_s = deadline - time.monotonic()
            if message is None:
                message = self._poll(min(POLL_S, max(remaining_s, 0.0)))
            if message is None:
                message = self._check_peer(watch)
            if message is not None:
                return message
            if remaining_s <= 0:
                raise ChannelTimeout(f"no message at {self.endpoint} within {timeout_s:g} s")

    def ready(self) -> bool:
        """Tells whether a message can be received without waiting."""
        if self._ahead is None and self._has_message():
            self._ahead = self._poll(0)  # what is there may be a stranger's
        return self._ahead is not None

    @staticmethod
    def wait_for_any(channels: Sequence[Channel], wait_s: float) -> None:
        """Waits until something has come to one of several channels; ``ready`` tells to which.

        Args:
            channels: one or more, none of which is ready.
            wait_s: how long at most [s], in whole milliseconds.
        """
        poller = zmq.Poller()
        for channel in channels:
            poller.register(channel._socket, zmq.POLLIN)
        poller.poll(math.ceil(wait_s * 1000))

    def admit(self, refusal: bytes) -> None:
        """Takes the simulation that spoke last for the one of this episode: it may not leave.

        Args:
            refusal: answer to whatever others say from now on.
        """
        self._read_events()
        self._peer, self._refusal = self._asker, refusal
        self._peer_left = self._peer not in self._connections

    def close(self) -> None:
        """Ends the connection once the last answer has left; waits a second for that at most."""
        self._shut()
        if self._own_folder is not None:
            self._own_folder.remove()

    def _encrypt(self) -> None:
        public, secret = zmq.curve_keypair()
        self._socket.setsockopt(zmq.CURVE_SERVER, 1)
        self._socket.setsockopt(zmq.CURVE_SECRETKEY, secret)
        self.curve_key = public.decode()

    def _bind(
        self, transport: ZmqTransport, port: int, folder: SocketFolder | None, host: str
    ) -> str:
        if transport == "ipc":
            return self._bind_ipc(folder)
        if transport != "tcp":
            raise UsageError(f"transport is {transport!r}; 'tcp' or 'ipc' is required")
        try:
            self._socket.bind(f"tcp://{host}:{port or '*'}")
        except zmq.ZMQError as error:
            right = "a free port from 1 to 65535"
            if host != HOST:
                right += f", and as host {host} an address of this one,"
            raise UsageError(f"port is {port}: {error.strerror}; {right} is required") from error
        endpoint = self._socket.getsockopt_string(zmq.LAST_ENDPOINT)
        self.port = int(endpoint.rsplit(":", 1)[1])
        return endpoint

    def _bind_ipc(self, folder: SocketFolder | None) -> str:
        if folder is None:
            folder = self._own_folder = SocketFolder()
        endpoint = f"ipc://{folder.made()}/agent-{next(_numbers)}"
        try:
            self._socket.bind(endpoint)
        except zmq.ZMQError as error:
            raise UsageError(
                f"TMPDIR: no socket can be made at {endpoint}: {error.strerror}; "
                "a folder with a short path is required, or transport 'tcp'"
            ) from error
        return endpoint

    def _poll(self, wait_s: float) -> bytes | None:
        """Waits for a message by who may speak."""
        wait_ms = int(wait_s * 1000)
        if wait_ms > 0:
            self._spin.until(self._has_message)
        if wait_ms != self._wait_ms:
            self._socket.setsockopt(zmq.RCVTIMEO, wait_ms)
            self._wait_ms = wait_ms
        try:
            frame = self._socket.recv(copy=False)
        except zmq.Again:
            return None
        frames = 1 if not frame.more else 1 + len(self._socket.recv_multipart())
        self._asker = int(frame.get(zmq.SRCFD))
        if self._peer not in (NOBODY, self._asker):
            self._socket.send(self._refusal)
            return None
        if frames > 1:
            raise ProtocolError(f"a message of {frames} frames; one is required")
        return frame.bytes

    def _has_message(self) -> bool:
        return bool(int(self._socket.getsockopt(zmq.EVENTS)) & POLLIN)

    def _read_events(self) -> None:
        while self._events.poll(0):
            message = recv_monitor_message(self._events)
            event, connection = message["event"], message["value"]
            if event == zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL:
                self._note_failed_handshake(connection in WRONG_KEY)  # here, why
            elif event == zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL:
                # It went before this end had seen why; one without the key does.
                self._note_failed_handshake(self.curve_key is not None)
            elif event == zmq.EVENT_ACCEPTED:
                self._connections.add(connection)
            else:
                self._connections.discard(connection)
                # For good: its number may be another's next.
                self._peer_left |= connection == self._peer

    def _note_failed_handshake(self, for_want_of_key: bool) -> None:
        if for_want_of_key and self._on_wrong_key is not None:
            tell, self._on_wrong_key = self._on_wrong_key, None
            tell()

    def _check_peer(self, watch: Watch | None) -> bytes | None:
        self._read_events()
        try:
            if watch is not None:
                watch()
            if self._peer_left:
                raise PeerDisconnected(f"the simulation left its connection to {self.endpoint}")
        except SlicebedError:
            message = self._poll(LAST_WORDS_S)
            if message is None:
                raise
            return message
        return None


def _shut(
    context: zmq.Context[zmq.Socket[bytes]],
    socket: zmq.Socket[bytes],
    events: zmq.Socket[bytes],
    owner: int,
) -> None:
    if os.getpid() != owner:
        return  # a forked child has copies of the objects, not the connections
    with contextlib.suppress(zmq.ZMQError):
        socket.disable_monitor()
    events.close(linger=0)
    socket.close()
    context.term()


def _remove(folder: Path, owner: int) -> None:
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)
