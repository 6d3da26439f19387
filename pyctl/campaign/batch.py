"""Runs many simulations at once, in worker processes of this machine or of a cluster.

Each run lands in the store by itself, so whatever is killed takes only unfinished runs along. A
run whose process died, or passed no border for too long, is kept as failed like any other.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Protocol, cast

from pyctl.campaign.abandoned import keep_abandoned, tidy
from pyctl.campaign.backends.backend import Backend, BackendError, Worker
from pyctl.campaign.backends.local import START_S, LocalBackend
from pyctl.campaign.claims import Owner, declare_gone
from pyctl.campaign.episode import StepReport
from pyctl.campaign.errors import BY_USER, StoreError
from pyctl.campaign.interrupts import Interrupts
from pyctl.campaign.pace import Pace
from pyctl.campaign.planned import PlannedRun
from pyctl.campaign.sharing.door import ModelServerLost
from pyctl.campaign.worker import END_S, Begun, Message, Order, Outcome, Ready, Stop
from pyctl.errors import SlicebedError
from pyctl.tracking.names import TrackerName

POLL_S = 0.2
ELSEWHERE_S = 0.5  # between looks at runs that other processes work on
CLOSE_POLL_S = 0.02
MOST_FAILED_STARTS = 3  # of workers, one after the other
STALLED = "Stalled"
TOO_SLOW = "TooSlow"
WORKER_DIED = "WorkerDied"
SERVER_LOST = ModelServerLost.__name__
# What may go well another time; a wrong parameter or a faulty allocator will not.
TRANSIENT = frozenset(
    (
        *("SimulationCrashed", "SimulationHung", "ChannelTimeout", "PeerDisconnected"),
        *(STALLED, WORKER_DIED, SERVER_LOST),
    )
)


class Observer(Protocol):
    """Is told how the batch goes."""

    def begun(self, run: PlannedRun) -> None:
        """Takes that a run starts."""

    def step(self, run: PlannedRun, report: StepReport) -> None:
        """Takes a run's progress."""

    def elsewhere(self, run: PlannedRun, owner: str) -> None:
        """Takes that another process works on a run; it is looked at again later."""

    def ended(self, run: PlannedRun, outcome: Outcome, again: bool) -> None:
        """Takes a run's end; ``again`` if it will be tried once more."""


class Growth(Protocol):
    """Adds runs to a batch as results come in."""

    def after(self, run: PlannedRun) -> list[PlannedRun]:
        """Takes that a run is over; returns what is to be run besides."""


@dataclass(frozen=True)
class BatchOptions:
    """How a batch is run; nothing of it changes the results.

    Attributes:
        workers: simulations at once.
        retries: further tries of a run that crashed or hung.
        stall_s: wall time without a border after which a run is given up [s].
        min_progress: simulated time that must pass in a minute of wall time, or the run is given
            up [s]; 0 for any.
        track: who shows the runs' figures.
    """

    workers: int
    retries: int = 1
    stall_s: float = 300.0
    min_progress: float = 0.0
    track: tuple[TrackerName, ...] = ()


@dataclass(eq=False)
class _Post:
    """A worker and what it does.

    Attributes:
        worker: the process.
        owner: as it signs what it works on; None until it is ready.
        run: it works on.
        pace: of the run, once it has begun.
        heard_s: when it last said something.
        fault: kind and text of why it is ended; None while it is not.
    """

    worker: Worker
    owner: Owner | None = None
    run: PlannedRun | None = None
    pace: Pace | None = None
    heard_s: float = field(default_factory=time.monotonic)
    fault: tuple[str, str] | None = None

    @property
    def is_idle(self) -> bool:
        """Whether it waits for a run."""
        return self.owner is not None and self.run is None and self.fault is None


