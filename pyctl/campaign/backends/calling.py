"""Workers that a scheduler starts somewhere and that call back: over TCP, to the host of the batch.

Whoever calls proves that it knows the batch's secret, and so does the batch; then pickles are
exchanged. What the scheduler runs is ``call_back``.
"""

from __future__ import annotations

import abc
import math
import os
import queue
import secrets
import signal
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, answer_challenge, deliver_challenge
from pathlib import Path
from typing import Protocol

from pyctl.campaign.backends.backend import Worker
from pyctl.campaign.claims import PLACE, Owner
from pyctl.campaign.worker import work

SECRET_BYTES = 32
# A peer whose machine is gone is noticed after about this time.
SILENCE_S = 60
KEEPALIVE_EVERY_S = 10
# A worker whose connection broke may take this long to be gone by itself: its scheduler then knows
# the cause, where a job that is cancelled tells only that.
GRACE_S = 30.0
ASK_EVERY_S = 5.0  # whether a process lives, at most


@dataclass(frozen=True)
class Call:
    """What a worker needs to know to call back.

    Attributes:
        host: of the batch.
        port: it listens at.
        secret: that both sides know.
        token: tells the worker from the others.
        folder: the batch's working directory; relative paths of runs begin there.
        out: the store.
    """

    host: str
    port: int
    secret: bytes = field(repr=False)
    token: str
    folder: Path
    out: Path


class Job(Protocol):
    """What a scheduler made of a worker."""

    def ended(self) -> str | None:
        """Tells how it ended; None while it may still run.

        Raises:
            BackendError: the scheduler does not answer.
        """

    def cancel(self) -> None:
        """Asks the scheduler to end it.

        Raises:
            BackendError: the scheduler does not answer.
        """


class CallingWorker:
    """A worker that calls when its scheduler has found a place for it."""

    def __init__(self, token: str, job: Job) -> None:
        self.connection: Connection | None = None
        self.token = token
        self._job = job
        self._lost_s: float | None = None
        self._is_cancelled = False

    def kill(self) -> None:
        """Asks the scheduler to end it."""
        if not self._is_cancelled:
            self._is_cancelled = True
            self._job.cancel()

    def lost(self) -> None:
        """Begins to wait for the scheduler's word of its end."""
        self._lost_s = time.monotonic()

    def gone(self) -> str | None:
        """Asks the scheduler; a job that does not end by itself is cancelled."""
        how = self._job.ended()
        if how is None and self._lost_s is not None and time.monotonic() - self._lost_s > GRACE_S:
            self.kill()
        return how


class CallingBackend(abc.ABC):
    """Starts workers through a scheduler, and listens for them.

    Attributes:
        start_s: None: a worker waits for its turn.
    """

    start_s: float | None = None

    def __init__(self, out: Path, host: str, bind: str) -> None:
        """Begins to listen.

        Args:
            out: the store.
            host: name or address by which workers reach this machine.
            bind: address to listen at; empty for all of this machine.
        """
        self._secret = secrets.token_bytes(SECRET_BYTES)
        self._server = socket.create_server((bind, 0))
        self._host, self._out = host, out.absolute()
        self._came: queue.Queue[tuple[str, Connection]] = queue.Queue()
        self._asked_s: dict[Owner, float] = {}
        threading.Thread(target=self._accept, daemon=True).start()

    @abc.abstractmethod
    def told(self) -> str:
        """Says where workers live, in a line."""

    @abc.abstractmethod
    def submit(self, call: Call) -> Job:
        """Has a process started somewhere that calls ``call_back``.

        Raises:
            BackendError: the scheduler refuses.
        """

    @abc.abstractmethod
    def ask(self, owner: Owner) -> bool:
        """Asks the scheduler whether a process of another host is gone; False if it cannot know.

        Raises:
            BackendError: the scheduler does not answer.
        """

    def start(self) -> CallingWorker:
        """Submits a worker."""
        token = secrets.token_hex(8)
        port = self._server.getsockname()[1]
        call = Call(self._host, port, self._secret, token, Path.cwd(), self._out)
        return CallingWorker(token, self.submit(call))

    def welcome(self, workers: Sequence[Worker]) -> None:
        """Gives workers that have called their connection.

        A job that its scheduler started a second time gets none: its worker was given up.
        """
        while not self._came.empty():
            token, connection = self._came.get()
            for worker in workers:
                is_it = isinstance(worker, CallingWorker) and worker.token == token
                if is_it and worker.connection is None:
                    worker.connection = connection
                    break
            else:
                connection.close()

    def is_gone(self, owner: Owner) -> bool:
        """Asks the scheduler, now and then."""
        now_s = time.monotonic()
        if now_s - self._asked_s.get(owner, -math.inf) < ASK_EVERY_S:
            return False
        self._asked_s[owner] = now_s
        return self.ask(owner)

    def close(self) -> None:
        """Listens no more."""
        self._server.close()

    def _accept(self) -> None:
        while True:
            try:
                peer, _ = self._server.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self._admit, args=(peer,), daemon=True).start()

    def _admit(self, peer: socket.socket) -> None:
        """Lets a peer in that knows the secret; one that says nothing waits here alone."""
        keep_alive(peer)
        connection = Connection(peer.detach())
        try:
            deliver_challenge(connection, self._secret)
            answer_challenge(connection, self._secret)
            self._came.put((connection.recv(), connection))
        except (OSError, EOFError, AuthenticationError):
            connection.close()


def keep_alive(peer: socket.socket) -> None:
    """Lets the kernel notice a peer whose machine is gone."""
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_EVERY_S)
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, KEEPALIVE_EVERY_S)
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, SILENCE_S // KEEPALIVE_EVERY_S)
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, SILENCE_S * 1000)


def call_back(call: Call, place: str, notices: Sequence[signal.Signals] = ()) -> None:
    """Works for the batch until it closes the connection, or is gone.

    Args:
        call: where the batch is.
        place: job or node that this process lives in, as ``Owner.place`` has it.
        notices: signals by which the scheduler says that the process will be ended: its run is
            interrupted.
    """
    os.chdir(call.folder)
    os.environ[PLACE] = place
    connection = Client((call.host, call.port), authkey=call.secret)
    with socket.socket(fileno=os.dup(connection.fileno())) as peer:
        keep_alive(peer)
    connection.send(call.token)
    for notice in notices:
        signal.signal(notice, lambda *_: signal.raise_signal(signal.SIGINT))
    work(connection, call.out)
