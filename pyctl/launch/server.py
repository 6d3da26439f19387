"""One program that has loaded its libraries and copies itself for each episode.

A copy is there in milliseconds, where a program takes a good part of a second to start. The server
also tells how its copies, and the branches that these make of themselves, ended. It ends when its
socket closes, and the kernel ends its copies with it.
"""

from __future__ import annotations

import contextlib
import json
import math
import operator
import os
import select
import signal
import socket
import time
import weakref
from collections.abc import Mapping, Sequence
from typing import Any, SupportsIndex

from pyctl.errors import SimulationCrashed, SimulationHung, UsageError
from pyctl.exchange.channel import SocketFolder
from pyctl.launch.log import SimulationLog
from pyctl.launch.process import SimulationProcess, command_line
from pyctl.launch.watched import WatchedSimulation

MAX_PACKET_BYTES = 16 * 1024
POLL_S = 0.05
START_S = 60.0
# Between a copy's end and the server's word of it; mostly less than a millisecond.
WORD_S = 30.0
END_S = 0.005
# Simulations of one server at a time; each holds some tens of megabytes of its own.
MAX_LIVE = 256
# That a simulation holds open here: its log and what tells of its end.
SERVED_DESCRIPTORS = 2


class SimulationServer:
    """Starts simulations of one scenario with one set of parameters.

    Attributes:
        folder: for ``ipc`` sockets of its simulations' agents.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Starts the server.

        Args:
            arguments: program and arguments, without a seed.
            environment: variables besides those of this process.

        Raises:
            UsageError: the program cannot be started.
        """
        self.arguments = list(arguments)
        self.folder = SocketFolder()
        self._users = 1
        self._ended: dict[int, int] = {}
        self._simulations: weakref.WeakSet[ServedSimulation] = weakref.WeakSet()
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        _sockets.add(self._socket)
        self._finalizer = weakref.finalize(self, self._socket.close)
        with theirs:
            try:
                self._process = SimulationProcess(
                    [*arguments, "--serve"],
                    # It serves nobody but who has its socket: by hand the scenario runs alone.
                    command=command_line(arguments, environment or {}),
                    socket_folder=self.folder.path,
                    stdin=theirs,
                    environment=environment,
                )
            except BaseException:
                self._socket.close()
                raise

    @property
    def pid(self) -> int:
        """Returns the server's own process id."""
        return self._process.pid

    def start(
        self, endpoint: str, seed: int, log: SimulationLog, command: str, attach: bool = False
    ) -> ServedSimulation:
        """Starts a simulation.

        Args:
            endpoint: of its agent.
            seed: the simulation's ``RngRun``.
            log: for its output.
            command: one line that runs it again.
            attach: whether it waits for a debugger before it builds its network.

        Raises:
            SimulationError: the server ended, does not answer, or has no room for a copy.
        """
        order = {"endpoint": endpoint, "log": log.path, "run": seed, "attach": attach}
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # told below
            self._socket.send(json.dumps({"start": order}).encode())
        deadline = time.monotonic() + START_S
        while (answer := self._read(POLL_S)) is None:
            self._process.require_alive()
            if time.monotonic() > deadline:
                raise SimulationHung(f"no simulation was started within {START_S:g} s")
        if "refused" in answer:
            raise SimulationCrashed(answer["refused"], command=command)
        return self.adopt(int(answer["started"]), log, command)

    def adopt(self, pid: int, log: SimulationLog, command: str) -> ServedSimulation:
        """Watches a branch that one of its simulations made of itself."""
        simulation = ServedSimulation(self, pid, log, command)
        self._simulations.add(simulation)
        return simulation

    def status_of(self, pid: int) -> int:
        """Returns the exit status of a simulation that has ended.

        If the server has ended before it could tell, that of the server.

        Raises:
            SimulationHung: the server is stopped, or tells nothing.
        """
        deadline = time.monotonic() + WORD_S
        while pid not in self._ended:
            status = self._process.poll()
            if status is not None:
                return status
            self._process.require_alive()
            if time.monotonic() > deadline:
                raise SimulationHung(f"the server told nothing of process {pid}'s end")
            self._read(POLL_S)
        return self._ended.pop(pid)

    def lives(self) -> bool:
        """Tells whether it can still start simulations."""
        return self._process.poll() is None

    def require_alive(self, wait_s: float = 0.0) -> None:
        """Makes sure that it can still start simulations.

        Args:
            wait_s: how long one that is about to end may take to [s].

        Raises:
            SimulationCrashed: it has ended.
            SimulationHung: it has been stopped for a while.
        """
        self._process.wait(wait_s)
        self._process.require_alive()

    def require_room(self, n: SupportsIndex) -> int:
        """Makes sure that ``n`` more simulations may live; returns it as an ``int``.

        Raises:
            UsageError: they may not, or ``n`` is no whole number above 0.
        """
        live = sum(each.poll() is None for each in self._simulations)
        try:
            number = 0 if isinstance(n, bool) else operator.index(n)
        except TypeError:
            number = 0
        if number < 1 or live + number > MAX_LIVE:
            raise UsageError(
                f"n is {n!r}; a whole number above 0 is required, and at most {MAX_LIVE} branches "
                f"of an environment may live at once: {live} do"
            )
        return number

    def retain(self) -> SimulationServer:
        """Counts one more user; returns itself."""
        self._users += 1
        return self

    def release(self) -> None:
        """Ends the server if this was its last user."""
        self._users -= 1
        if self._users == 0:
            self._socket.close()
            self._process.stop()
            self.folder.remove()

    def _read(self, wait_s: float) -> dict[str, Any] | None:
        """Waits for word of the server; notes an end, returns an answer to ``start``."""
        if not _can_read(self._socket.fileno(), wait_s):
            return None
        packet = b""
        with contextlib.suppress(ConnectionResetError):
            packet = self._socket.recv(MAX_PACKET_BYTES)
        if not packet:  # the server has ended, and its process will tell in a moment
            time.sleep(min(wait_s, END_S))
            return None
        told: dict[str, Any] = json.loads(packet)
        if "exited" not in told:
            return told
        self._ended[int(told["exited"])] = int(told["status"])
        return None


