"""Runs many simulations at once, in worker processes of this machine.

Each run lands in the store by itself, so whatever is killed takes only unfinished runs along. A
run whose process died, or passed no border for too long, is kept as failed like any other.
"""

from __future__ import annotations

import signal
import sys
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Protocol

from pyctl.campaign.abandoned import keep_abandoned, tidy
from pyctl.campaign.episode import StepReport
from pyctl.campaign.errors import StoreError
from pyctl.campaign.interrupts import Interrupts
from pyctl.campaign.planned import PlannedRun
from pyctl.campaign.worker import END_S, Begun, Outcome, work

POLL_S = 0.2
START_S = 120.0  # a worker may take to be ready for its run, at least
ELSEWHERE_S = 0.5  # between looks at runs that other processes work on
STALLED = "Stalled"
WORKER_DIED = "WorkerDied"
# What may go well another time; a wrong parameter or a faulty allocator will not.
TRANSIENT = frozenset(
    (
        *("SimulationCrashed", "SimulationHung", "ChannelTimeout", "PeerDisconnected"),
        *(STALLED, WORKER_DIED),
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


@dataclass(frozen=True)
class BatchOptions:
    """How a batch is run; nothing of it changes the results.

    Attributes:
        workers: simulations at once.
        retries: further tries of a run that crashed or hung.
        stall_s: wall time without a border after which a run is given up [s].
    """

    workers: int
    retries: int = 1
    stall_s: float = 300.0


@dataclass(eq=False)
class _Worker:
    """A worker process and what it does."""

    process: SpawnProcess
    connection: Connection
    run: PlannedRun | None = None
    has_begun: bool = False
    heard_s: float = field(default_factory=time.monotonic)


class Batch:
    """Runs in progress, and what came of them."""

    def __init__(
        self, runs: Iterable[PlannedRun], out: Path, options: BatchOptions, observer: Observer
    ) -> None:
        """Takes what to run, in the order in which it is started.

        Args:
            runs: not yet ok.
            out: the store.
            options: how.
            observer: told of each event.
        """
        self._waiting = deque(runs)
        self._elsewhere: list[PlannedRun] = []
        self._out = out
        self._options = options
        self._observer = observer
        self._tries: dict[str, int] = {}
        self._workers: list[_Worker] = []
        self._store_error = ""
        self.outcomes: dict[str, Outcome] = {}

    def run(self) -> dict[str, Outcome]:
        """Runs all; returns the outcome of each by its id.

        Raises:
            StoreError: the store cannot be written; nothing more was started.
            KeyboardInterrupt: the user stopped it; runs in progress are kept as interrupted.
        """
        tidy(self._out)
        try:
            self._loop()
        finally:
            with Interrupts():
                self._close()
        if self._store_error:
            raise StoreError(self._store_error)
        return self.outcomes

    def _loop(self) -> None:
        while True:
            self._hand_out()
            if not any(worker.run for worker in self._workers):
                if not self._elsewhere:
                    return
                time.sleep(ELSEWHERE_S)
                self._waiting.extend(self._elsewhere)
                self._elsewhere.clear()
                continue
            self._listen()
            self._end_stalled()

    def _hand_out(self) -> None:
        if self._store_error:
            self._waiting.clear()
            self._elsewhere.clear()
        while self._waiting:
            idle = next((worker for worker in self._workers if worker.run is None), None)
            if idle is None and len(self._workers) == self._options.workers:
                return
            idle = idle or self._start()
            idle.run = self._waiting.popleft()
            idle.has_begun = False
            idle.heard_s = time.monotonic()
            try:
                idle.connection.send(idle.run)
            except OSError:
                self._bury(idle, WORKER_DIED, "the worker process ended before the run began")

    def _start(self) -> _Worker:
        context = get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=work, args=(theirs, self._out), daemon=True)
        # The worker leaves the terminal's process group; until then Ctrl-C is not for it.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        theirs.close()
        worker = _Worker(process, ours)
        self._workers.append(worker)
        return worker

    def _listen(self) -> None:
        by_connection = {worker.connection: worker for worker in self._workers}
        for connection in wait(list(by_connection), timeout=POLL_S):
            worker = by_connection[connection]  # type: ignore[index]
            try:
                message = worker.connection.recv()
            except (EOFError, OSError):
                self._bury(worker, WORKER_DIED, "the worker process ended")
                continue
            worker.heard_s = time.monotonic()
            if worker.run is None:
                continue
            if isinstance(message, Begun):
                worker.has_begun = True
                self._observer.begun(worker.run)
            elif isinstance(message, StepReport):
                self._observer.step(worker.run, message)
            else:
                run, worker.run = worker.run, None
                self._ended(run, message)

    def _end_stalled(self) -> None:
        for worker in list(self._workers):
            limit_s = self._options.stall_s
            if not worker.has_begun:
                limit_s = max(limit_s, START_S)
            if worker.run and time.monotonic() - worker.heard_s > limit_s:
                text = f"no border was passed for {limit_s:g} s: simulation or allocator hangs"
                self._bury(worker, STALLED, text)

    def _bury(self, worker: _Worker, kind: str, message: str) -> None:
        """Ends a worker and keeps what it left as a failed run."""
        self._workers.remove(worker)
        worker.process.kill()
        worker.process.join()
        worker.connection.close()
        if worker.run is None:
            return
        status = worker.process.exitcode
        if kind == WORKER_DIED:
            message += f" (exit status {status})"
        try:
            record = {"error": message, "kind": kind}
            keep_abandoned(self._out, worker.run.run_id, "failed", record)
        except StoreError as error:
            kind, message = type(error).__name__, str(error)
        self._ended(worker.run, Outcome("failed", kind, message))

    def _ended(self, run: PlannedRun, outcome: Outcome) -> None:
        if outcome.state == "claimed":
            self._elsewhere.append(run)
            self._observer.elsewhere(run, outcome.message)
            return
        if outcome.kind == StoreError.__name__:
            self._store_error = self._store_error or outcome.message
        tries = self._tries[run.run_id] = self._tries.get(run.run_id, 0) + 1
        again = outcome.kind in TRANSIENT and tries <= self._options.retries
        if again:
            self._waiting.append(run)
        else:
            self.outcomes[run.run_id] = outcome
        self._observer.ended(run, outcome, again)

    def _close(self) -> None:
        """Ends all workers; those that run something store what there is of it first."""
        for worker in self._workers:
            worker.connection.close()
        deadline = time.monotonic() + END_S
        for worker in self._workers:
            worker.process.join(max(0.0, deadline - time.monotonic()))
            worker.process.kill()
            worker.process.join()
            if worker.run is not None:
                self._keep_interrupted(worker.run)
        self._workers.clear()

    def _keep_interrupted(self, run: PlannedRun) -> None:
        """Keeps what a worker could not keep itself; its own trouble does not hide the cause."""
        record = {"error": "interrupted by the user"}
        try:
            keep_abandoned(self._out, run.run_id, "interrupted", record)
        except StoreError as trouble:
            print(f"slicebed: warning: {trouble}", file=sys.stderr)
