"""Starts a program that simulates, watches it, and makes sure that it ends with the agent.

The program leads a session of its own, so Ctrl-C reaches the agent alone, which then stops it;
its standard output and error go to a log. Beside it waits a guard (a shell that sleeps on a pipe):
if the agent dies without stopping the program, whatever the reason, the pipe closes and the guard
ends the program's whole process group.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import socket
import subprocess
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path

from pyctl.errors import UsageError
from pyctl.launch.log import SimulationLog
from pyctl.launch.watched import WatchedSimulation, shell_status

# Reads the group to guard, then waits; end of input without a word means that the agent is gone.
_GUARD = """
remove() { if [ -n "$1" ]; then rm -f -- "$1"/agent*; rmdir -- "$1"; fi 2>/dev/null; }
read -r group || { remove "$1"; exit; }
read -r word && exit 0
kill -s TERM -- "-$group" 2>/dev/null
remove "$1"
sleep 1
kill -s KILL -- "-$group" 2>/dev/null
"""


class SimulationProcess(WatchedSimulation):
    """A program that was started here."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        log_path: Path | None = None,
        working_directory: Path | None = None,
        command: str | None = None,
        socket_folder: Path | None = None,
        stdin: socket.socket | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Starts it.

        Args:
            arguments: program and arguments.
            log_path: file that its output is appended to; None for a temporary one.
            working_directory: to run in; None for the current one.
            command: what to show as the line that runs it again; None for ``arguments``, with
                ``environment``.
            socket_folder: the guard removes it if the agent dies.
            stdin: its standard input; None for none.
            environment: variables besides those of this process.

        Raises:
            UsageError: the program cannot be started, or the log not be written.
        """
        shown = command or command_line(arguments, environment or {})
        super().__init__(arguments, shown, SimulationLog(log_path))
        self._environment = {**os.environ, **(environment or {})}
        try:
            guard = _start_guard(socket_folder)
            try:
                self._popen = self._start(working_directory, stdin)
            except BaseException:
                _dismiss(guard)
                raise
        except BaseException:
            self.log.close()
            raise
        _tell(guard, f"{self._popen.pid}\n")
        self._guard = guard
        self._finalizer = weakref.finalize(self, _end, self._popen, guard, os.getpid())

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

    def _start(
        self, working_directory: Path | None, stdin: socket.socket | None
    ) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                self.arguments,
                stdin=subprocess.DEVNULL if stdin is None else stdin.fileno(),
                stdout=self.log.file,
                stderr=self.log.file,
                cwd=working_directory,
                env=self._environment,
                start_new_session=True,
            )
        except OSError as error:
            raise UsageError(
                f"command is {self.command}: {error.strerror}; a program that can run is required"
            ) from error

    def _signal(self, number: signal.Signals) -> None:
        _signal_group(self._popen, number)

    def _bury(self) -> None:
        """Ends what is left of its group while its id is still ours, then reaps it."""
        if self._popen.returncode is None:
            _signal_group(self._popen, signal.SIGKILL)
            self._popen.wait()
        _dismiss(self._guard)


def command_line(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """Writes the line that runs a program in a shell.

    Args:
        arguments: program and arguments.
        environment: variables besides those of the shell.
    """
    variables = [f"{name}={shlex.quote(value)}" for name, value in environment.items()]
    return " ".join([*variables, shlex.join(arguments)])


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


def _end(popen: subprocess.Popen[bytes], guard: subprocess.Popen[bytes], owner: int) -> None:
    """Ends a simulation that nobody stopped: its object was lost, or the agent exits."""
    if os.getpid() != owner:
        return  # a forked child has a copy of the object, not the simulation
    if popen.returncode is None:
        _signal_group(popen, signal.SIGKILL)
        popen.wait()
    _dismiss(guard)


def _has_exited(popen: subprocess.Popen[bytes]) -> bool:
    """Looks without reaping, so that the id cannot be given to another process meanwhile."""
    if popen.returncode is not None:
        return True
    flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
    return os.waitid(os.P_PID, popen.pid, flags) is not None


def _signal_group(popen: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(popen.pid, number)


_guards: weakref.WeakSet[subprocess.Popen[bytes]] = weakref.WeakSet()


def _forget_guards() -> None:
    """Closes a forked child's copies of the pipes: they would hide the agent's death."""
    for guard in list(_guards):
        if guard.stdin is not None:
            guard.stdin.close()


os.register_at_fork(after_in_child=_forget_guards)
