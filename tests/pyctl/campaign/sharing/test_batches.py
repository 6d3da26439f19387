"""Batches of real simulations whose decisions one server makes: the same, whatever dies."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
import pytest

from agents.idla.allocator import Idla, IdlaSettings
from agents.idla.formula import FormulaCells, record
from pyctl.campaign.backends.backend import BackendError
from pyctl.campaign.backends.local import LocalBackend
from pyctl.campaign.batch import Batch, BatchOptions
from pyctl.campaign.episode import StepReport
from pyctl.campaign.planned import PlannedRun, identify
from pyctl.campaign.prepare import RunConfig
from pyctl.campaign.sharing import keeper
from pyctl.campaign.sharing.keeper import Keeper
from pyctl.campaign.states import stored_runs
from pyctl.campaign.worker import Outcome
from tests.faults.batches import digests
from tests.pyctl.campaign.sharing.conftest import ROOT
from tests.pyctl.campaign.test_batch import Log

TIME_LIMIT_S = 60.0
GONE_S = 15.0


def runs_of(allocator: str, seeds: int = 2, steps: int = 8, **settings: Any) -> list[PlannedRun]:
    return identify(
        RunConfig("loopback", allocator, {"steps": steps}, settings, seed=seed)
        for seed in range(1, seeds + 1)
    )


def shared(
    runs: list[PlannedRun], out: Path, log: Log | None = None, workers: int = 2, **options: Any
) -> dict[str, Outcome]:
    server = Keeper(1)
    place = LocalBackend(out, server)
    done = Batch(runs, out, BatchOptions(workers, **options), log or Log(), place).run()
    # The server ended with the batch, and so did its address.
    assert server.pid is not None
    assert not psutil.pid_exists(server.pid)
    assert server.door.address[1:] not in Path("/proc/net/unix").read_text()
    return done


def alone(runs: list[PlannedRun], out: Path) -> dict[str, Outcome]:
    return Batch(runs, out, BatchOptions(1), Log()).run()


def provenance(out: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in out.glob("*/provenance.json")]


def test_one_model_decides_for_several_runs_at_once_what_each_would_decide(
    registered: Path, model: Path, tmp_path: Path
) -> None:
    nets = runs_of("net", 2, steps=60, model=str(model), takes_s=0.004)
    runs = [
        *(*nets, *runs_of("equal", 1), *runs_of("static", 1, shares=[0.5, 0.3, 0.2])),
        *(*runs_of("learner"), *runs_of("faulty", 1, how="nan")),
    ]
    assert {one.state for one in alone(runs, tmp_path / "alone").values()} == {"ok"}
    for name in ("loads", "passes"):
        Path(f"{model}.{name}").unlink()
    assert {one.state for one in shared(runs, tmp_path / "shared").values()} == {"ok"}
    (load,) = Path(f"{model}.loads").read_text().splitlines()
    assert load.split()[1] == "1"  # thread of torch
    passes = [int(line) for line in Path(f"{model}.passes").read_text().split()]
    assert sum(passes) == 2 * 60
    # Two workers: while one decision is made the other run asks, but for beginnings and ends.
    assert max(passes) == 2
    assert digests(tmp_path / "shared") == digests(tmp_path / "alone")
    assert len(digests(tmp_path / "shared")) == len(runs)
    assert {each["shared_model"] for each in provenance(tmp_path / "shared")} == {True}
    assert {each["shared_model"] for each in provenance(tmp_path / "alone")} == {False}


def test_an_estimator_of_paper_001_is_one_for_all_runs(tmp_path: Path) -> None:
    network = FormulaCells(cells=4, slices=3, seed=3)
    random = np.random.default_rng(3)
    learnt = Idla(IdlaSettings(epochs=2))
    learnt.fit(record(network, random.dirichlet(np.ones(3), (60, 4))), seed=1)
    learnt.save(tmp_path / "estimator.pt")
    cells = {"steps": 3, "sites": 1, "ues_per_slice": 1, "interval_s": 0.3, "warmup_s": 0.1}
    settings = {"model": str(tmp_path / "estimator.pt"), "device": "cpu"}
    runs = identify(RunConfig("cells", "idla", cells, settings, seed=seed) for seed in (1, 2))
    for play, name in ((alone, "alone"), (shared, "shared")):
        assert {one.state for one in play(runs, tmp_path / name).values()} == {"ok"}
    for run in runs:
        one, other = (
            pd.read_parquet(tmp_path / name / run.run_id / "steps.parquet")
            for name in ("alone", "shared")
        )
        # Decided among others: the same but for rounding, of which packets may make a little more.
        np.testing.assert_allclose(one["prb_max"], other["prb_max"], atol=0.01)


FAULTS = ("refusal", "odd", "ours", "list", "update")


def test_errors_end_the_run_that_they_belong_to_as_without_a_server(
    registered: Path, tmp_path: Path
) -> None:
    runs = [run for how in FAULTS for run in runs_of("faulty", 1, how=how)]
    good = runs_of("equal", 1)
    expected = alone([*runs, *good], tmp_path / "alone")
    found = shared([*runs, *good], tmp_path / "shared")
    assert found == expected
    assert [found[run.run_id].kind for run in runs] == [
        *("UsageError", "AllocatorFailed", "InvalidAction", "AllocatorFailed", "AllocatorFailed"),
    ]
    assert "OddError: this and that" in found[runs[1].run_id].message
    assert found[good[0].run_id].state == "ok"
    errors = {
        where: {
            path.parent.name: json.loads(path.read_text())
            for path in (tmp_path / where).glob("*.failed/error.json")
        }
        for where in ("alone", "shared")
    }
    assert errors["shared"] == errors["alone"]
    assert len(errors["shared"]) == len(FAULTS)


def test_what_cannot_be_sent_is_told(registered: Path, tmp_path: Path) -> None:
    (run,) = runs_of("faulty", 1, how="unsendable")
    outcome = shared([run], tmp_path)[run.run_id]
    assert outcome.kind == "AllocatorFailed"
    assert "what it returned cannot be sent to the run" in outcome.message


class Kills(Log):
    """Kills a process at the first step it hears of."""

    def __init__(self, pick: str) -> None:
        super().__init__()
        self.pick = pick
        self.killed = 0

    def step(self, run: PlannedRun, report: StepReport) -> None:
        super().step(run, report)
        if not self.killed:
            for child in psutil.Process().children():
                name = child.cmdline()[-2] if child.cmdline() else ""
                is_server = any("slicebed-" in line for line in _addresses(child.pid))
                if "spawn_main" in name and is_server == (self.pick == "server"):
                    child.kill()
                    self.killed += 1
                    return


def _addresses(pid: int) -> list[str]:
    """Lists the Unix sockets that a process listens at, by their inodes."""
    inodes = set()
    for path in Path(f"/proc/{pid}/fd").iterdir():
        target = os.readlink(path)
        if target.startswith("socket:["):
            inodes.add(target[len("socket:[") : -1])
    lines = [line.split() for line in Path("/proc/net/unix").read_text().splitlines()[1:]]
    return [words[7] for words in lines if len(words) > 7 and words[6] in inodes]


@pytest.mark.parametrize("victim", ["server", "worker"])
def test_runs_outlive_the_server_and_the_server_outlives_workers(
    victim: str, registered: Path, tmp_path: Path
) -> None:
    runs = runs_of("learner", 3, steps=600)
    log = Kills(victim)
    outcomes = shared(runs, tmp_path / "shared", log)
    assert log.killed == 1
    assert {one.state for one in outcomes.values()} == {"ok"}
    kinds = {kind for state, kind, again in log.ends if again}
    assert kinds == ({"ModelServerLost"} if victim == "server" else {"WorkerDied"})
    alone(runs, tmp_path / "alone")
    assert digests(tmp_path / "shared") == digests(tmp_path / "alone")


def test_a_decision_that_hangs_takes_its_run_and_not_the_batch(
    registered: Path, tmp_path: Path
) -> None:
    hanging = runs_of("faulty", 1, how=str(tmp_path / "once.hung"))
    after = runs_of("equal", 1, steps=5)
    log = Log()
    # One worker: the second run may come to a server that computes for nobody, until it notices.
    outcomes = shared([*hanging, *after], tmp_path / "out", log, workers=1, stall_s=6.0)
    assert {one.state for one in outcomes.values()} == {"ok"}
    assert log.ends[0] == ("failed", "Stalled", True)
    assert set(log.ends[1:]) <= {("failed", "ModelServerLost", True), ("ok", "", False)}


def test_a_server_that_cannot_start_ends_the_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "serve", os._exit)  # which wants a number, and gets more
    message = "3 model servers one after the other ended before they were ready: exit status 1"
    with pytest.raises(BackendError, match=message):
        shared(runs_of("equal", 2), tmp_path)


def test_nothing_outlives_a_batch_that_is_killed(registered: Path, tmp_path: Path) -> None:
    plan = "scenario: loopback\nallocators: [learner]\nparameters: {steps: 100000}\nseeds: 2\n"
    (tmp_path / "plan.yaml").write_text(plan)
    process = subprocess.Popen(
        [sys.executable, "-m", "pyctl.cli", "batch", "plan.yaml", "--share-model", "--quiet"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{registered / 'packages'}"},
    )
    deadline = time.monotonic() + TIME_LIMIT_S
    while not list(tmp_path.glob("results/.*.partial/decisions.bin")):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    family = psutil.Process(process.pid).children(recursive=True)
    assert any(_addresses(child.pid) for child in family)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert psutil.wait_procs(family, timeout=GONE_S)[1] == []
    assert {run.state for run in stored_runs(tmp_path / "results")} <= {"stale", "interrupted"}
