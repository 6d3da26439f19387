"""Stores that are full, read-only, shared, or read meanwhile, and clocks that jump."""

from __future__ import annotations

import ast
import json
import os
import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from analysis.run_table import run_table
from analysis.store_reader import scan_store
from pyctl.campaign.states import stored_runs
from tests.faults.batches import (
    ROOT,
    can_mount,
    digests,
    finish,
    in_namespace,
    slicebed,
    start,
    undisturbed,
    write_plan,
)

mounts = pytest.mark.skipif(not can_mount(), reason="no file system can be mounted here")
SEEDS = 6
FULL_BYTES = 160_000  # a run of 60 steps takes some 40 kB in whole pages
# What a process may write into one file: more than a short run does, less than a long one.
FILE_BYTES = 100_000
LONG_STEPS = 3000
ADVICE = "make room there and repeat the command"


@mounts
def test_a_full_disk_is_told_and_resume_goes_on_where_there_is_room(tmp_path: Path) -> None:
    expected = undisturbed(tmp_path, write_plan(tmp_path / "plan.yaml", SEEDS))
    printed = in_namespace(
        f"""
        mkdir disk kept
        mount -t tmpfs -o size={FULL_BYTES} none disk
        slicebed batch plan.yaml --out disk/results --workers 2 --quiet 2>kept/told \\
            && exit 9 || echo $? >kept/status
        slicebed status disk/results --json >kept/full.json
        mount -o remount,size=20M disk
        slicebed resume plan.yaml --out disk/results --workers 2 --json 2>/dev/null
        cp -a disk/results kept
        """,
        tmp_path,
    )
    told = (tmp_path / "kept" / "told").read_text()
    assert (tmp_path / "kept" / "status").read_text() == "2\n", told
    assert "slicebed: error: cannot write " in told
    assert f"No space left on device; {ADVICE}" in told
    assert "Traceback" not in told
    full = json.loads((tmp_path / "kept" / "full.json").read_text())["counts"]
    assert 0 < full["ok"] < SEEDS
    assert full["failed"] == full["running"] == 0
    counted = json.loads(printed)["counts"]
    assert counted == {"ok": SEEDS - full["ok"], "skipped": full["ok"], "failed": 0, "hung": 0}
    assert digests(tmp_path / "kept" / "results") == expected
    assert sorted(os.listdir(tmp_path / "kept" / "results")) == sorted(expected)


def limit_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, resource.RLIM_INFINITY))


def test_a_file_that_cannot_grow_is_told_and_resume_goes_on(tmp_path: Path) -> None:
    plan = write_plan(tmp_path / "plan.yaml", 1, f"[60, 61, {LONG_STEPS}]")
    expected = undisturbed(tmp_path, plan)
    words = ("batch", "plan.yaml", "--out", "results", "--workers", "1", "--quiet")
    status, _, told = slicebed(*words, cwd=tmp_path, before=limit_files)
    assert status == 2, told
    assert told.splitlines()[-1].startswith("slicebed: error: cannot write ")
    assert f"decisions.bin: File too large; {ADVICE}" in told
    interrupted = [run for run in stored_runs(tmp_path / "results") if run.state != "ok"]
    assert [run.state for run in interrupted] == ["interrupted"]
    status, printed, told = slicebed("resume", "results", "--json", cwd=tmp_path)
    assert status == 0, told
    assert json.loads(printed)["counts"] == {"ok": 1, "skipped": 0, "failed": 0, "hung": 0}
    status, _, told = slicebed("resume", "plan.yaml", "--out", "results", cwd=tmp_path)
    assert status == 0, told
    assert digests(tmp_path / "results") == expected
    assert sorted(os.listdir(tmp_path / "results")) == sorted(expected)


@mounts
def test_a_read_only_store_is_told_and_can_be_read(tmp_path: Path) -> None:
    plan = write_plan(tmp_path / "plan.yaml", 2)
    undisturbed(tmp_path, plan)
    write_plan(plan, 3)
    before = sorted((tmp_path / "undisturbed").rglob("*"))
    printed = in_namespace(
        """
        mount --bind undisturbed undisturbed
        mount -o remount,bind,ro undisturbed
        slicebed batch plan.yaml --out undisturbed --quiet 2>told && exit 9 || echo $? >status
        slicebed report undisturbed --out report.html >&2
        slicebed status undisturbed --json
        """,
        tmp_path,
    )
    assert (tmp_path / "status").read_text() == "2\n"
    assert (tmp_path / "told").read_text() == (
        "slicebed: error: cannot write runs to undisturbed: Read-only file system; "
        "a folder that can be written is required, choose another --out\n"
    )
    assert json.loads(printed)["counts"]["ok"] == 2
    assert (tmp_path / "report.html").stat().st_size > 0
    assert sorted((tmp_path / "undisturbed").rglob("*")) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_store_without_permission_is_told(tmp_path: Path) -> None:
    plan = write_plan(tmp_path / "plan.yaml", 1)
    (tmp_path / "store").mkdir(mode=0o555)
    status, _, told = slicebed("batch", str(plan), "--out", "store", "--quiet", cwd=tmp_path)
    assert status == 2
    assert "cannot write runs to store: Permission denied; a folder that can be" in told


# Each reading of the clock of the day is a day before or behind the last one.
JUMPING_CLOCK = """
import itertools, os, time
_days = itertools.cycle((0, 1, -1, 400, -400))
_time, _time_ns = time.time, time.time_ns
time.time = lambda: _time() + 86400 * next(_days)
time.time_ns = lambda: _time_ns() + 86_400_000_000_000 * next(_days)
open(os.path.join(os.environ["JUMPED"], str(os.getpid())), "w").close()
"""


