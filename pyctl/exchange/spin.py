"""Looking again and again, in place of sleeping, for what will be there in a moment."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

SPIN_NS = 50_000  # what a wake-up takes
VAIN_AT_MOST = 4
TRY_AGAIN_AFTER = 64


class AdaptiveSpin:
    """One end's spinning; it learns from how its spins went.

    To wake a sleeper costs tens of microseconds, so what comes soon is better looked for. That is
    useless where both ends share one processor, and waste where the answer takes long: a spin
    lasts no longer than a wake-up takes, and there is none after several in vain; once in a while
    it is tried again. ``adaptive-spin.h`` does likewise.
    """

    def __init__(self) -> None:
        self._may_run_on_two = len(os.sched_getaffinity(0)) > 1
        self._vain = 0  # spins in vain since the last that paid
        self._without = 0  # waits without a spin since the last one

    def until(self, has_come: Callable[[], bool]) -> None:
        """Spins, if that is worthwhile, until something has come, or for a moment."""
        if not self._is_worthwhile():
            return
        end_ns = time.monotonic_ns() + SPIN_NS
        while not has_come():
            os.sched_yield()  # the threads that bring it may be on this processor
            if time.monotonic_ns() > end_ns:
                self._vain += 1
                return
        self._vain = 0

    def _is_worthwhile(self) -> bool:
        if not self._may_run_on_two:
            return False
        if self._vain >= VAIN_AT_MOST:
            self._without += 1
            if self._without < TRY_AGAIN_AFTER:
                return False
        self._without = 0
        return True
