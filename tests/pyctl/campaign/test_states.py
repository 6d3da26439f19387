"""States of a store's runs, and folders of dead processes."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from pyctl.campaign import store
from pyctl.campaign.batch import keep_as_failed
from pyctl.campaign.claims import Owner, claim, lock_path
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
    ids["running"] = pending(tmp_path, 4).run_id
    stale = pending(tmp_path, 5)
    die(stale)
    ids["stale"] = stale.run_id
    (tmp_path / "notes").mkdir()
    (tmp_path / "0123456789ab").mkdir()
    (tmp_path / "0123456789ab" / "thesis.tex").write_text("mine")
    runs = {run.state: run for run in stored_runs(tmp_path)}
    assert {state: run.run_id for state, run in runs.items()} == ids
    assert counts(runs.values()) == dict.fromkeys(ids, 1)
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
    keep_as_failed(tmp_path, run.run_id, "WorkerDied", "killed")
    assert os.listdir(tmp_path) == [f"{run.run_id}.failed"]
    folder = tmp_path / f"{run.run_id}.failed"
    assert json.loads((folder / store.ERROR).read_text())["kind"] == "WorkerDied"
    assert not (folder / store.OWNER).exists()


def test_only_folders_of_the_dead_are_removed_and_no_file_of_others(tmp_path: Path) -> None:
    living, dead, with_notes = (pending(tmp_path, 1) for _ in range(3))
    die(dead)
    die(with_notes)
    (with_notes.path / "notes.txt").write_text("mine")
    store.remove_abandoned(tmp_path, living.run_id)
    assert living.path.is_dir()
    assert not dead.path.exists()
    assert (with_notes.path / "notes.txt").read_text() == "mine"


def test_a_folder_without_an_owner_is_given_a_moment(tmp_path: Path) -> None:
    run = pending(tmp_path, 1)
    (run.path / store.OWNER).unlink()
    assert not store.is_abandoned(run.path)
    os.utime(run.path, (0, 0))
    assert store.is_abandoned(run.path)


def test_no_store(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"cannot read .*none: No such file"):
        stored_runs(tmp_path / "none")
