"""`slicebed replay`: real simulations from recorded decisions."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from pyctl.campaign.replay import replay_arguments
from pyctl.cli import replay as command
from pyctl.errors import SlicebedError
from tests.conftest import GONE_S
from tests.pyctl.cli.commands import invoke

TIME_LIMIT_S = 120
CELLS = ["cells", "--set", "sites=1", "--set", "steps=3", "--set", "interval_s=0.4"]


def run(out: Path, *arguments: str, status: int = 0) -> dict[str, Any]:
    result = invoke("run", *arguments, "--quiet", "--json", "--out", str(out))
    assert result.exit_code == status, result.output
    return json.loads(result.stdout) if status == 0 else {}


@pytest.mark.parametrize("allocator", ["equal", "traffic"])
def test_a_replay_measures_what_the_run_did(allocator: str, tmp_path: Path) -> None:
    stored = run(tmp_path, *CELLS, "--allocator", allocator, "--seed", "4")
    result = invoke("replay", stored["run_dir"], "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout) == {
        "steps": 3,
        "kpi_sha256": stored["kpi_sha256"],
        "recorded_sha256": stored["kpi_sha256"],
        "same": True,
    }


def test_a_mask_file_is_replayed_from_the_run_folder(tmp_path: Path) -> None:
    mask = tmp_path / "mask.csv"
    mask.write_text("step,slice_1,slice_4\n0,1,0.5\n1,0,0.25\n2,1,1\n")
    words = ["--set", "slices=1,4", "--set", f"mask_file={mask}", "--allocator", "equal"]
    stored = run(tmp_path / "out", *CELLS, *words)
    mask.unlink()
    assert "the same as the run's" in invoke("replay", stored["run_dir"]).stdout


def test_other_decisions_are_told_apart(tmp_path: Path) -> None:
    equal = run(tmp_path, *CELLS, "--allocator", "equal")
    traffic = run(tmp_path, *CELLS, "--allocator", "traffic")
    decisions = Path(traffic["run_dir"], "decisions.bin").read_bytes()
    Path(equal["run_dir"], "decisions.bin").write_bytes(decisions)
    result = invoke("replay", equal["run_dir"])
    assert result.exit_code == 1
    assert f"3 intervals; KPI digest {traffic['kpi_sha256']}: NOT the run's" in result.stdout


def test_a_crash_is_replayed_to_the_crash(tmp_path: Path) -> None:
    words = ["loopback", "--set", "steps=9", "--set", "crash_step=3", "--allocator", "equal"]
    run(tmp_path, *words, status=1)
    (folder,) = tmp_path.glob("*.failed")
    result = invoke("replay", str(folder))
    assert result.exit_code == 1
    assert "slicebed-loopback was killed by SIGABRT (exit status 134)" in result.stderr
    assert "loopback: crash as asked at step 3" in result.stderr
    assert "--replay=" in result.stderr  # the line that does it again


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    result = invoke("replay", str(tmp_path))
    assert result.exit_code != 0
    assert f"{tmp_path} is not the folder of a run: config.json" in result.stderr
    stored = run(tmp_path, "loopback", "--set", "steps=2", "--allocator", "equal")
    decisions = Path(stored["run_dir"], "decisions.bin")
    whole = decisions.read_bytes()
    decisions.write_bytes(whole[:-1])
    damaged = invoke("replay", stored["run_dir"])
    assert damaged.exit_code == 1
    assert "the recording is damaged: it ends within a message" in damaged.stderr
    decisions.unlink()
    with pytest.raises(SlicebedError, match=r"has no decisions.bin: its decisions were not rec"):
        replay_arguments(Path(stored["run_dir"]))


@pytest.fixture
def hanging(tmp_path: Path) -> Path:
    """A run whose simulation never passes its second border."""
    words = ["loopback", "--set", "hang_step=2", "--allocator", "equal", "--timeout", "0.5"]
    run(tmp_path, *words, status=1)
    (folder,) = tmp_path.glob("*.failed")
    return folder


def test_a_simulation_that_hangs_is_given_up(hanging: Path) -> None:
    before = set(psutil.Process().children())
    result = invoke("replay", hanging, "--timeout", "0.5")
    assert result.exit_code == 1
    assert "no interval ended within 0.5 s; timeout_s (slicebed replay --timeout)" in result.stderr
    assert "hang_step=2" in result.stderr  # the line that does it again
    assert set(psutil.Process().children()) <= before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT])
@pytest.mark.usefixtures("nothing_left")
def test_a_simulation_ends_with_its_replay(number: signal.Signals, hanging: Path) -> None:
    words = [sys.executable, "-m", "pyctl.cli", "replay", str(hanging)]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
        family = wait_for_family(process, "slicebed-loopback")
        process.send_signal(number)
        _, told = process.communicate(timeout=TIME_LIMIT_S)
    _, alive = psutil.wait_procs(family, timeout=GONE_S)
    assert alive == []
    ends = {
        signal.SIGTERM: (143, "slicebed: terminated\n"),
        signal.SIGINT: (130, "slicebed: interrupted\n"),
        signal.SIGKILL: (-signal.SIGKILL, ""),
    }
    assert (process.returncode, told) == ends[number]


def wait_for_family(process: subprocess.Popen[str], name: str) -> list[psutil.Process]:
    """Waits for a child of this name; returns all children."""
    deadline_s = time.monotonic() + TIME_LIMIT_S
    while process.poll() is None and time.monotonic() < deadline_s:
        family = psutil.Process(process.pid).children(recursive=True)
        if any(name in " ".join(child.cmdline()) for child in family):
            return family
        time.sleep(0.02)
    raise AssertionError(f"{name} was not started")


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("config.json", "{", "is not the folder of a run: config.json: Expecting property name"),
        ("config.json", "[]", "config.json is damaged: scenario is None; a text is required"),
        (
            "config.json",
            '{"scenario": "loopback", "parameters": [], "seed": 1}',
            "config.json is damaged: parameters is []; an object is required",
        ),
        (
            "config.json",
            '{"scenario": "loopback", "parameters": {}, "seed": "x"}',
            "config.json is damaged: seed is 'x'; a whole number is required",
        ),
        ("summary.json", "{}", "summary.json is damaged: kpi_sha256 is None; a text is required"),
        ("summary.json", "", "is not the folder of a run: summary.json: Expecting value"),
        ("description.json", "{}", "damaged: observation is None; a list is required"),
        (
            "description.json",
            '{"observation": [{"name": "x"}]}',
            "damaged: observation is no list of fields: KeyError",
        ),
    ],
)
def test_damaged_files_are_one_clear_error(name: str, text: str, told: str, tmp_path: Path) -> None:
    stored = run(tmp_path, "loopback", "--set", "steps=2", "--allocator", "equal")
    Path(stored["run_dir"], name).write_text(text)
    result = invoke("replay", stored["run_dir"])
    assert result.exit_code == 2, result.output
    assert told in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("value", ["0.0", "-1.0", "nan", "inf"])
def test_a_time_out_is_a_finite_number_above_0(value: str, tmp_path: Path) -> None:
    for words in (["replay", str(tmp_path)], ["run", "loopback", "--allocator", "equal"]):
        result = invoke(*words, f"--timeout={value}")
        assert result.exit_code == 2
        told = f"--timeout is {value}; a finite number of seconds above 0 is required"
        assert told in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_gdb_gets_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = run(tmp_path, "loopback", "--set", "steps=2", "--allocator", "equal")
    told: list[str] = []

    def exec_(program: str, arguments: list[str]) -> None:
        told.extend([program, *arguments])
        raise SystemExit(0)  # an exec does not return

    monkeypatch.setattr(command.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(command.os, "execv", exec_)
    assert invoke("replay", stored["run_dir"], "--gdb").exit_code == 0
    assert told[:3] == ["/usr/bin/gdb", "/usr/bin/gdb", "--args"]
    assert told[3:] == replay_arguments(Path(stored["run_dir"]))
    monkeypatch.setattr(command.shutil, "which", lambda name: None)
    missing = invoke("replay", stored["run_dir"], "--gdb")
    assert missing.exit_code == 2
    assert "there is no gdb here; `apt-get install gdb` brings it" in missing.stderr
