"""Workers as jobs: by submitit's own executor, and by a Slurm that runs the scripts."""

from __future__ import annotations

import os
import signal
import stat
import time
from pathlib import Path
from typing import Any

import pytest
from submitit.local.local import LocalExecutor

from pyctl.campaign.backends import on_slurm
from pyctl.campaign.backends.backend import BackendError, Needs
from pyctl.campaign.backends.on_slurm import SubmititBackend, slurm_backend
from pyctl.campaign.backends.slurm_queue import SlurmQueue
from pyctl.campaign.batch import Batch, BatchOptions
from pyctl.campaign.claims import Owner, lock_path
from pyctl.campaign.planned import PlannedRun, identify
from pyctl.campaign.prepare import RunConfig
from pyctl.campaign.states import counts, stored_runs
from pyctl.errors import UsageError
from tests.faults.batches import digests
from tests.pyctl.campaign.backends.fake_slurm import FakeSlurm
from tests.pyctl.campaign.test_batch import Log

STEPS = 1500  # about a second: there is a middle to kill it in


def loopbacks(seeds: int, steps: int = STEPS) -> list[PlannedRun]:
    return identify(
        [RunConfig("loopback", "equal", {"steps": steps}, seed=s) for s in range(seeds)]
    )


def stored(out: Path) -> list[str]:
    return sorted(name for name in os.listdir(out) if name != on_slurm.FOLDER)


@pytest.fixture
def slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeSlurm:
    """A cluster whose commands are found, and are asked often."""
    (tmp_path / "slurm").mkdir()
    cluster = FakeSlurm(tmp_path / "slurm")
    monkeypatch.setenv("PATH", f"{cluster.path}:{os.environ['PATH']}")
    monkeypatch.setattr(on_slurm, "SlurmQueue", lambda: SlurmQueue(look_every_s=0.2))
    return cluster


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Digests of runs that nothing happens to."""
    out = tmp_path_factory.mktemp("undisturbed")
    Batch(loopbacks(2), out, BatchOptions(2), Log()).run()
    return digests(out)


def backend(out: Path, **options: str) -> SubmititBackend:
    return slurm_backend(out, Needs(), {"host": "127.0.0.1", **options})


class Strikes(Log):
    """Does something at a run's first step, once."""

    def __init__(self, strike: Any) -> None:
        super().__init__()
        self._strike = strike

    def step(self, run: PlannedRun, report: Any) -> None:
        super().step(run, report)
        if self.steps == 1:
            self._strike()


class Processes:
    """The queue of submitit's local executor: its jobs are our children."""

    def __init__(self, executor: LocalExecutor) -> None:
        self._submit = executor.submit
        self._jobs: dict[str, Any] = {}
        executor.submit = self._note  # type: ignore[method-assign]

    def _note(self, *arguments: Any) -> Any:
        job = self._submit(*arguments)
        self._jobs[job.job_id] = job
        return job

    def ended(self, job_id: str) -> str | None:
        return None if self._jobs[job_id].state == "RUNNING" else f"process {job_id} is over"

    def cancel(self, job_id: str) -> None:
        self._jobs[job_id].cancel()

    def is_gone_from(self, job_id: str, host: str) -> bool:
        return False


def test_jobs_that_submitit_starts_do_the_runs_of_a_batch(tmp_path: Path) -> None:
    runs = loopbacks(4, steps=20)
    executor = LocalExecutor(tmp_path / "jobs")
    place = SubmititBackend(
        tmp_path / "out", executor, Processes(executor), "127.0.0.1", "127.0.0.1"
    )
    log = Log()
    outcomes = Batch(runs, tmp_path / "out", BatchOptions(2), log, place).run()
    assert [outcomes[run.run_id].state for run in runs] == ["ok"] * 4
    assert log.steps >= 4
    assert stored(tmp_path / "out") == sorted(run.run_id for run in runs)
    # The secret of the batch is nowhere any more.
    assert list((tmp_path / "jobs").glob("*.pkl")) == []


def test_scripts_say_what_was_asked_for_and_all_runs_are_done(
    slurm: FakeSlurm, tmp_path: Path
) -> None:
    out, runs = tmp_path / "out", loopbacks(3, steps=20)
    place = backend(out, partition="short", account="net", time="30", **{"cpus-per-task": "2"})
    (folder,) = (out / on_slurm.FOLDER).iterdir()
    assert place.told() == f"workers are jobs; their scripts and logs are in {folder}"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    outcomes = Batch(runs, out, BatchOptions(2), Log(), place).run()
    assert {outcome.state for outcome in outcomes.values()} == {"ok"}
    assert stored(out) == sorted(outcomes)
    script = slurm.script("1")
    for line in ("partition=short", "account=net", "time=30", "cpus-per-task=2", "no-requeue"):
        assert f"#SBATCH --{line}\n" in script
    assert script.count("--time") == script.count("--cpus-per-task") == 1
    assert slurm.running() == []