def test_a_clock_that_jumps_changes_nothing(tmp_path: Path) -> None:
    plan = write_plan(tmp_path / "plan.yaml", SEEDS)
    expected = undisturbed(tmp_path, plan)
    (tmp_path / "clock").mkdir()
    (tmp_path / "jumped").mkdir()
    (tmp_path / "clock" / "sitecustomize.py").write_text(JUMPING_CLOCK)
    environment = {
        "PYTHONPATH": f"{tmp_path / 'clock'}:{ROOT}",
        "JUMPED": str(tmp_path / "jumped"),
    }
    words = ("batch", "plan.yaml", "--out", "results", "--workers", "2", "--stall-s", "30")
    status, printed, told = slicebed(
        *words, "--retries", "0", "--json", cwd=tmp_path, environment=environment
    )
    assert status == 0, told
    assert json.loads(printed)["counts"] == {"ok": SEEDS, "skipped": 0, "failed": 0, "hung": 0}
    assert 0 <= json.loads(printed)["wall_s"] < 600
    assert digests(tmp_path / "results") == expected
    assert len(os.listdir(tmp_path / "jumped")) >= 3  # the batch and its workers


def wall_clocks(path: Path) -> Iterator[str]:
    """Finds what a module reads of the clock of the day: ``time.time``, dates, files' times."""
    names = {"time": {"time", "time_ns", "ctime", "localtime"}, "datetime": {"datetime", "date"}}
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute):
            owner = node.value.id if isinstance(node.value, ast.Name) else ""
            if node.attr in names.get(owner, ()) or node.attr.startswith(("st_mtime", "st_ctime")):
                yield f"{path.relative_to(ROOT)}:{node.lineno}: {node.attr}"
        elif isinstance(node, ast.ImportFrom) and node.module in names:
            yield from (f"{path}:{node.lineno}: {each.name}" for each in node.names)


def test_nothing_is_decided_by_the_clock_of_the_day() -> None:
    folders = ("campaign", "launch", "exchange", "env")
    paths = [path for folder in folders for path in (ROOT / "pyctl" / folder).rglob("*.py")]
    found = [each for path in paths for each in wall_clocks(path)]
    # The exceptions: whether a scenario was built, or a model written, anew; any change will do.
    files = {each.partition(":")[0] for each in found}
    assert files == {"pyctl/campaign/setting_files.py", "pyctl/launch/scenarios.py"}


def test_batches_of_overlapping_plans_on_one_store_do_each_run_once(tmp_path: Path) -> None:
    plans = [
        write_plan(tmp_path / f"{name}.yaml", seeds, steps)
        for name, seeds, steps in (("a", 4, "[60, 200]"), ("b", 6, "60"), ("c", 4, "200"))
    ]
    expected = undisturbed(tmp_path, plans[0]) | undisturbed(tmp_path, plans[1])
    batches = [
        start("batch", plan.name, "--out", "one", "--workers", "2", "--json", cwd=tmp_path)
        for plan in plans
    ]
    done: list[str] = []
    for batch in batches:
        status, printed, told = finish(batch)
        assert status == 0, told
        runs: list[dict[str, Any]] = json.loads(printed)["runs"]
        assert {run["state"] for run in runs} <= {"ok", "skipped"}
        done += [run["run_id"] for run in runs if run["state"] == "ok"]
    assert sorted(done) == sorted(expected)  # each by one of them
    assert digests(tmp_path / "one") == expected
    assert sorted(os.listdir(tmp_path / "one")) == sorted(expected)


def test_a_store_can_be_read_while_a_batch_writes_it(tmp_path: Path) -> None:
    """Some runs crash, so folders of failed runs come, are replaced and go as well."""
    plan = tmp_path / "plan.yaml"
    plan.write_text(
        "scenario: loopback\nallocators: [equal]\nparameters: {steps: [40, 50], crash_step: [0, 9]}"
        "\nseeds: 4\n"
    )
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "theirs").mkdir()
    (tmp_path / "store" / "theirs" / "config.json").write_text("{}")
    words = ("batch", "plan.yaml", "--out", "store", "--workers", "2", "--quiet")
    batch = start(*words, cwd=tmp_path)
    seen: list[int] = []
    while batch.poll() is None:
        seen.append(read_all_ways(tmp_path / "store"))
    assert finish(batch)[0] == 1  # those that crash
    assert read_all_ways(tmp_path / "store") == 8
    assert seen == sorted(seen)
    assert len(set(seen)) > 2, "nothing was read while it was written"
    assert (tmp_path / "store" / "theirs" / "config.json").read_text() == "{}"


def read_all_ways(store: Path) -> int:
    """Reads a store by each documented way; returns the number of runs that are ok."""
    found = duckdb_rows(store)
    paths = list(store.glob("????????????/steps.parquet"))
    rows = [len(pd.read_parquet(path)) for path in paths]
    assert all(count % 40 == 0 or count % 50 == 0 for count in (*found, *rows))
    table = run_table(store)
    assert len(table) == 0 or set(table["steps"]) <= {40, 50}
    stored = stored_runs(store)
    assert all(run.state in ("ok", "failed", "running") for run in stored)
    if found:
        states = {run.state for run in scan_store(store).unfinished}
        assert states <= {"failed", "not over"}
    return len(found)


def duckdb_rows(store: Path) -> list[int]:
    """Counts the rows of each run with DuckDB."""
    paths = str(store / "????????????" / "steps.parquet")
    try:
        table = duckdb.read_parquet(paths, filename=True)
        return [count for (count,) in table.aggregate("count(*)", "filename").fetchall()]
    except duckdb.IOException as error:
        assert "No files found" in str(error)  # noqa: PT017 - as long as there is no run
        return []
