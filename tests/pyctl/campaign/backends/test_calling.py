"""Workers that call back: who is let in, and when a job is given up."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client
from pathlib import Path

import pytest

from pyctl.campaign.backends import calling
from pyctl.campaign.backends.calling import Call, CallingBackend, CallingWorker
from pyctl.campaign.claims import Owner

TIME_LIMIT_S = 20.0
OWNER = Owner(7, "a boot 12", "elsewhere")


class Noted:
    """A job that only notes what is asked of it."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.how: str | None = None
        self.cancelled = 0

    def ended(self) -> str | None:
        return self.how

    def cancel(self) -> None:
        self.cancelled += 1


class Notes(CallingBackend):
    """A scheduler that starts nothing."""

    def __init__(self, out: Path) -> None:
        super().__init__(out, "127.0.0.1", "127.0.0.1")
        self.jobs: list[Noted] = []
        self.asked = 0

    def told(self) -> str:
        return "nowhere"

    def submit(self, call: Call) -> Noted:
        self.jobs.append(Noted(call))
        return self.jobs[-1]

    def ask(self, owner: Owner) -> bool:
        self.asked += 1
        return True


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[Notes]:
    backend = Notes(tmp_path)
    yield backend
    backend.close()


def until(condition: Callable[[], bool], backend: Notes, *workers: CallingWorker) -> None:
    deadline = time.monotonic() + TIME_LIMIT_S
    while not condition():
        assert time.monotonic() < deadline
        backend.welcome(workers)
        time.sleep(0.01)


def test_a_worker_gets_the_connection_of_its_own_call(backend: Notes) -> None:
    one, two = backend.start(), backend.start()
    call = backend.jobs[1].call
    assert call.token not in backend.jobs[0].call.token
    with Client((call.host, call.port), authkey=call.secret) as theirs:
        theirs.send(call.token)
        theirs.send("hello")
        until(lambda: two.connection is not None, backend, one, two)
        assert one.connection is None
        assert two.connection is not None
        assert two.connection.recv() == "hello"
        two.connection.send("and back")
        assert theirs.recv() == "and back"
        two.connection.close()


def test_who_does_not_know_the_secret_is_refused_and_who_says_nothing_stops_nobody(
    backend: Notes,
) -> None:
    worker = backend.start()
    call = backend.jobs[0].call
    with socket.create_connection((call.host, call.port)):  # says nothing
        with pytest.raises(AuthenticationError):
            Client((call.host, call.port), authkey=b"a guess")
        with Client((call.host, call.port), authkey=call.secret) as theirs:
            theirs.send(call.token)
            until(lambda: worker.connection is not None, backend, worker)
    assert worker.connection is not None
    worker.connection.close()


def test_a_job_that_comes_again_gets_no_connection(backend: Notes) -> None:
    worker = backend.start()
    call = backend.jobs[0].call
    with Client((call.host, call.port), authkey=call.secret) as first:
        first.send(call.token)
        until(lambda: worker.connection is not None, backend, worker)
        with Client((call.host, call.port), authkey=call.secret) as second:
            second.send(call.token)
            until(lambda: second.poll(), backend, worker)
            with pytest.raises(EOFError):
                second.recv()
    # So does one whose worker was given up.
    with Client((call.host, call.port), authkey=call.secret) as third:
        third.send(call.token)
        until(lambda: third.poll(), backend)
        with pytest.raises(EOFError):
            third.recv()
    assert worker.connection is not None
    worker.connection.close()


def test_a_lost_worker_is_waited_for_and_then_cancelled(
    backend: Notes, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker, (job,) = backend.start(), backend.jobs
    assert worker.gone() is None
    worker.lost()
    assert worker.gone() is None
    assert job.cancelled == 0
    monkeypatch.setattr(calling, "GRACE_S", 0.0)
    time.sleep(0.01)
    # That it was cancelled does not mean that it is gone.
    assert [worker.gone(), worker.gone()] == [None, None]
    assert job.cancelled == 1
    job.how = "node 3 failed"
    assert worker.gone() == "node 3 failed"


def test_a_scheduler_is_asked_for_a_process_now_and_then(
    backend: Notes, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [backend.is_gone(OWNER), backend.is_gone(OWNER)] == [True, False]
    assert backend.asked == 1
    monkeypatch.setattr(calling, "ASK_EVERY_S", 0.0)
    assert backend.is_gone(OWNER)
    assert backend.asked == 2
