"""`slicebed run`: what it stores, prints and refuses."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pyctl.errors import SimulationError
from tests.pyctl.cli.commands import invoke

pytestmark = pytest.mark.usefixtures("tiny")
EQUAL = ["run", "tiny", "--allocator", "equal", "--quiet"]


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run_json(*arguments: str) -> dict[str, Any]:
    result = invoke(*arguments, "--json", "--quiet")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)  # type: ignore[no-any-return]


def test_the_run_folder_is_complete(tmp_path: Path) -> None:
    printed = run_json(*EQUAL, "--set", "steps=4", "--seed", "3")
    folder = tmp_path / printed["run_dir"]
    assert folder == tmp_path / "results" / printed["run_id"]
    assert sorted(path.name for path in folder.iterdir()) == [
        *("config.json", "decisions.bin", "description.json", "intervals.parquet"),
        *("provenance.json", "simulation.log", "steps.parquet", "summary.json"),
    ]
    config = json.loads((folder / "config.json").read_text())
    assert config == {
        "scenario": "tiny",
        "parameters": {"steps": 4},
        "allocator": "equal",
        "allocator_settings": {},
        "seed": 3,
        "mask_sha256": None,
    }
    steps = pd.read_parquet(folder / "steps.parquet")
    assert len(steps) == 4 * 2 * 2
    # Throughput is the share in force, one half, times the step, in Mbit/s.
    np.testing.assert_array_equal(steps["thp_dl"].unique(), [0.5e6, 1.0e6, 1.5e6, 2.0e6])
    assert pd.read_parquet(folder / "intervals.parquet")["reward"].tolist() == [
        *(0.5e6, 1.0e6, 1.5e6, 2.0e6)
    ]


def test_json_has_what_machines_need() -> None:
    printed = run_json(*EQUAL)
    assert {"kpi_sha256", "utility_mean", "p_r1", "sim_seconds_per_second"} <= set(printed)
    assert set(printed["per_slice"]) == {"1", "4"}
    assert printed["conservation"]["sent"] == 10
    assert printed["steps"] == 3
    assert printed["sim_s"] == 6.0
    assert set(printed["repairs"].values()) == {0}
    assert printed["provenance"]["ns3"] == "3.44"


def test_json_is_the_only_thing_on_standard_output_and_progress_is_on_error() -> None:
    result = invoke("run", "tiny", "--allocator", "equal", "--json")
    json.loads(result.stdout)
    assert "step 3/3" in result.stderr


def test_same_seed_same_run_other_seed_other_run() -> None:
    one, again = run_json(*EQUAL), run_json(*EQUAL)
    other = run_json(*EQUAL, "--seed", "2")
    assert (one["run_id"], one["kpi_sha256"]) == (again["run_id"], again["kpi_sha256"])
    assert other["run_id"] != one["run_id"]


def test_the_transport_is_no_part_of_the_run() -> None:
    tcp, ipc = run_json(*EQUAL), run_json(*EQUAL, "--channel", "ipc")
    assert tcp["run_id"] == ipc["run_id"]
    assert ipc["provenance"]["channel"] == "ipc"


def test_the_summary_for_people() -> None:
    result = invoke(*EQUAL)
    assert result.exit_code == 0
    assert "tiny, allocator equal, seed 1" in result.stdout
    assert "packets: 10 sent = 7 received + 2 dropped (queue 2) + 1 in flight" in result.stdout
    assert "3 intervals, 6.0 s simulated" in result.stdout
    assert "repairs of decisions: none" in result.stdout


def test_the_command_to_repeat_a_run_repeats_it() -> None:
    static = ["run", "tiny", "--allocator", "static", "--allocator-set", "shares=[0.5, 0.25]"]
    first = run_json(*static, "--set", "steps=2", "--seed", "7", "--out", "a folder")
    command, *arguments = shlex.split(first["provenance"]["command"])
    assert command == "slicebed"
    again = run_json(*arguments)
    assert again["run_id"] == first["run_id"]
    assert again["kpi_sha256"] == first["kpi_sha256"]
    assert Path(again["run_dir"]).absolute() == Path(first["run_dir"]).absolute()


def test_the_mask_goes_into_the_folder_and_its_digest_into_the_config(tmp_path: Path) -> None:
    for number, text in enumerate(("step,slice_1\n0,1\n", "step,slice_1\n0,0.5\n")):
        (tmp_path / f"{number}.csv").write_text(text)
    (tmp_path / "copy.csv").write_text((tmp_path / "0.csv").read_text())
    runs = [run_json(*EQUAL, "--set", f"mask_file={n}.csv") for n in ("0", "copy", "1")]
    assert runs[0]["run_id"] == runs[1]["run_id"] != runs[2]["run_id"]
    stored = (Path(runs[2]["run_dir"]) / "mask.csv").read_text()
    assert stored == "step,slice_1\n0,0.5\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "tony", "--allocator", "equal"], "unknown scenario 'tony'.*tiny"),
        (["run", "tiny", "--allocator", "eqal"], "unknown allocator 'eqal'.*equal"),
        (["run", "tiny"], "no allocator: give --allocator NAME or --config FILE"),
        (["run", "--allocator", "equal"], "no scenario: give its name or --config FILE"),
        ([*EQUAL, "--set", "steps"], "--set steps: key=value is required"),
        ([*EQUAL, "--set", "step=3"], "unknown parameter of tiny 'step'.*steps"),
        ([*EQUAL, "--set", "steps=0"], "steps is 0; a number between 1 and 100 is required"),
        ([*EQUAL, "--allocator-set", "a=1"], "unknown setting of allocator equal 'a'"),
        (["run", "tiny", "--allocator", "static"], "static: the setting shares is required"),
        (
            ["run", "tiny", "--allocator", "static", "--allocator-set", "shares=0.9,0.3"],
            r"allocator static: shares \[0.9, 0.3\] sum to 1.2; at most 1 is allowed",
        ),
        (
            ["run", "tiny", "--allocator", "static", "--allocator-set", "shares=0.9"],
            r"allocator static: shares has 1 number; 2 numbers \(one for each slice\)",
        ),
        ([*EQUAL, "--trace-squares", "1,2"], "--trace-squares needs --trace PATH"),
        ([*EQUAL, "--set", "mask_file=none.csv"], "mask_file: cannot read none.csv"),
    ],
)
def test_what_is_wrong_is_named_before_anything_is_written(
    arguments: list[str], message: str, tmp_path: Path
) -> None:
    import re

    result = invoke(*arguments)
    assert result.exit_code == 2
    assert re.fullmatch(f"slicebed: error: .*{message}.*\n", result.stderr), result.stderr
    assert list(tmp_path.iterdir()) == []


def test_usage_errors_of_the_command_line_exit_with_2() -> None:
    assert invoke("run", "--channel", "pigeon").exit_code == 2
    assert invoke("run", "--seed", "-1").exit_code == 2
    assert invoke("fly").exit_code == 2


def test_a_failed_run_leaves_its_folder(tiny: Callable[..., None], tmp_path: Path) -> None:
    def crash(step: int) -> None:
        if step == 3:
            error = SimulationError("the simulation crashed")
            error.exit_status_sim, error.stderr_tail, error.command = -11, "boom", "slicebed-tiny"
            raise error

    tiny(crash)
    result = invoke(*EQUAL)
    assert result.exit_code == 1
    assert "slicebed: error: the simulation crashed" in result.stderr
    (folder,) = (tmp_path / "results").iterdir()
    assert folder.suffix == ".failed"
    record = json.loads((folder / "error.json").read_text())
    assert (record["kind"], record["steps_done"]) == ("SimulationError", 2)
    assert (record["exit_status"], record["stderr_tail"]) == (-11, "boom")
    assert len(pd.read_parquet(folder / "steps.parquet")) == 2 * 4
    assert "tiny" in (folder / "config.json").read_text()


def test_an_interrupted_run_keeps_what_it_has(tiny: Callable[..., None], tmp_path: Path) -> None:
    def interrupt(step: int) -> None:
        if step == 2:
            raise KeyboardInterrupt

    tiny(interrupt)
    result = invoke(*EQUAL)
    assert result.exit_code == 130
    assert result.stderr.endswith("slicebed: interrupted\n")
    (folder,) = (tmp_path / "results").iterdir()
    assert folder.suffix == ".interrupted"
    assert len(pd.read_parquet(folder / "steps.parquet")) == 1 * 4


def test_a_bug_shows_its_traceback_and_leaves_a_failed_run(
    tiny: Callable[..., None], tmp_path: Path
) -> None:
    def bug(step: int) -> None:
        raise ZeroDivisionError(step)

    tiny(bug)
    result = invoke(*EQUAL)
    assert isinstance(result.exception, ZeroDivisionError)
    assert [path.suffix for path in (tmp_path / "results").iterdir()] == [".failed"]


def test_debug_shows_the_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Traceback" not in invoke("run", "tony", "--allocator", "equal").stderr
    monkeypatch.setenv("SLICEBED_DEBUG", "1")
    assert "Traceback" in invoke("run", "tony", "--allocator", "equal").stderr


def test_radio_is_a_parameter_of_the_scenario(tmp_path: Path) -> None:
    import subprocess
    import sys

    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pyctl.cli",
            "run",
            "cells",
            "--radio",
            "wifi",
            "--allocator",
            "equal",
            "--out",
            str(tmp_path),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "radio is 'wifi'; one of cell, lte is required" in done.stderr
    assert not list(tmp_path.iterdir())
