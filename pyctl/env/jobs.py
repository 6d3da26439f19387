"""Jobs of several simulations, of which only some compute at once.

All at once would take turns on the cores, and each would find the caches full of the others'. So
there are as many as cores, and one more to be taken up by the core that is free first. Better
still is a core that goes on with the simulation it has in its caches: where who gives the jobs is
quick to give the next one, a simulation keeps its core for a turn of many jobs, and the core waits
for it.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

# While waiting for one of the simulations at work, between looks whether they still live.
LOOK_S = 0.05
# A turn: long against filling a cache, short against an episode of many jobs.
TURN_S = 0.25
# Who takes results is quick if it is back for more within this share of a job's time.
QUICK = 0.1


class Simulation(Protocol):
    """Where a job is done."""

    def ready(self) -> bool:
        """Tells whether the job is done."""

    @staticmethod
    def wait_for_any(simulations: Any, wait_s: float) -> None:
        """Waits until the job of one of them is done, for so long at most [s]."""


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
        self._cores = cores
        self._waiting: deque[tuple[int, Job]] = deque()
        self._begun: dict[int, Job] = {}
        self._begun_s: dict[int, float] = {}  # when each began its latest job
        self._turn_s: dict[int, float] = {}  # when each began its turn
        self._kept: set[int] = set()  # whose cores wait for them
        self._is_quick = False
        self._left_s = math.inf  # when the latest results were given away

    def __len__(self) -> int:
        return len(self._waiting) + len(self._begun)

    def __contains__(self, i: int) -> bool:
        return i in self._begun or any(i == number for number, _ in self._waiting)

    def add(self, i: int, job: Job) -> None:
        """Begins a job, at once if there is room."""
        if i in self._kept:
            self._kept.remove(i)
            self._start(i, job)
            return
        self._waiting.append((i, job))
        self._fill()

    def take(self, at_least: int) -> dict[int, Any]:
        """Waits until so many jobs have ended; returns what came of all that have, by number."""
        away_s = time.monotonic() - self._left_s
        self._kept.clear()
        self._fill()
        results: dict[int, Any] = {}
        while True:
            for i in self._ready(wait=len(results) < at_least):
                results[i] = self._begun.pop(i).end()
            if len(results) >= at_least:
                break
            self._fill()
        now_s = time.monotonic()
        took_s = now_s - min((self._begun_s[i] for i in results), default=now_s)
        self._is_quick = 0 <= away_s < QUICK * took_s
        for i in results:
            if self._is_quick and self._busy < self._cores and now_s - self._turn_s[i] < TURN_S:
                self._kept.add(i)
        self._fill()
        self._left_s = time.monotonic()
        return results

    @property
    def _busy(self) -> int:
        """How many cores are."""
        return len(self._begun) + len(self._kept)

    def _fill(self) -> None:
        """Begins what waits on cores that are neither busy nor kept."""
        room = self._cores + (not self._is_quick)
        while self._waiting and self._busy < room:
            i, job = self._waiting.popleft()
            self._turn_s[i] = time.monotonic()
            self._start(i, job)

    def _start(self, i: int, job: Job) -> None:
        self._begun_s[i] = time.monotonic()
        job.begin()
        self._begun[i] = job

    def _ready(self, wait: bool) -> list[int]:
        """Returns which need not be waited for any more; may wait a little for the first."""
        ready = [i for i, job in self._begun.items() if job.simulation.ready()]
        if not ready and wait:
            simulations = [job.simulation for job in self._begun.values()]
            simulations[0].wait_for_any(simulations, LOOK_S)
        return ready
