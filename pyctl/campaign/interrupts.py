"""Ctrl-C and SIGTERM at moments that suit: what is half done is brought to an end first.

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
from typing import Any, NoReturn, Self

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Terminated(KeyboardInterrupt):
    """SIGTERM came: everything ends as after Ctrl-C."""


def terminate(*_: object) -> NoReturn:
    """Handles SIGTERM.

    Raises:
        Terminated: always.
    """
    raise Terminated("ended by SIGTERM")


class Interrupts:
    """A context manager that keeps SIGINT and SIGTERM back; one that came is raised at its end.

    A signal that nothing in Python handles, such as SIGTERM outside of the command ``slicebed``,
    does what it did. Other threads than the main one get none: in these it does nothing. One that
    an outer ``Interrupts`` keeps back is the inner one's from its beginning.
    """

    def __init__(self) -> None:
        self._came: signal.Signals | None = None
        self._allowed = False
        self._before: dict[signal.Signals, Any] = {}
        self._is_main = threading.current_thread() is threading.main_thread()

    def __enter__(self) -> Self:
        if self._is_main:
            for number in SIGNALS:
                if callable(signal.getsignal(number)):
                    self._before[number] = signal.signal(number, self._handle)
            for before in self._before.values():
                outer = getattr(before, "__self__", None)
                if isinstance(outer, Interrupts):
                    self._came, outer._came = self._came or outer._came, None
        return self

    def __exit__(self, *_: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)
        if self._came is not None:
            signal.raise_signal(self._came)

    @contextmanager
    def allowed(self) -> Iterator[None]:
        """Raises one at once, here and until the first has come."""
        self._allowed = True
        try:
            if self._came is not None:
                self._raise(self._came)
            yield
        finally:
            self._allowed = False

    def _handle(self, number: int, _: Any) -> None:
        self._came = self._came or signal.Signals(number)
        if self._allowed:
            self._raise(self._came)

    def _raise(self, number: signal.Signals) -> NoReturn:
        self._came, self._allowed = None, False
        if number == signal.SIGTERM:
            terminate()
        raise KeyboardInterrupt
