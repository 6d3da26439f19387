"""Jobs of simulations, with a clock of the test: how many at once, and who keeps its core."""

from __future__ import annotations

from itertools import groupby

import pytest

from pyctl.env import jobs
from pyctl.env.jobs import Job, Jobs

JOB_S = 0.01


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def monotonic(self) -> float:
        return self.now_s


class Instant:
    """A simulation whose job takes time as soon as somebody looks at it."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    def ready(self) -> bool:
        self.clock.now_s += JOB_S
        return True

    @staticmethod
    def wait_for_any(_simulations: object, _wait_s: float) -> None:
        pytest.fail("each is ready at once")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(jobs, "time", clock)
    return clock


def play(clock: Clock, away_s: float, cores: int = 1, simulations: int = 4) -> list[int]:
    """Gives each simulation 100 jobs, one after the other; returns whose ended, in their order."""
    todo = Jobs(cores)
    left = dict.fromkeys(range(simulations), 100)
    order: list[int] = []

    def add(i: int) -> None:
        todo.add(i, Job(Instant(clock), lambda: None, lambda: None))

    for i in left:
        add(i)
    while len(todo):
        for i in todo.take(1):
            order.append(i)
            clock.now_s += away_s
            left[i] -= 1
            if left[i]:
                add(i)
    assert not any(left.values())
    return order


def test_no_more_at_once_than_cores_and_one(clock: Clock) -> None:
    begun: list[int] = []
    todo = Jobs(2)
    for i in range(5):
        job = Job(Instant(clock), lambda i=i: begun.append(i), lambda i=i: f"result {i}")
        todo.add(i, job)
    assert begun == [0, 1, 2]
    assert [i in todo for i in range(6)] == [True] * 5 + [False]
    assert todo.take(5) == {i: f"result {i}" for i in range(5)}
    assert begun == [*range(5)]
    assert len(todo) == 0
    assert todo.take(0) == {}


def test_who_is_quick_goes_on_with_the_same_simulation_for_a_turn(clock: Clock) -> None:
    order = play(clock, away_s=0.0)[4:]  # at first nobody knows how quick it will be
    runs = [len(list(group)) for _, group in groupby(order)]
    # A turn of 0.25 s, in jobs of 0.01 s; the last run of a simulation is what is left of its 100.
    assert max(runs) <= jobs.TURN_S / JOB_S + 1
    assert sum(runs) / len(runs) > 15


def test_nobody_waits_for_who_is_slow(clock: Clock) -> None:
    order = play(clock, away_s=2 * jobs.QUICK * JOB_S)
    # One by one, those that wait first: nobody has two more than another.
    for k in range(1, len(order)):
        counts = [order[:k].count(i) for i in range(4)]
        assert max(counts) - min(counts) <= 2


def test_cores_are_not_kept_from_who_wants_all(clock: Clock) -> None:
    todo = Jobs(1)
    for _ in range(3):
        for i in range(3):
            todo.add(i, Job(Instant(clock), lambda: None, lambda: None))
        assert sorted(todo.take(3)) == [0, 1, 2]