class Batch:
    """Runs in progress, and what came of them.

    Attributes:
        outcomes: of each run that is over, by its id.
        setbacks: why a run had to be tried again, by its id.
    """

    def __init__(
        self,
        runs: Iterable[PlannedRun],
        out: Path,
        options: BatchOptions,
        observer: Observer,
        backend: Backend | None = None,
        growth: Growth | None = None,
    ) -> None:
        """Takes what to run, in the order in which it is started.

        Args:
            runs: not yet ok.
            out: the store.
            options: how.
            observer: told of each event.
            backend: where workers live; None for this machine.
            growth: what to run besides, after a look at results; None for nothing.
        """
        self._waiting = deque(runs)
        self._elsewhere: list[PlannedRun] = []
        self._out = out
        self._options = options
        self._observer = observer
        self._backend = LocalBackend(out) if backend is None else backend
        self._growth = growth
        self._tries: dict[str, int] = {}
        self._posts: list[_Post] = []
        self._failed_starts = 0
        self._store_error = ""
        self.outcomes: dict[str, Outcome] = {}
        self.setbacks: dict[str, list[str]] = {}

    def run(self) -> dict[str, Outcome]:
        """Runs all; returns the outcome of each by its id.

        Raises:
            StoreError: the store cannot be written; nothing more was started.
            BackendError: workers cannot be had.
            KeyboardInterrupt: the user stopped it; runs in progress are kept as interrupted.
        """
        tidy(self._out)
        why = "the batch ended by an error of its own"
        try:
            self._loop()
        except KeyboardInterrupt:
            why = BY_USER
            raise
        except SlicebedError as error:
            why = f"the batch ended: {error}"
            raise
        finally:
            with Interrupts():
                self._close(why)
        if self._store_error:
            raise StoreError(self._store_error)
        return self.outcomes

    def _loop(self) -> None:
        while True:
            if self._store_error:
                self._waiting.clear()
                self._elsewhere.clear()
            if not self._waiting and not any(post.run for post in self._posts):
                if not self._elsewhere:
                    return
                time.sleep(ELSEWHERE_S)
                self._waiting.extend(self._elsewhere)
                self._elsewhere.clear()
            self._hand_out()
            self._listen()
            self._end_hopeless()
            self._bury()

    def _hand_out(self) -> None:
        for post in self._posts:
            if self._waiting and post.is_idle:
                self._give(post, self._waiting.popleft())
        coming = [post for post in self._posts if post.fault is None]
        busy = sum(post.run is not None for post in coming)
        wanted = min(self._options.workers, busy + len(self._waiting))
        for _ in range(wanted - len(coming)):
            self._posts.append(_Post(self._backend.start()))

    def _give(self, post: _Post, run: PlannedRun) -> None:
        post.run, post.pace, post.heard_s = run, None, time.monotonic()
        assert post.worker.connection is not None  # noqa: S101 - it said that it is ready
        try:
            post.worker.connection.send(Order(run, self._options.track))
        except OSError:
            self._lose(post)

    def _listen(self) -> None:
        self._backend.welcome([post.worker for post in self._posts])
        there = {
            post.worker.connection: post
            for post in self._posts
            if post.worker.connection is not None and post.fault is None
        }
        if not there:
            time.sleep(POLL_S)
            return
        for ready in cast("list[Connection]", wait(list(there), timeout=POLL_S)):
            try:
                message = ready.recv()
            except (EOFError, OSError):
                self._lose(there[ready])
            else:
                self._hear(there[ready], message)

    def _hear(self, post: _Post, message: Message) -> None:
        now_s = post.heard_s = time.monotonic()
        if isinstance(message, Ready):
            post.owner = message.owner
            self._failed_starts = 0
        elif post.run is None:
            return
        elif isinstance(message, Begun):
            post.pace = Pace(self._options.min_progress)
            self._observer.begun(post.run)
        elif isinstance(message, StepReport):
            if post.pace is not None:
                post.pace.note(now_s, message.t_sim_s, message.step)
            self._observer.step(post.run, message)
        else:
            run, post.run = post.run, None
            self._ended(run, message)

    def _lose(self, post: _Post) -> None:
        post.fault = (WORKER_DIED, "the worker process ended")
        post.worker.lost()

    def _end_hopeless(self) -> None:
        """Kills workers that pass no border, or too few; and those that never become ready."""
        for post in self._posts:
            if post.fault is None and (fault := self._fault_of(post)):
                post.fault = fault
                post.worker.kill()

    def _fault_of(self, post: _Post) -> tuple[str, str] | None:
        silent_s = time.monotonic() - post.heard_s
        start_s = self._backend.start_s
        if post.owner is None and start_s is not None and silent_s > start_s:
            return WORKER_DIED, f"the worker process was not ready within {start_s:g} s"
        if post.run is None:
            return None
        limit_s = self._options.stall_s
        if silent_s > (limit_s if post.pace else max(limit_s, START_S)):
            text = f"no border was passed for {limit_s:g} s: simulation or allocator hangs"
            return STALLED, text
        slow = post.pace.fault(time.monotonic()) if post.pace else ""
        return (TOO_SLOW, slow) if slow else None

    def _bury(self) -> None:
        """Settles what became of the runs of workers that are gone."""
        for post in list(self._posts):
            if post.fault is None and post.worker.connection is not None:
                continue
            how = post.worker.gone()
            if how is not None:
                self._posts.remove(post)
                if post.worker.connection is not None:
                    post.worker.connection.close()
                self._settle(post, how)

    def _settle(self, post: _Post, how: str) -> None:
        if post.owner is None:
            self._failed_starts += 1
            if self._failed_starts >= MOST_FAILED_STARTS:
                raise BackendError(
                    f"{self._failed_starts} workers one after the other ended before they were "
                    f"ready: {how}"
                )
            return
        declare_gone(post.owner)
        if post.run is None or post.fault is None:
            return
        kind, message = post.fault
        if kind == WORKER_DIED:
            message += f" ({how})"
        self._keep(post.run, kind, message)

    def _keep(self, run: PlannedRun, kind: str, message: str) -> None:
        """Keeps what a process that is gone has left as a failed run."""
        try:
            record = {"error": message, "kind": kind}
            keep_abandoned(self._out, run.run_id, "failed", record)
        except StoreError as error:
            kind, message = type(error).__name__, str(error)
        self._ended(run, Outcome("failed", kind, message))

    def _ended(self, run: PlannedRun, outcome: Outcome) -> None:
        if outcome.state == "claimed":
            self._claimed(run, outcome)
            return
        if outcome.kind == StoreError.__name__:
            self._store_error = self._store_error or outcome.message
        tries = self._tries[run.run_id] = self._tries.get(run.run_id, 0) + 1
        again = outcome.kind in TRANSIENT and tries <= self._options.retries
        if again:
            self._waiting.append(run)
            cause = f"{outcome.kind}: {outcome.message}"
            self.setbacks.setdefault(run.run_id, []).append(cause)
        else:
            self.outcomes[run.run_id] = outcome
        if self._growth is not None and not again:
            self._waiting.extend(self._growth.after(run))
        self._observer.ended(run, outcome, again)

    def _claimed(self, run: PlannedRun, outcome: Outcome) -> None:
        """Waits for another process; one that is gone is waited for no longer."""
        if outcome.holder is not None and self._backend.is_gone(outcome.holder):
            declare_gone(outcome.holder)
            self._keep(run, WORKER_DIED, f"{outcome.holder} is gone")
            return
        self._elsewhere.append(run)
        self._observer.elsewhere(run, outcome.message)

    def _close(self, why: str) -> None:
        """Ends all workers; those that run something store what there is of it first.

        Args:
            why: runs in progress are interrupted.
        """
        try:
            for post in self._posts:
                if post.worker.connection is None:
                    post.worker.kill()
                else:
                    with contextlib.suppress(OSError):  # it is gone: nobody is left to be told
                        post.worker.connection.send(Stop(why))
                    post.worker.connection.close()
            self._await_ends(why)
            for post in self._posts:
                post.worker.kill()
            self._await_ends(why)
        finally:
            self._backend.close()

    def _await_ends(self, why: str) -> None:
        deadline = time.monotonic() + END_S
        while self._posts and time.monotonic() < deadline:
            for post in [post for post in self._posts if post.worker.gone() is not None]:
                self._posts.remove(post)
                if post.owner is not None:
                    declare_gone(post.owner)
                if post.run is not None:
                    self._keep_interrupted(post.run, why)
            time.sleep(CLOSE_POLL_S)

    def _keep_interrupted(self, run: PlannedRun, why: str) -> None:
        """Keeps what a worker could not keep itself; its own trouble does not hide the cause."""
        record = {"error": why}
        try:
            keep_abandoned(self._out, run.run_id, "interrupted", record)
        except StoreError as trouble:
            print(f"slicebed: warning: {trouble}", file=sys.stderr)
