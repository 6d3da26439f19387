"""States of a store's runs, and folders of dead processes."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest

from pyctl.campaign import store
from pyctl.campaign.abandoned import is_abandoned, keep_abandoned, remove_abandoned, tidy
from pyctl.campaign.claims import Owner, alone, claim, lock_path
from pyctl.campaign.errors import StoreError
from pyctl.campaign.states import counts, stored_runs
from pyctl.campaign.store import PendingRun
from tests.pyctl.campaign.test_claims import dead_owner


def pending(out: Path, seed: int) -> PendingRun:
    run = PendingRun(out, {"scenario": "tiny", "seed": seed})
    run.write_text(store.LOG, "one\ntwo\n")
    return run


def ended(out: Path, seed: int, state: store.State) -> str:
    run = pending(out, seed)
    run.write_json(store.SUMMARY if state == "ok" else store.ERROR, {"error": "e", "kind": "K"})
    run.commit(state)
    return run.run_id


def die(run: PendingRun) -> None:
    (run.path / store.OWNER).write_text(dead_owner().text())


def test_each_state_is_told_apart(tmp_path: Path) -> None:
    ids = {
        "ok": ended(tmp_path, 1, "ok"),
        "failed": ended(tmp_path, 2, "failed"),
        "interrupted": ended(tmp_path, 3, "interrupted"),
    }
    for seed, kind in ((6, "SimulationHung"), (7, "Stalled"), (8, "TooSlow")):
        hung = pending(tmp_path, seed)
        hung.write_json(store.ERROR, {"error": "e", "kind": kind})
        assert hung.commit("failed").name == f"{hung.run_id}.failed"
        assert {run.state for run in stored_runs(tmp_path) if run.run_id == hung.run_id} == {"hung"}
    ids["hung"] = hung.run_id
    ids["running"] = pending(tmp_path, 4).run_id
    stale = pending(tmp_path, 5)
    die(stale)
    ids["stale"] = stale.run_id
    (tmp_path / "notes").mkdir()
    (tmp_path / "0123456789ab").mkdir()
    (tmp_path / "0123456789ab" / "thesis.tex").write_text("mine")
    runs = {run.state: run for run in stored_runs(tmp_path)}
    assert runs.keys() == ids.keys()
    assert all(runs[state].run_id == ids[state] for state in ids if state != "hung")
    assert counts(stored_runs(tmp_path)) == {**dict.fromkeys(ids, 1), "hung": 3}
    assert runs["hung"].reason().endswith(": e")
    assert runs["failed"].reason() == "K: e"
    assert runs["running"].reason() == str(Owner.current())
    assert runs["stale"].reason().endswith(" is gone")
    assert runs["stale"].last_lines() == ["one", "two"]
    assert runs["ok"].reason() == ""


def test_a_run_comes_once_in_its_best_state(tmp_path: Path) -> None:
    ended(tmp_path, 1, "failed")
    die(pending(tmp_path, 1))
    assert [run.state for run in stored_runs(tmp_path)] == ["failed"]
    claim(tmp_path, stored_runs(tmp_path)[0].run_id)
    assert [run.state for run in stored_runs(tmp_path)] == ["running"]
    pending(tmp_path, 2)
    assert counts(stored_runs(tmp_path))["running"] == 2


def test_what_a_dead_process_left_becomes_a_failed_run(tmp_path: Path) -> None:
    run = pending(tmp_path, 1)
    die(run)
    lock_path(tmp_path, run.run_id).write_text(dead_owner().text())
    keep_abandoned(tmp_path, run.run_id, "failed", {"kind": "WorkerDied", "error": "killed"})
    assert os.listdir(tmp_path) == [f"{run.run_id}.failed"]
    folder = tmp_path / f"{run.run_id}.failed"
    assert json.loads((folder / store.ERROR).read_text())["kind"] == "WorkerDied"
    assert not (folder / store.OWNER).exists()


def test_only_folders_of_the_dead_are_removed_and_no_file_of_others(tmp_path: Path) -> None:
    living, dead, with_notes = (pending(tmp_path, 1) for _ in range(3))
    die(dead)
    die(with_notes)
    (with_notes.path / "notes.txt").write_text("mine")
    remove_abandoned(tmp_path, living.run_id)
    assert living.path.is_dir()
    assert not dead.path.exists()
    assert (with_notes.path / "notes.txt").read_text() == "mine"


def test_a_folder_without_an_owner_is_abandoned_unless_it_is_being_made(tmp_path: Path) -> None:
    run = pending(tmp_path, 1)
    (run.path / store.OWNER).unlink()
    told: list[bool] = []
    asked = threading.Thread(target=lambda: told.append(is_abandoned(run.path)))
    with alone(tmp_path):  # as its maker does
        asked.start()
        asked.join(0.1)
        assert told == []
        (run.path / store.OWNER).write_text(Owner.current().text())
    asked.join()
    assert told == [False]
    (run.path / store.OWNER).unlink()
    assert is_abandoned(run.path)
    assert not is_abandoned(tmp_path / ".0123456789ab.01234567.partial")


def test_a_folder_that_does_not_tell_its_run_is_not_kept(tmp_path: Path) -> None:
    run = pending(tmp_path, 1)
    die(run)
    (run.path / store.CONFIG).write_text('{"scenario": "ti')
    keep_abandoned(tmp_path, run.run_id, "failed", {"error": "killed"})
    assert os.listdir(tmp_path) == []


def test_what_another_process_has_taken_over_is_left_to_it(tmp_path: Path) -> None:
    run = pending(tmp_path, 1)
    die(run)
    lock_path(tmp_path, run.run_id).write_text(Owner(1, "x", "elsewhere").text())
    before = sorted(os.listdir(tmp_path))
    keep_abandoned(tmp_path, run.run_id, "failed", {"error": "killed"})
    tidy(tmp_path)
    assert sorted(os.listdir(tmp_path)) == before


def test_what_is_left_of_runs_that_are_ok_is_removed(tmp_path: Path) -> None:
    over = ended(tmp_path, 1, "ok")
    (left, with_topology, living) = (pending(tmp_path, 1) for _ in range(3))
    die(left)
    die(with_topology)
    (with_topology.path / "topology.json.partial").write_text("{")
    lock_path(tmp_path, over).write_text("")  # killed before it could write its name
    other = pending(tmp_path, 2)
    die(other)
    tidy(tmp_path)
    assert set(os.listdir(tmp_path)) == {over, living.path.name, other.path.name}


def test_no_store(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"cannot read .*none: No such file"):
        stored_runs(tmp_path / "none")
