"""Ctrl-C at moments that suit: what is half done is brought to an end first.

    with Interrupts() as interrupts:
        folder = make()
        with interrupts.allowed():
            compute()
        put_in_place(folder)

Here one that comes while the folder is made is raised before anything is computed, and one that
comes while it is put in place when it is there.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self


class Interrupts:
    """A context manager that keeps SIGINT back; one that came is raised at its end.

    Other threads than the main one get none: in these it does nothing. One that an outer
    ``Interrupts`` keeps back is the inner one's from its beginning.
    """

    def __init__(self) -> None:
        self._came = False
        self._allowed = False
        self._is_main = threading.current_thread() is threading.main_thread()

    def __enter__(self) -> Self:
        if self._is_main:
            self._before = signal.signal(signal.SIGINT, self._handle)
            outer = getattr(self._before, "__self__", None)
            if isinstance(outer, Interrupts):
                self._came, outer._came = self._came or outer._came, False
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_main:
            signal.signal(signal.SIGINT, self._before)
            if self._came:
                signal.raise_signal(signal.SIGINT)

    @contextmanager
    def allowed(self) -> Iterator[None]:
        """Raises one at once, here and until the first has come."""
        self._allowed = True
        try:
            if self._came:
                self._raise()
            yield
        finally:
            self._allowed = False

    def _handle(self, *_: Any) -> None:
        self._came = True
        if self._allowed:
            self._raise()

    def _raise(self) -> None:
        self._came = self._allowed = False
        raise KeyboardInterrupt
