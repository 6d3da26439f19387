"""Batches of real simulations: what is killed, what fails, and two at once."""

from __future__ import annotations

import dataclasses
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from pyctl.campaign import batch, pace, worker
from pyctl.campaign.backends import local
from pyctl.campaign.backends.backend import BackendError
from pyctl.campaign.batch import Batch, BatchOptions
from pyctl.campaign.episode import StepReport
from pyctl.campaign.errors import BATCH_GONE, BY_USER, StoreError
from pyctl.campaign.planned import PlannedRun, identify
from pyctl.campaign.prepare import RunConfig
from pyctl.campaign.states import counts, stored_runs
from pyctl.campaign.worker import Outcome
from tests.faults.batches import digests

SLICEBED = [sys.executable, "-m", "pyctl.cli"]
PLAN = """scenario: loopback
allocators: [equal, {name: static, settings: {shares: [0.5, 0.3, 0.2]}}]
parameters: {steps: 60}
seeds: 3
"""
RUNS = 2 * 3
TIME_LIMIT_S = 120
GONE_S = 15.0


class Log:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.ends: list[tuple[str, str, bool]] = []
        self.steps = 0

    def begun(self, run: PlannedRun) -> None: ...

    def elsewhere(self, run: PlannedRun, owner: str) -> None: ...

    def step(self, run: PlannedRun, report: StepReport) -> None:
        self.steps += 1

    def ended(self, run: PlannedRun, outcome: Outcome, again: bool) -> None:
        self.ends.append((outcome.state, outcome.kind, again))


def loopback(**parameters: Any) -> list[PlannedRun]:
    return identify([RunConfig("loopback", "equal", parameters)])


