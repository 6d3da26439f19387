"""A worker process of a batch: runs what it is told, one run at a time.

When the batch closes the connection, or dies, the run in progress is interrupted and the worker
ends, its simulation with it.
"""

from __future__ import annotations

import os
import queue
import signal
import threading
import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Literal

from analysis.run_states import failed_or_hung
from pyctl.campaign import store
from pyctl.campaign.abandoned import remove_abandoned
from pyctl.campaign.claims import Owner, claim
from pyctl.campaign.episode import StepReport
from pyctl.campaign.errors import BATCH_GONE, BY_USER
from pyctl.campaign.interrupts import Interrupts
from pyctl.campaign.planned import PlannedRun
from pyctl.campaign.settings import MakeAllocator
from pyctl.campaign.sharing.door import Door
from pyctl.campaign.sharing.proxy import shared_allocators
from pyctl.last_collection import spare_last_collection
from pyctl.tracking.names import TrackerName

REPORT_EVERY_S = 0.1
# An interrupted run may take this long to store what there is of it.
END_S = 10.0
LAST_WORD_S = 1.0  # what the batch said before its connection was lost is heard within this time


@dataclass(frozen=True)
class Order:
    """What a worker is told to do.

    Attributes:
        run: to run.
        track: who shows its figures while it runs.
    """

    run: PlannedRun
    track: tuple[TrackerName, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What became of a run.

    Attributes:
        state: ``skipped`` if it is ok already, ``claimed`` if another process works on it.
        kind: class of the error, or empty.
        message: what went wrong, or who works on it.
        holder: who works on it.
    """

    state: Literal["ok", "failed", "skipped", "claimed"]
    kind: str = ""
    message: str = ""
    holder: Owner | None = None

    @property
    def shown(self) -> str:
        """State as commands show it: a run that failed may have hung."""
        return failed_or_hung(self.kind) if self.state == "failed" else self.state


@dataclass(frozen=True)
class Ready:
    """The first message: the worker waits for runs.

    Attributes:
        owner: the worker, as it signs what it works on.
    """

    owner: Owner


@dataclass(frozen=True)
class Stop:
    """The batch's last message: it closes the connection, and the run is interrupted.

    Attributes:
        why: as the run is to say.
    """

    why: str


@dataclass(frozen=True)
class Begun:
    """The run is started: from now on borders are waited for."""


Message = Ready | Begun | StepReport | Outcome


def work(connection: Connection, out: Path, door: Door | None = None) -> None:
    """Runs what comes over the connection until it is closed.

    Args:
        connection: to the batch.
        out: the store.
        door: of the model server that decides; None if allocators are made here.
    """
    # Workers share the cores: one thread each (libraries read this when they are first imported).
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    signal.signal(signal.SIGINT, signal.default_int_handler)
    orders: queue.Queue[Order | None] = queue.Queue()
    busy, ending = threading.Event(), Ending()
    threading.Thread(target=_listen, args=(connection, orders, busy, ending), daemon=True).start()
    try:
        connection.send(Ready(Owner.current()))
        while (order := orders.get()) is not None:
            busy.set()
            if (
                ending.closed.is_set()
            ):  # before the listener could see that there is something to stop
                return
            outcome = _Worker(connection, out, door, ending).run(order)
            busy.clear()
            connection.send(outcome)
    except (KeyboardInterrupt, BrokenPipeError, ConnectionResetError):
        return
    finally:
        spare_last_collection()


def _listen(
    connection: Connection,
    orders: queue.Queue[Order | None],
    busy: threading.Event,
    ending: Ending,
) -> None:
    try:
        while True:
            message: Order | Stop = connection.recv()
            if isinstance(message, Stop):
                ending.said = message.why
            else:
                orders.put(message)
    except (EOFError, OSError):
        ending.closed.set()
        orders.put(None)
    if busy.is_set():
        os.kill(os.getpid(), signal.SIGINT)
    time.sleep(END_S)
    os._exit(1)


@dataclass(eq=False)
class Ending:
    """What is known of the end of the batch.

    Attributes:
        said: why it ends, as it said itself.
        closed: set when its connection is, after all that it said was heard.
        lost: whether nothing more can be sent to it.
    """

    said: str = ""
    closed: threading.Event = field(default_factory=threading.Event)
    lost: bool = False

    def why(self) -> str:
        """Says why a run was interrupted."""
        if self.lost:
            self.closed.wait(LAST_WORD_S)
        if self.said:
            return self.said
        return BATCH_GONE if self.lost or self.closed.is_set() else BY_USER


@dataclass(frozen=True)
class _Worker:
    """What stays the same from run to run; see ``work``."""

    connection: Connection
    out: Path
    door: Door | None
    ending: Ending = field(default_factory=Ending)

    def run(self, order: Order) -> Outcome:
        with Interrupts():  # none leaves a lock behind
            try:
                claimed = claim(self.out, order.run.run_id)
                if isinstance(claimed, Owner):
                    return Outcome("claimed", message=str(claimed), holder=claimed)
                try:
                    return self._run_claimed(order)
                finally:
                    claimed.release()
            except Exception as error:  # noqa: BLE001 - it is told, and kept with the run
                return _failed(error)

    def _run_claimed(self, order: Order) -> Outcome:
        from pyctl.campaign.runner import run_once

        run = order.run
        if store.is_ok(self.out, run.run_id):
            return Outcome("skipped")
        remove_abandoned(self.out, run.run_id)
        self.connection.send(Begun())
        report = _Reporter(self.connection, self.ending)
        with self._allocators() as make:
            result = run_once(
                run.request,
                self.out,
                report,
                make=make,
                track=order.track,
                why_interrupted=self.ending.why,
            )
        if result.run_id != run.run_id:
            message = f"it was stored as {result.run_id}: files changed"
            return Outcome("failed", "StoreError", message)
        return Outcome("ok")

    def _allocators(self) -> AbstractContextManager[MakeAllocator | None]:
        return nullcontext() if self.door is None else shared_allocators(self.door)


def _failed(error: Exception) -> Outcome:
    from pyctl.errors import SimulationError

    message = error.message if isinstance(error, SimulationError) else str(error)
    return Outcome("failed", type(error).__name__, message)


class _Reporter:
    """Tells the batch how far the run is, now and then."""

    def __init__(self, connection: Connection, ending: Ending) -> None:
        self._connection, self._ending = connection, ending
        self._told_s = 0.0

    def __call__(self, report: StepReport) -> None:
        now_s = time.monotonic()
        if now_s - self._told_s >= REPORT_EVERY_S or report.step == report.steps:
            self._told_s = now_s
            try:
                self._connection.send(report)
            except OSError:
                self._ending.lost = True
                raise KeyboardInterrupt from None  # the batch is gone: as good as its word
