"""Starts one simulation, watches it, and makes sure that it ends with the agent.

The simulation leads a session of its own, so Ctrl-C reaches the agent alone, which then stops it;
its standard output and error go to a log. Beside it waits a guard (a shell that sleeps on a pipe):
if the agent dies without stopping the simulation, whatever the reason, the pipe closes and the
guard ends the simulation's whole process group.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import signal
import subprocess
import tempfile
import time
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from pyctl.errors import SimulationCrashed, SimulationError, SimulationRefused, UsageError

REFUSED = 2
TAIL_LINES = 20
TAIL_BYTES = 8192
ASK_S = 2.0
TERMINATE_S = 2.0
POLL_S = 0.005

# Reads the group to guard, then waits; end of input without a word means that the agent is gone.
_GUARD = """
read -r group || exit 0
read -r word && exit 0
kill -s TERM -- "-$group" 2>/dev/null
if [ -n "$1" ]; then rm -f -- "$1/agent"; rmdir -- "$1"; fi 2>/dev/null
sleep 1
kill -s KILL -- "-$group" 2>/dev/null
"""
_ERROR_LINE = re.compile(r"^\S+: error: (.+)$")


class SimulationProcess:
    """A running simulation.

    Attributes:
        arguments: its command line.
        command: one line that runs it again.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        log_path: Path | None = None,
        working_directory: Path | None = None,
        command: str | None = None,
        socket_folder: Path | None = None,
    ) -> None:
        """Starts it.

        Args:
            arguments: program and arguments.
            log_path: file that its output is appended to; None for a temporary one.
            working_directory: to run in; None for the current one.
            command: what to show as the line that runs it again; None for ``arguments``.
            socket_folder: the guard removes it if the agent dies.

        Raises:
            UsageError: the program cannot be started, or the log not be written.
        """
        self.arguments = list(arguments)
        self.command = shlex.join(self.arguments) if command is None else command
        self._log = _open_log(log_path)
        self._log_start = self._log.seek(0, os.SEEK_END)
        try:
            guard = _start_guard(socket_folder)
            try:
                self._popen = self._start(working_directory)
            except BaseException:
                _dismiss(guard)
                raise
        except BaseException:
            self._log.close()
            raise
        _tell(guard, f"{self._popen.pid}\n")
        self._guard = guard
        self._finalizer = weakref.finalize(self, _end, self._popen, guard, self._log, os.getpid())

    @property
    def pid(self) -> int:
        """Returns the process id."""
        return self._popen.pid

    def poll(self) -> int | None:
        """Returns the exit status as a shell shows it, or None while it runs."""
        if self._popen.returncode is None and not _has_exited(self._popen):
            return None
        self._bury()
        return shell_status(self._popen.returncode)

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
        if self.wait(ask_s) is None:
            _signal_group(self._popen, signal.SIGTERM)
            if self.wait(terminate_s) is None:
                _signal_group(self._popen, signal.SIGKILL)
        self._popen_wait()
        status = self.poll()
        assert status is not None  # noqa: S101 - it was waited for
        if not self._log.closed:
            self._tail = self.tail()
            self._log.close()
        return status

    def tail(self, lines: int = TAIL_LINES) -> str:
        """Returns the last lines of its output."""
        if self._log.closed:
            return self._tail
        end = self._log.seek(0, os.SEEK_END)
        self._log.seek(max(self._log_start, end - TAIL_BYTES))
        text = self._log.read().decode(errors="replace")
        return "\n".join(text.rstrip().splitlines()[-lines:])

    def require_alive(self) -> None:
        """Raises ``SimulationCrashed`` or ``SimulationRefused`` if it has ended."""
        status = self.poll()
        if status is not None:
            raise self.failure(status)

    def failure(self, status: int) -> SimulationError:
        """Makes the error that tells of an end with this exit status before the episode's."""
        return failure_of(self.arguments[0], status, self.tail(), self.command)

    def _start(self, working_directory: Path | None) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                self.arguments,
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
                cwd=working_directory,
                start_new_session=True,
            )
        except OSError as error:
            raise UsageError(
                f"command is {self.command}: {error.strerror}; a program that can run is required"
            ) from error

    def _popen_wait(self) -> None:
        while not _has_exited(self._popen):
            time.sleep(POLL_S)

    def _bury(self) -> None:
        """Ends what is left of its group while its id is still ours, then reaps it."""
        if self._popen.returncode is None:
            _signal_group(self._popen, signal.SIGKILL)
            self._popen.wait()
        _dismiss(self._guard)


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


def _open_log(path: Path | None) -> IO[bytes]:
    try:
        if path is None:
            return tempfile.TemporaryFile("a+b")
        return path.open("a+b")
    except OSError as error:
        raise UsageError(
            f"log_path is {path}: {error.strerror}; a file that can be written is required"
        ) from error


def _start_guard(socket_folder: Path | None) -> subprocess.Popen[bytes]:
    guard = subprocess.Popen(
        ["/bin/sh", "-c", _GUARD, "slicebed-guard", str(socket_folder or "")],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        bufsize=0,
        start_new_session=True,
    )
    _guards.add(guard)
    return guard


def _tell(guard: subprocess.Popen[bytes], word: str) -> None:
    assert guard.stdin is not None  # noqa: S101 - it is a pipe
    with contextlib.suppress(BrokenPipeError):  # a guard that was killed guards nothing
        guard.stdin.write(word.encode())


def _dismiss(guard: subprocess.Popen[bytes]) -> None:
    if guard.returncode is None:
        _tell(guard, "done\ndone\n")
        assert guard.stdin is not None  # noqa: S101 - it is a pipe
        guard.stdin.close()
        guard.wait()


def _end(
    popen: subprocess.Popen[bytes], guard: subprocess.Popen[bytes], log: IO[bytes], owner: int
) -> None:
    """Ends a simulation that nobody stopped: its object was lost, or the agent exits."""
    if os.getpid() != owner:
        return  # a forked child has a copy of the object, not the simulation
    if popen.returncode is None:
        _signal_group(popen, signal.SIGKILL)
        popen.wait()
    _dismiss(guard)
    log.close()


def _has_exited(popen: subprocess.Popen[bytes]) -> bool:
    """Looks without reaping, so that the id cannot be given to another process meanwhile."""
    if popen.returncode is not None:
        return True
    flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
    return os.waitid(os.P_PID, popen.pid, flags) is not None


def _signal_group(popen: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(popen.pid, number)


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


_guards: weakref.WeakSet[subprocess.Popen[bytes]] = weakref.WeakSet()


def _forget_guards() -> None:
    """Closes a forked child's copies of the pipes: they would hide the agent's death."""
    for guard in list(_guards):
        if guard.stdin is not None:
            guard.stdin.close()


os.register_at_fork(after_in_child=_forget_guards)