@pytest.mark.parametrize(
    ("state", "number"), [("NODE_FAIL", signal.SIGKILL), ("TIMEOUT", signal.SIGUSR2)]
)
def test_a_run_whose_job_slurm_ends_is_given_to_another_job(
    slurm: FakeSlurm,
    tmp_path: Path,
    undisturbed: dict[str, str],
    state: str,
    number: signal.Signals,
) -> None:
    runs = loopbacks(2)
    log = Strikes(lambda: slurm.end(slurm.running()[0], state, number))
    batch = Batch(runs, tmp_path / "out", BatchOptions(1), log, backend(tmp_path / "out"))
    outcomes = batch.run()
    assert [(kind, again) for _, kind, again in log.ends] == [
        ("WorkerDied", True), ("", False), ("", False),
    ]  # fmt: skip
    assert {outcome.state for outcome in outcomes.values()} == {"ok"}
    assert stored(tmp_path / "out") == sorted(outcomes)
    assert digests(tmp_path / "out") == undisturbed
    (causes,) = batch.setbacks.values()
    assert causes == [f"WorkerDied: the worker process ended (Slurm job 1: {state} on node1)"]
    assert slurm.jobs() == ["1", "2"]
    assert slurm.running() == []


def test_nothing_is_given_away_while_slurm_does_not_say_that_the_job_is_over(
    slurm: FakeSlurm, tmp_path: Path
) -> None:
    def strike() -> None:
        (slurm.root / "silent").touch()
        slurm.end("1", "NODE_FAIL")

    class Patience(Strikes):
        def ended(self, run: PlannedRun, outcome: Any, again: bool) -> None:
            super().ended(run, outcome, again)
            self.ended_s = time.monotonic()

    (run,) = loopbacks(1)
    log = Patience(strike)
    place = backend(tmp_path / "out")
    welcome, speaks_s = place.welcome, []

    def speak_after_a_while(workers: Any) -> None:
        welcome(workers)
        if (slurm.root / "silent").exists() and "over" in os.listdir(slurm.root / "1"):
            # The lock of the node that is gone is still there, and no other job was submitted.
            assert lock_path(tmp_path / "out", run.run_id).exists()
            assert slurm.jobs() == ["1"]
            assert log.ends == []
            speaks_s.append(time.monotonic())
            if len(speaks_s) == 5:
                (slurm.root / "silent").unlink()

    place.welcome = speak_after_a_while  # type: ignore[method-assign]
    outcomes = Batch([run], tmp_path / "out", BatchOptions(1), log, place).run()
    assert outcomes[run.run_id].state == "ok"
    assert log.ends[0][1] == "WorkerDied"
    assert len(speaks_s) == 5


@pytest.mark.parametrize("known_to", ["squeue", "accounting alone"])
def test_the_lock_of_a_job_that_nobody_watched_is_taken_over_when_slurm_says_it_is_over(
    slurm: FakeSlurm, tmp_path: Path, known_to: str
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (run,) = loopbacks(1, steps=20)
    for job, over in (("1", True), ("2", False)):
        (slurm.root / job).mkdir()
        (slurm.root / job / "state").write_text("COMPLETED" if over else "RUNNING")
        if over:
            (slurm.root / job / "over").touch()
    if known_to != "squeue":
        (slurm.root / "1" / "forgotten").touch()
    place = backend(out)
    held = Owner(7, "a boot 12", "node2.cluster", "slurm 2")
    assert not place.is_gone(held)
    assert not place.is_gone(Owner(7, "a boot 12", "node9", "slurm 1"))  # it ran on node1
    assert not place.is_gone(Owner(7, "a boot 12", "node1", "ray 1"))
    assert not place.is_gone(Owner(7, "a boot 12", "node3", "slurm 3"))  # there is no such job
    lost = Owner(7, "a boot 12", "node1.cluster", "slurm 1")
    lock_path(out, run.run_id).write_text(lost.text())
    log = Log()
    outcomes = Batch([run], out, BatchOptions(1), log, place).run()
    assert outcomes[run.run_id].state == "ok"
    assert log.ends == [("failed", "WorkerDied", True), ("ok", "", False)]
    assert stored(out) == [run.run_id]


def test_a_refusal_of_sbatch_ends_the_batch_with_its_words(
    slurm: FakeSlurm, tmp_path: Path
) -> None:
    (slurm.root / "refuses").write_text("nowhere")
    batch = Batch(loopbacks(1), tmp_path, BatchOptions(1), Log(), backend(tmp_path))
    with pytest.raises(BackendError, match="sbatch refused.*invalid partition specified: nowhere"):
        batch.run()


def test_jobs_that_end_before_they_call_end_the_batch(
    slurm: FakeSlurm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (slurm.root / "library" / "submitit.py").write_text("raise SystemExit('no submitit here')\n")
    batch = Batch(loopbacks(1), tmp_path, BatchOptions(1), Log(), backend(tmp_path))
    message = "3 workers one after the other ended before they were ready: Slurm job 3: FAILED"
    with pytest.raises(BackendError, match=message):
        batch.run()
    assert counts(stored_runs(tmp_path))["failed"] == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"array": "0-3"}, "--slurm array cannot be set: a worker is a job of one task"),
        ({"open-mode": "append"}, "--slurm open-mode cannot be set"),
    ],
)
def test_options_that_slicebed_sets_are_refused(
    slurm: FakeSlurm, tmp_path: Path, options: dict[str, str], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        slurm_backend(tmp_path, Needs(), options)


def test_a_machine_without_slurm_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="--backend slurm needs Slurm's command sbatch"):
        slurm_backend(tmp_path, Needs(), {})
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(("given", "expected"), [({}, 1), ({"gres": "shard:2"}, 0)])
def test_a_share_of_a_gpu_is_a_gpu_unless_the_options_say_how(
    given: dict[str, str], expected: int
) -> None:
    parameters = on_slurm._parameters(Needs(gpus=0.25), given)
    assert parameters.get("gpus_per_node", 0) == expected
