"""Who works on a run: lock files, written under a lock of the store, taken over from the dead only.

``DIR/.<run_id>.lock`` holds process id, the process's start time, the host and the scheduler's
name of the place. A process of another host cannot be looked at from here: its lock counts as held
until somebody who knows, such as the scheduler, says that the process is gone.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from pyctl.campaign.errors import cannot_write

START_FIELD = 19  # of /proc/PID/stat after the name: clock ticks from boot to the start
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
# Variable with the name that a scheduler has for the place this process lives in: "slurm 1234".
PLACE = "SLICEBED_PLACE"
ALONE = ".alone"  # file that stands for a folder where folders cannot be locked


@dataclass(frozen=True)
class Owner:
    """A process, told apart from a later one that gets its number.

    Attributes:
        pid: process id.
        started: boot of its machine and its start since then.
        host: it runs on.
        place: scheduler's name of the job or node that it lives in; empty without a scheduler.
    """

    pid: int
    started: str
    host: str
    place: str = ""

    @classmethod
    def current(cls) -> Owner:
        """Returns this process."""
        place = os.environ.get(PLACE, "")
        return cls(os.getpid(), _start_of(os.getpid()), socket.gethostname(), place)

    @classmethod
    def read(cls, path: Path) -> Owner | None:
        """Reads what ``write`` wrote; None if there is nothing such."""
        try:
            value = json.loads(path.read_text())
            place = str(value.get("place", ""))
            return cls(int(value["pid"]), str(value["started"]), str(value["host"]), place)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def text(self) -> str:
        """Writes it as JSON."""
        return json.dumps(asdict(self)) + "\n"

    def lives(self) -> bool:
        """Tells whether the process still runs, as far as can be known here."""
        if self in _gone:
            return False
        if self.host != socket.gethostname():
            return True
        return self.runs_here()

    def runs_here(self) -> bool:
        """Tells whether this machine runs the process, if it is this machine's."""
        return _start_of(self.pid) == self.started

    def __str__(self) -> str:
        place = f" ({self.place})" if self.place else ""
        return f"process {self.pid} on {self.host}{place}"


_gone: set[Owner] = set()


def declare_gone(owner: Owner) -> None:
    """Takes the word of somebody who knows: to this process, another one no longer lives."""
    _gone.add(owner)


class Claim:
    """The right to work on a run, until ``release``."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def release(self) -> None:
        """Gives it back.

        Raises:
            StoreError: the store cannot be written any more.
        """
        try:
            if Owner.read(self._path) == Owner.current():
                self._path.unlink(missing_ok=True)
        except OSError as error:
            raise cannot_write(f"runs to {self._path.parent}", error) from error


def lock_path(out: Path, run_id: str) -> Path:
    """Says where a run's lock is."""
    return out / f".{run_id}.lock"


def claim(out: Path, run_id: str) -> Claim | Owner:
    """Claims a run for this process.

    Args:
        out: the store; made if missing.
        run_id: the run.

    Returns:
        The claim, or the living process that has it.

    Raises:
        StoreError: the store cannot be written.
    """
    path = lock_path(out, run_id)
    try:
        out.mkdir(parents=True, exist_ok=True)
        # One at a time looks and writes, so none takes over from the living.
        with alone(out):
            owner = Owner.read(path)
            if owner is not None and owner.lives():
                return owner
            _write(path)
    except OSError as error:
        raise cannot_write(f"runs to {out}", error) from error
    return Claim(path)


def _write(path: Path) -> None:
    try:
        path.write_text(Owner.current().text())
    except OSError:
        path.unlink(missing_ok=True)  # what is half-written counts for nothing
        raise


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Lets one process at a time change what it is told of a store by names; not to be nested."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError as error:
            if error.errno != errno.EBADF:
                raise
            # NFS locks nothing but files that are open for writing, whoever asks.
            os.close(descriptor)
            descriptor = os.open(folder / ALONE, os.O_RDWR | os.O_CREAT, 0o666)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _start_of(pid: int) -> str:
    """Returns boot and start of a process; empty if there is none, or only its corpse."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
        fields = stat.rpartition(")")[2].split()
        return "" if fields[0] in "ZX" else f"{BOOT_ID.read_text().strip()} {fields[START_FIELD]}"
    except OSError:
        return ""