class ServedSimulation(WatchedSimulation):
    """A simulation that a server started, or that branched off another."""

    def __init__(
        self, server: SimulationServer, pid: int, log: SimulationLog, command: str
    ) -> None:
        super().__init__(server.arguments, command, log)
        self._server = server
        self._pid = pid
        self._status: int | None = None
        try:
            # The server reaps it, so its number may be given away: this stays.
            self._descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            self._descriptor = -1
        self._finalizer = weakref.finalize(self, _kill, self._descriptor, os.getpid())

    @property
    def pid(self) -> int:
        """Returns the process id."""
        return self._pid

    def poll(self) -> int | None:
        """Returns the exit status as a shell shows it, or None while it runs."""
        if self._status is None and self._has_exited():
            self._status = self._server.status_of(self._pid)
            self._finalizer()
        return self._status

    def wait(self, timeout_s: float) -> int | None:
        """Waits for its end; returns the exit status, or None if it still runs."""
        if self._status is None:
            self._has_exited(timeout_s)
        return self.poll()

    def _has_exited(self, wait_s: float = 0) -> bool:
        return self._descriptor < 0 or _can_read(self._descriptor, wait_s)

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._descriptor, number)


def _can_read(descriptor: int, wait_s: float) -> bool:
    poll = select.poll()  # select.select() knows no descriptor above 1023
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(math.ceil(wait_s * 1000)))


def _kill(descriptor: int, owner: int) -> None:
    """Ends a simulation, if it still runs."""
    if descriptor < 0:
        return
    if os.getpid() == owner:  # a forked child has a copy of the object, not the simulation
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(descriptor, signal.SIGKILL)
    os.close(descriptor)


_sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()


def _forget_sockets() -> None:
    """Closes a forked child's copies: they would hide the agent's death from the server."""
    for each in list(_sockets):
        each.close()


os.register_at_fork(after_in_child=_forget_sockets)