def start(folder: Path, out: str, plan: str = PLAN) -> subprocess.Popen[str]:
    (folder / "plan.yaml").write_text(plan)
    return subprocess.Popen(
        [*SLICEBED, "batch", "plan.yaml", "--out", out, "--workers", "2", "--json"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> dict[str, Any]:
    printed, told = process.communicate(timeout=TIME_LIMIT_S)
    assert process.returncode == 0, told
    return json.loads(printed)  # type: ignore[no-any-return]


def children(process: subprocess.Popen[str]) -> list[psutil.Process]:
    try:
        return psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def wait_for_a_run(process: subprocess.Popen[str], out: Path, pattern: str = ".*.partial") -> None:
    before = set(out.glob(pattern))
    while process.poll() is None and not set(out.glob(pattern)) - before:
        time.sleep(0.01)


def living(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [each for each in processes if each.is_running() and each.status() != "zombie"]


def test_kills_lose_nothing_and_change_nothing(tmp_path: Path) -> None:
    undisturbed = finish(start(tmp_path, "undisturbed"))
    assert undisturbed["counts"] == {"ok": RUNS, "skipped": 0, "failed": 0, "hung": 0}
    moments = random.Random(6)
    done: list[int] = []
    for _ in range(4):
        process = start(tmp_path, "killed")
        wait_for_a_run(process, tmp_path / "killed")
        time.sleep(moments.uniform(0.0, 0.4))
        family = children(process)
        process.kill()
        process.communicate()
        done.append(len(digests(tmp_path / "killed")))
        # Neither workers nor simulations outlive the batch.
        assert psutil.wait_procs(family, timeout=GONE_S)[1] == []
    counted = finish(start(tmp_path, "killed"))["counts"]
    assert done == sorted(done)
    assert counted["ok"] + counted["skipped"] == RUNS
    assert digests(tmp_path / "killed") == digests(tmp_path / "undisturbed")
    assert len(digests(tmp_path / "killed")) == RUNS
    # Each run is there once, and nothing else.
    assert sorted(os.listdir(tmp_path / "killed")) == sorted(digests(tmp_path / "undisturbed"))


def test_runs_of_a_batch_that_was_killed_do_not_blame_the_user(tmp_path: Path) -> None:
    plan = "scenario: loopback\nallocators: [equal]\nparameters: {steps: 300000}\n"
    process = start(tmp_path, "out", plan)
    wait_for_a_run(process, tmp_path / "out", ".*.partial/decisions.bin")
    family = children(process)
    process.kill()
    process.communicate()
    assert psutil.wait_procs(family, timeout=GONE_S)[1] == []
    (stored,) = stored_runs(tmp_path / "out")
    assert (stored.state, stored.reason()) == ("interrupted", BATCH_GONE)


def test_runs_of_a_batch_that_ends_by_an_error_say_which(tmp_path: Path) -> None:
    class Ends(Log):
        def step(self, run: PlannedRun, report: StepReport) -> None:
            raise BackendError("no more workers")

    (run,) = loopback(steps=300_000)
    with pytest.raises(BackendError):
        Batch([run], tmp_path, BatchOptions(1), Ends()).run()
    (stored,) = stored_runs(tmp_path)
    assert stored.reason() == "the batch ended: no more workers"


def test_two_batches_on_one_store_share_the_work(tmp_path: Path) -> None:
    both = [finish(process) for process in [start(tmp_path, "one"), start(tmp_path, "one")]]
    done = [{r["run_id"] for r in each["runs"] if r["state"] == "ok"} for each in both]
    assert done[0].isdisjoint(done[1])
    assert len(done[0] | done[1]) == RUNS
    assert all(r["state"] in ("ok", "skipped") for each in both for r in each["runs"])
    assert len(os.listdir(tmp_path / "one")) == RUNS


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("moment", [".*.lock", ".*.partial", ".*.partial/description.json"])
def test_ctrl_c_keeps_what_is_over_and_stops_the_rest(
    tmp_path: Path, moment: str, number: signal.Signals, status: int
) -> None:
    process = start(tmp_path, "out")
    wait_for_a_run(process, tmp_path / "out", moment)
    family = children(process)
    process.send_signal(number)
    _, told = process.communicate(timeout=TIME_LIMIT_S)
    assert process.returncode == status, told
    assert psutil.wait_procs(family, timeout=GONE_S)[1] == []
    stored = stored_runs(tmp_path / "out")
    # However early it was: no lock, and no folder that nobody writes.
    assert sorted(os.listdir(tmp_path / "out")) == sorted(run.folder.name for run in stored)
    assert {run.state for run in stored} <= {"ok", "interrupted"}
    assert {run.reason() for run in stored if run.state == "interrupted"} <= {BY_USER}
    if moment.endswith("description.json"):
        assert counts(stored)["interrupted"] >= 1


def test_ctrl_c_keeps_what_a_worker_cannot_keep_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupts(Log):
        """Stops the worker for good, then comes Ctrl-C."""

        def step(self, run: PlannedRun, report: StepReport) -> None:
            for each in psutil.Process().children():
                each.suspend()
            raise KeyboardInterrupt

    monkeypatch.setattr(batch, "END_S", 0.2)
    (run,) = loopback(steps=3000)
    with pytest.raises(KeyboardInterrupt):
        Batch([run], tmp_path, BatchOptions(1), Interrupts()).run()
    (stored,) = stored_runs(tmp_path)
    assert (stored.state, stored.reason()) == ("interrupted", "interrupted by the user")
    assert os.listdir(tmp_path) == [f"{run.run_id}.interrupted"]


def test_crashes_are_tried_again_and_usage_errors_are_not(tmp_path: Path) -> None:
    log = Log()
    (crash,) = loopback(crash_step=2)
    wrong = dataclasses.replace(loopback()[0], request=RunConfig("loopback", "equal", {"steps": 0}))
    outcomes = Batch([wrong, crash], tmp_path, BatchOptions(1, retries=2), log).run()
    assert log.ends == [
        ("failed", "UsageError", False),
        ("failed", "SimulationCrashed", True),
        ("failed", "SimulationCrashed", True),
        ("failed", "SimulationCrashed", False),
    ]
    assert outcomes[crash.run_id].kind == "SimulationCrashed"
    assert counts(stored_runs(tmp_path))["failed"] == 1


def test_a_run_that_passes_no_border_is_given_up_and_kept_as_failed(tmp_path: Path) -> None:
    (run,) = loopback(hang_step=3)
    log = Log()
    outcomes = Batch([run], tmp_path, BatchOptions(1, retries=1, stall_s=4.0), log).run()
    assert log.ends == [("failed", "Stalled", True), ("failed", "Stalled", False)]
    assert outcomes[run.run_id].message.startswith("no border was passed for 4 s")
    (stored,) = stored_runs(tmp_path)
    assert (stored.state, stored.reason().partition(":")[0]) == ("hung", "Stalled")
    assert outcomes[run.run_id].shown == "hung"
    assert os.listdir(tmp_path) == [f"{run.run_id}.failed"]


def test_a_run_that_is_too_slow_is_given_up_and_not_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "WINDOW_S", 0.5)
    # 1 ms an interval: no machine simulates a million seconds of it in a minute.
    (run,) = loopback(steps=1_000_000)
    log = Log()
    outcomes = Batch([run], tmp_path, BatchOptions(1, min_progress=1e6), log).run()
    assert log.ends == [("failed", "TooSlow", False)]
    assert "1e+06 s a minute are required" in outcomes[run.run_id].message
    (stored,) = stored_runs(tmp_path)
    assert (stored.state, stored.reason().partition(":")[0]) == ("hung", "TooSlow")
    assert log.steps > 1


def test_workers_that_cannot_start_end_the_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "_work", os._exit)  # which wants a number, and gets a connection
    message = "3 workers one after the other ended before they were ready: exit status 1"
    with pytest.raises(BackendError, match=message):
        Batch(loopback(), tmp_path, BatchOptions(1), Log()).run()
    assert os.listdir(tmp_path) == []


class KillsTheFirst(Log):
    """Kills the worker, or its simulation, at the first step it hears of."""

    def __init__(self, victim: str) -> None:
        super().__init__()
        self._victim = victim

    def step(self, run: PlannedRun, report: StepReport) -> None:
        if self.steps == 0:
            for each in living(psutil.Process().children(recursive=True)):
                if each.is_running() and self._victim in " ".join(each.cmdline()):
                    each.kill()
                    break
        super().step(run, report)


@pytest.mark.parametrize("victim", ["spawn_main", "slicebed-loopback"])
def test_a_killed_worker_or_simulation_costs_one_try(tmp_path: Path, victim: str) -> None:
    (run,) = loopback(steps=3000)
    log = KillsTheFirst(victim)
    outcomes = Batch([run], tmp_path, BatchOptions(1, retries=1), log).run()
    assert [(state, again) for state, _, again in log.ends] == [("failed", True), ("ok", False)]
    assert outcomes[run.run_id].state == "ok"
    assert os.listdir(tmp_path) == [run.run_id]


def test_a_store_that_cannot_be_written_stops_the_batch(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    runs = identify([RunConfig("loopback", "equal", seed=seed) for seed in range(3)])
    log = Log()
    with pytest.raises(StoreError, match=r"cannot write runs to .*file"):
        Batch(runs, tmp_path / "file", BatchOptions(1), log).run()
    assert log.ends == [("failed", "StoreError", False)]
    assert (tmp_path / "file").read_text() == "mine"


def test_a_full_disk_is_told_as_an_error_of_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        def send(self, message: object) -> None: ...

    def no_space(self: Path, text: str) -> int:
        raise OSError(28, "No space left on device")

    (run,) = loopback()
    monkeypatch.setattr(Path, "write_text", no_space)
    outcome = worker._Worker(Full(), tmp_path, None).run(worker.Order(run))  # type: ignore[arg-type]
    assert (outcome.state, outcome.kind) == ("failed", "StoreError")
    assert outcome.message.startswith(
        f"cannot write runs to {tmp_path}: No space left on device; make room there"
    )
    assert os.listdir(tmp_path) == []


def test_a_store_that_becomes_read_only_is_told_as_an_error_of_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(self: Path, missing_ok: bool = False) -> None:
        raise OSError(30, "Read-only file system")

    (run,) = loopback()
    monkeypatch.setattr(worker._Worker, "_run_claimed", lambda *_: Outcome("ok"))
    monkeypatch.setattr(Path, "unlink", read_only)
    outcome = worker._Worker(None, tmp_path, None).run(worker.Order(run))  # type: ignore[arg-type]
    assert outcome.kind == "StoreError"
    assert outcome.message.startswith(f"cannot write runs to {tmp_path}: Read-only file system; a ")
