"""What a simulation writes: where it goes, and its last lines."""

from __future__ import annotations

import os
import tempfile
import weakref
from pathlib import Path
from typing import IO

from pyctl.errors import UsageError

TAIL_LINES = 20
TAIL_BYTES = 8192


class SimulationLog:
    """The output of one simulation.

    Attributes:
        file: open for appending.
    """

    def __init__(self, path: Path | None = None) -> None:
        """Opens it.

        Args:
            path: of a file that is appended to; None for a temporary one.

        Raises:
            UsageError: the file cannot be written.
        """
        self.file = _open(path)
        self._start = self.file.seek(0, os.SEEK_END)
        self._kept = ""
        self._finalizer = weakref.finalize(self, self.file.close)

    @property
    def path(self) -> str:
        """Returns a path by which another process of this user opens the file."""
        return f"/proc/{os.getpid()}/fd/{self.file.fileno()}"

    def tail(self, lines: int = TAIL_LINES) -> str:
        """Returns the last lines written since it was opened; those until then once closed."""
        if self.file.closed:
            return self._kept
        end = self.file.seek(0, os.SEEK_END)
        self.file.seek(max(self._start, end - TAIL_BYTES))
        text = self.file.read().decode(errors="replace")
        return "\n".join(text.rstrip().splitlines()[-lines:])

    def close(self) -> None:
        """Keeps the last lines and closes the file; may be repeated."""
        self._kept = self.tail()
        self.file.close()


def _open(path: Path | None) -> IO[bytes]:
    try:
        if path is None:
            return tempfile.TemporaryFile("a+b")
        return path.open("a+b")
    except OSError as error:
        if path is None:
            raise UsageError(
                f"TMPDIR: no temporary file can be made for a log: {error.strerror}"
            ) from error
        raise UsageError(
            f"log_path is {path}: {error.strerror}; a file that can be written is required"
        ) from error
