"""A simulation that is watched: whether it lives, how it ended, what it said last."""

from __future__ import annotations

import abc
import contextlib
import os
import re
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from pyctl.errors import SimulationCrashed, SimulationError, SimulationHung, SimulationRefused
from pyctl.launch.log import TAIL_LINES, SimulationLog

REFUSED = 2
ASK_S = 2.0
TERMINATE_S = 2.0
POLL_S = 0.005
# It may take this long for an interval, unless who waits for it says otherwise.
TIMEOUT_S = 600.0
# A simulation that somebody stopped (SIGSTOP) is given up after this time.
STOPPED_S = 3.0

_ERROR_LINE = re.compile(r"^\S+: error: (.+)$")


class WatchedSimulation(abc.ABC):
    """A running simulation.

    Attributes:
        arguments: its command line.
        command: one line that runs it again.
        log: what it writes.
    """

    def __init__(self, arguments: Sequence[str], command: str, log: SimulationLog) -> None:
        self.arguments = list(arguments)
        self.command = command
        self.log = log
        self._stopped_since: float | None = None

    @property
    @abc.abstractmethod
    def pid(self) -> int:
        """Returns the process id."""

    @abc.abstractmethod
    def poll(self) -> int | None:
        """Returns the exit status as a shell shows it, or None while it runs."""

    @abc.abstractmethod
    def _signal(self, number: signal.Signals) -> None:
        """Sends it a signal, if it still lives."""

    def wait(self, timeout_s: float) -> int | None:
        """Waits for its end; returns the exit status, or None if it still runs."""
        deadline = time.monotonic() + timeout_s
        while (status := self.poll()) is None and time.monotonic() < deadline:
            time.sleep(POLL_S)
        return status

    def stop(self, ask_s: float = ASK_S, terminate_s: float = TERMINATE_S) -> int:
        """Ends it and reaps it; returns its exit status.

        Args:
            ask_s: how long it may take to end by itself; the agent has asked it to.
            terminate_s: how long it may take after SIGTERM; then it is killed.
        """
        status = self.wait(ask_s)
        if status is None:
            self._signal(signal.SIGTERM)
            self._signal(signal.SIGCONT)  # one that is stopped gets it then only
            status = self.wait(terminate_s)
        while status is None:
            self._signal(signal.SIGKILL)
            status = self.wait(terminate_s)
        self.log.close()
        return status

    def pin(self, core: int) -> None:
        """Keeps it on one core of the processor, if it still lives."""
        with contextlib.suppress(ProcessLookupError):
            os.sched_setaffinity(self.pid, {core})

    def tail(self, lines: int = TAIL_LINES) -> str:
        """Returns the last lines of its output."""
        return self.log.tail(lines)

    def require_alive(self) -> None:
        """Makes sure that an answer can still come.

        Raises:
            SimulationCrashed: it has ended.
            SimulationRefused: it has ended, because of what it was given.
            SimulationHung: it has been stopped (SIGSTOP) for a while.
        """
        status = self.poll()
        if status is not None:
            raise self.failure(status)
        now = time.monotonic()
        if not _is_stopped(self.pid):
            self._stopped_since = None
        elif self._stopped_since is None:
            self._stopped_since = now
        elif now - self._stopped_since > STOPPED_S:
            raise SimulationHung(
                f"the simulation, process {self.pid}, was stopped by a signal {STOPPED_S:g} s ago "
                "and does not go on",
                stderr_tail=self.tail(),
                command=self.command,
            )

    def failure(self, status: int) -> SimulationError:
        """Makes the error that tells of an end with this exit status before the episode's."""
        return failure_of(self.arguments[0], status, self.tail(), self.command)


def shell_status(returncode: int) -> int:
    """Returns an exit status as a shell shows it: 128 + number of the signal that killed."""
    return 128 - returncode if returncode < 0 else returncode


def failure_of(program: str, status: int, output: str, command: str) -> SimulationError:
    """Makes the error that tells of an end before its time.

    Args:
        program: that ended.
        status: its exit status.
        output: the last lines it wrote.
        command: one line that runs it again.
    """
    said = _error_of(output)
    if status == REFUSED and said:
        return SimulationRefused(said, exit_status_sim=status, stderr_tail=output, command=command)
    reason = f": {said}" if said else ""
    return SimulationCrashed(
        f"the simulation {Path(program).name} {_manner(status)} before its time{reason}",
        exit_status_sim=status,
        stderr_tail=output,
        command=command,
    )


def _is_stopped(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False  # it has just ended
    # After the name, which is in brackets and may hold anything; t is a debugger's doing.
    return stat.rpartition(")")[2].split()[0] == "T"


def _manner(status: int) -> str:
    if status <= 128:
        return f"exited with status {status}"
    try:
        name = signal.Signals(status - 128).name
    except ValueError:
        name = f"signal {status - 128}"
    return f"was killed by {name} (exit status {status})"


def _error_of(tail: str) -> str:
    """Returns what the last line ``program: error: ...`` says."""
    for line in reversed(tail.splitlines()):
        if found := _ERROR_LINE.match(line):
            return found[1]
    return ""
