"""Jobs of several simulations, of which only some compute at once.

As many compute as there are cores, and one more to be taken up by the core that is free first. All
at once would take turns on the cores, and each would find the caches full of the others'.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

# Between looks at all simulations at work while waiting for one of them.
LOOK_S = 0.001


class Simulation(Protocol):
    """Where a job is done."""

    def ready(self, wait_s: float = 0.0) -> bool:
        """Tells whether the job is done."""


@dataclass(frozen=True)
class Job:
    """What a simulation is to do.

    Attributes:
        simulation: that does it.
        begin: starts it.
        end: waits for what comes of it.
    """

    simulation: Simulation
    begin: Callable[[], None]
    end: Callable[[], Any]


class Jobs:
    """Jobs by number, in the order in which they came."""

    def __init__(self, cores: int) -> None:
        """Takes how many cores there are to compute on."""
        self._at_once = cores + 1
        self._waiting: deque[tuple[int, Job]] = deque()
        self._begun: dict[int, Job] = {}

    def __len__(self) -> int:
        return len(self._waiting) + len(self._begun)

    def __contains__(self, i: int) -> bool:
        return i in self._begun or any(i == number for number, _ in self._waiting)

    def add(self, i: int, job: Job) -> None:
        """Begins a job, at once if there is room."""
        self._waiting.append((i, job))
        self._begin()

    def take(self, at_least: int) -> dict[int, Any]:
        """Waits until so many jobs have ended; returns what came of all that have, by number."""
        results: dict[int, Any] = {}
        while True:
            for i in self._ready(wait=len(results) < at_least):
                results[i] = self._begun.pop(i).end()
                self._begin()
            if len(results) >= at_least:
                return results

    def _begin(self) -> None:
        while self._waiting and len(self._begun) < self._at_once:
            i, job = self._waiting.popleft()
            job.begin()
            self._begun[i] = job

    def _ready(self, wait: bool) -> list[int]:
        """Returns which need not be waited for any more; may wait a little for the first."""
        ready = [i for i, job in self._begun.items() if job.simulation.ready()]
        if not ready and wait:
            first = next(iter(self._begun))
            ready = [first] if self._begun[first].simulation.ready(LOOK_S) else []
        return ready
