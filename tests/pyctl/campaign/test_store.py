"""Run folders: whole or not there, and nothing of others is touched."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest

from pyctl.campaign import atomic
from pyctl.campaign.digest import run_id
from pyctl.campaign.errors import StoreError
from pyctl.campaign.store import OUR_FILES, PendingRun

CONFIG = {"scenario": "tiny", "seed": 1}
NAME = run_id(CONFIG)


def store_run(out: Path, text: str = "log", state: str = "ok") -> Path:
    run = PendingRun(out, CONFIG)
    run.write_text("simulation.log", text)
    return run.commit(state)  # type: ignore[arg-type]


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


def test_a_run_appears_only_when_it_is_committed(tmp_path: Path) -> None:
    run = PendingRun(tmp_path / "results", CONFIG)
    run.write_json("summary.json", {"a": 1})
    assert [n.startswith(f".{NAME}.") for n in names(tmp_path / "results")] == [True]
    assert run.commit("ok") == tmp_path / "results" / NAME
    assert names(tmp_path / "results") == [NAME]
    assert names(tmp_path / "results" / NAME) == ["config.json", "summary.json"]
    assert json.loads((tmp_path / "results" / NAME / "config.json").read_text()) == CONFIG


@pytest.mark.parametrize("state", ["failed", "interrupted"])
def test_unfinished_runs_have_names_of_their_own(tmp_path: Path, state: str) -> None:
    assert store_run(tmp_path, state=state) == tmp_path / f"{NAME}.{state}"
    assert names(tmp_path) == [f"{NAME}.{state}"]


def test_a_run_that_ends_well_takes_the_place_of_its_failures(tmp_path: Path) -> None:
    store_run(tmp_path, state="failed")
    store_run(tmp_path, state="interrupted")
    store_run(tmp_path)
    assert names(tmp_path) == [NAME]


def test_a_failure_leaves_the_run_that_ended_well(tmp_path: Path) -> None:
    store_run(tmp_path, "first")
    store_run(tmp_path, "second", state="failed")
    assert (tmp_path / NAME / "simulation.log").read_text() == "first"


@pytest.mark.parametrize("exchange_works", [True, False])
def test_repeating_a_run_replaces_it(
    tmp_path: Path, exchange_works: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not exchange_works:
        monkeypatch.setattr(atomic, "_exchange", lambda *_: False)
    store_run(tmp_path, "first")
    store_run(tmp_path, "second")
    assert (tmp_path / NAME / "simulation.log").read_text() == "second"
    assert names(tmp_path) == [NAME]


def test_readers_always_find_a_whole_run(tmp_path: Path) -> None:
    store_run(tmp_path, "0")
    faults: list[str] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            if not (tmp_path / NAME).is_dir():
                faults.append("no run")

    reader = threading.Thread(target=read)
    reader.start()
    for i in range(200):
        store_run(tmp_path, str(i))
    done.set()
    reader.join()
    assert faults == []


def test_other_files_stay(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "config.json").write_text("mine too")
    store_run(tmp_path, state="failed")
    (tmp_path / f"{NAME}.failed" / "why.txt").write_text("mine as well")
    store_run(tmp_path)
    store_run(tmp_path)
    assert names(tmp_path) == sorted(["notes.txt", "other", NAME, f"{NAME}.failed"])
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert (tmp_path / "other" / "config.json").read_text() == "mine too"
    assert (tmp_path / f"{NAME}.failed" / "why.txt").read_text() == "mine as well"


def test_a_users_files_in_a_run_folder_outlive_its_repetition(tmp_path: Path) -> None:
    folder = store_run(tmp_path, "first")
    (folder / "note.txt").write_text("mine")
    (folder / "plots").mkdir()
    (folder / "plots" / "a.svg").write_text("mine too")
    store_run(tmp_path, "second")
    assert (folder / "simulation.log").read_text() == "second"
    assert (folder / "note.txt").read_text() == "mine"
    assert (folder / "plots" / "a.svg").read_text() == "mine too"
    assert names(tmp_path) == [NAME]


@pytest.mark.parametrize("content", [None, "{}", "not JSON"])
def test_a_folder_that_is_not_the_runs_is_refused(tmp_path: Path, content: str | None) -> None:
    folder = tmp_path / NAME
    folder.mkdir()
    (folder / "thesis.tex").write_text("mine")
    if content is not None:
        (folder / "config.json").write_text(content)
    with pytest.raises(
        StoreError, match=f"{NAME} is in the way: it is not the folder of run {NAME}"
    ):
        PendingRun(tmp_path, CONFIG)
    assert (folder / "thesis.tex").read_text() == "mine"
    assert names(tmp_path) == [NAME]


def test_a_folder_that_comes_in_the_way_meanwhile_is_refused(tmp_path: Path) -> None:
    run = PendingRun(tmp_path, CONFIG)
    (tmp_path / NAME).mkdir()
    with pytest.raises(StoreError, match="is in the way"):
        run.commit("ok")
    assert run.path.is_dir()


def test_a_file_in_place_of_the_store_is_named(tmp_path: Path) -> None:
    (tmp_path / "results").write_text("a file")
    with pytest.raises(
        StoreError, match=r"cannot write runs to .*results: File exists; a folder is"
    ):
        PendingRun(tmp_path / "results", CONFIG)


def test_what_is_ours_is_known_by_name() -> None:
    assert {"config.json", "steps.parquet", "summary.json", "simulation.log"} <= OUR_FILES
