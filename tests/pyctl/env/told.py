"""Standard error, for a test to wait for what is told there."""

from __future__ import annotations

import io
import queue

WAIT_S = 30.0


class Told(io.StringIO):
    """Stands in for ``sys.stderr``; another thread takes the lines as they come."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: queue.Queue[str] = queue.Queue()

    def write(self, text: str) -> int:
        self._pieces.put(text)
        return len(text)

    def line(self) -> str:
        """Waits for the next whole line."""
        text = ""
        while not text.endswith("\n"):
            text += self._pieces.get(timeout=WAIT_S)
        return text
