"""Ctrl-C at each moment of a run: it is stored whole, kept as interrupted, or had not begun."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pyctl.campaign import runner, store, worker
from pyctl.campaign.episode import StepReport
from pyctl.campaign.errors import BATCH_GONE
from pyctl.campaign.interrupts import Interrupts, Terminated, terminate
from pyctl.campaign.planned import identify
from pyctl.campaign.prepare import RunConfig
from pyctl.campaign.states import stored_runs
from pyctl.campaign.worker import Order
from tests.pyctl.campaign.simulations import TinySimulation

LOOPBACK = RunConfig("loopback", "equal", {"steps": 3})


def interrupt() -> None:
    signal.raise_signal(signal.SIGINT)


def and_then_interrupt(function: Callable[..., Any]) -> Callable[..., Any]:
    def both(*arguments: Any, **keywords: Any) -> Any:
        result = function(*arguments, **keywords)
        interrupt()
        return result

    return both


def test_one_that_is_kept_back_comes_at_the_end() -> None:
    done = []
    with pytest.raises(KeyboardInterrupt):  # noqa: PT012 - when it comes is what is tested
        with Interrupts() as interrupts:
            interrupt()
            interrupt()
            done.append("kept back")
            with pytest.raises(KeyboardInterrupt), interrupts.allowed():
                done.append("never")
            done.append("second one")
            with pytest.raises(KeyboardInterrupt), interrupts.allowed():
                interrupt()
            interrupt()
            done.append("last")
        done.append("never")
    assert done == ["kept back", "second one", "last"]
    with pytest.raises(KeyboardInterrupt):
        interrupt()  # as before


def test_one_that_came_before_an_inner_one_is_the_inner_ones() -> None:
    done = []
    with Interrupts():
        interrupt()
        with pytest.raises(KeyboardInterrupt), Interrupts() as inner:  # noqa: PT012 - as above
            done.append("kept back")
            with inner.allowed():
                done.append("never")
        done.append("and only once")
    assert done == ["kept back", "and only once"]


def test_sigterm_is_kept_back_where_something_handles_it() -> None:
    done = []
    before = signal.signal(signal.SIGTERM, terminate)
    try:
        with pytest.raises(Terminated), Interrupts() as interrupts:  # noqa: PT012 - as above
            signal.raise_signal(signal.SIGTERM)
            done.append("kept back")
            with interrupts.allowed():
                done.append("never")
        with pytest.raises(Terminated), Interrupts():  # noqa: PT012 - as above
            with Interrupts():
                signal.raise_signal(signal.SIGTERM)
            done.append("handed to the outer one")
    finally:
        signal.signal(signal.SIGTERM, before)
    assert done == ["kept back", "handed to the outer one"]
    with Interrupts():
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL  # ends the process, as always


def test_without_one_nothing_comes_and_other_threads_get_none() -> None:
    before = signal.getsignal(signal.SIGINT)
    done = []

    def elsewhere() -> None:
        with Interrupts() as interrupts, interrupts.allowed():
            done.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    with Interrupts() as interrupts, interrupts.allowed():
        pass
    assert done == [before]
    assert signal.getsignal(signal.SIGINT) == before


# Where Ctrl-C comes, and what becomes of the run.
MOMENTS = {
    "folder is made": (store.Owner, "current", "interrupted"),
    "first file": (store.PendingRun, "write_json", "interrupted"),
    "tables": (runner, "_write_tables", "interrupted"),
    "put in place": (store, "put_in_place", "ok"),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_run_that_is_interrupted_is_never_half_there(
    moment: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, name, state = MOMENTS[moment]
    monkeypatch.setattr(place, name, and_then_interrupt(getattr(place, name)))
    with pytest.raises(KeyboardInterrupt):
        run_tiny(tmp_path)
    (run,) = stored_runs(tmp_path)
    assert run.state == state
    assert [path.name for path in tmp_path.iterdir()] == [run.folder.name]


def run_tiny(out: Path) -> None:
    runner.run_once(LOOPBACK, out, open_simulation=lambda *_: LoopbackTiny())


class LoopbackTiny(TinySimulation):
    """Has the loopback's fields, with nothing in them."""

    def _fields(self, throughput: Any) -> dict[str, Any]:
        import numpy as np

        from pyctl.launch.scenarios import describe

        fields = describe("loopback", LOOPBACK.parameters).raw["observation"]
        return {each["name"]: np.zeros(each["shape"], np.float32) for each in fields}


def test_ctrl_c_again_does_not_hinder_what_the_first_one_began(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "_play", and_then_interrupt(runner._play))
    monkeypatch.setattr(runner, "_keep_unfinished", and_then_interrupt(runner._keep_unfinished))
    with pytest.raises(KeyboardInterrupt):
        run_tiny(tmp_path)
    assert [run.state for run in stored_runs(tmp_path)] == ["interrupted"]


class Gone:
    """The connection to a batch that is gone, after the run's beginning."""

    def send(self, message: object) -> None:
        if isinstance(message, StepReport):
            raise BrokenPipeError


def test_a_run_whose_batch_is_gone_is_interrupted_and_not_failed(tmp_path: Path) -> None:
    (run,) = identify([LOOPBACK])
    with pytest.raises(KeyboardInterrupt):
        worker._Worker(Gone(), tmp_path, None).run(Order(run))  # type: ignore[arg-type]
    (stored,) = stored_runs(tmp_path)
    assert (stored.state, stored.reason()) == ("interrupted", BATCH_GONE)
    assert os.listdir(tmp_path) == [f"{run.run_id}.interrupted"]


def test_one_that_comes_before_the_run_is_prepared_ends_it_at_its_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (run,) = identify([LOOPBACK])
    monkeypatch.setattr(worker, "claim", and_then_interrupt(worker.claim))
    monkeypatch.setattr(runner, "_play", lambda *_: pytest.fail("the simulation was started"))
    with pytest.raises(KeyboardInterrupt):
        worker._Worker(Gone(), tmp_path, None).run(Order(run))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["claim", "remove_abandoned"])
def test_no_lock_is_left(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (run,) = identify([LOOPBACK])
    monkeypatch.setattr(worker, name, and_then_interrupt(getattr(worker, name)))
    with pytest.raises(KeyboardInterrupt):
        worker._Worker(Gone(), tmp_path, None).run(Order(run))  # type: ignore[arg-type]
    assert [path for path in tmp_path.iterdir() if path.suffix == ".lock"] == []


def test_a_worker_that_is_closed_before_it_looks_begins_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[Order] = []
    (run,) = identify([LOOPBACK])

    def listen_first(*arguments: Any) -> None:
        orders, _, ending = arguments[1:]
        orders.put(Order(run))
        ending.closed.set()
        orders.put(None)

    monkeypatch.setattr(os, "setsid", lambda: None)
    monkeypatch.setattr(worker, "_listen", listen_first)
    monkeypatch.setattr(worker._Worker, "run", lambda _, order: begun.append(order))
    before = signal.getsignal(signal.SIGINT)
    worker.work(Gone(), tmp_path)  # type: ignore[arg-type]
    signal.signal(signal.SIGINT, before)
    assert begun == []
