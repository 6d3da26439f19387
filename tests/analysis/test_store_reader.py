"""Stores with runs in every state."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analysis.errors import StoreReadError
from analysis.store_reader import TAIL_BYTES, scan_store
from tests.analysis.stores import edge_run


def test_every_state_is_told(tmp_path: Path) -> None:
    edge_run(tmp_path / "a")
    keyless = edge_run(tmp_path / "b", seed=2)
    config = json.loads((keyless / "config.json").read_text())
    del config["mask_sha256"]
    (keyless / "config.json").write_text(json.dumps(config))
    half = edge_run(tmp_path / "c", seed=3)
    (half / "summary.json").unlink()
    failed, stopped, going = (
        f"{'d' * 12}.failed",
        f"{'e' * 12}.interrupted",
        f".{'f' * 12}.1.partial",
    )
    for name in (failed, stopped, going, "figures", ".hidden", "theirs", "theirs.failed"):
        (tmp_path / name).mkdir()
    (tmp_path / failed / "error.json").write_text('{"error": "why"}')
    for name in ("theirs", "theirs.failed"):  # other programs have files of these names as well
        (tmp_path / name / "config.json").write_text('{"lr": 0.1}')
        (tmp_path / name / "summary.json").write_text('{"steps": 3}')
    (tmp_path / "notes.failed").write_text("a file")
    store = scan_store(tmp_path)
    assert [run.folder.name for run in store.runs] == ["a"]
    assert {run.folder.name: run.state for run in store.unfinished} == {
        "b": "damaged",
        "c": "damaged",
        failed: "failed",
        stopped: "interrupted",
        going: "not over",
    }
    errors = {run.folder.name: run.error for run in store.unfinished}
    assert errors["b"]["error"].endswith("config.json: mask_sha256 is missing")
    assert errors["c"]["error"].endswith("summary.json is missing")
    assert errors[failed] == {"error": "why"}
    assert errors[stopped] == {}


def test_the_tail_of_a_long_log(tmp_path: Path) -> None:
    folder = tmp_path / "aaaaaaaaaaaa.failed"
    folder.mkdir()
    lines = [f"line {i}" for i in range(TAIL_BYTES)]
    (folder / "simulation.log").write_bytes("\n".join(lines).encode() + b"\n\xff")
    (run,) = scan_store(tmp_path).unfinished
    assert run.log_tail.splitlines() == [*lines[-19:], "\ufffd"]
    assert run.config == {}
    assert [one.state for one in scan_store(folder.parent).unfinished] == ["failed"]


def test_one_run_is_a_store_of_one(tmp_path: Path) -> None:
    folder = edge_run(tmp_path / "a")
    (run,) = scan_store(folder).runs
    assert run.folder == folder
    assert run.provenance == {}
    with pytest.raises(StoreReadError, match="is no folder"):
        scan_store(tmp_path / "nowhere")
