"""The command as a process, on real simulations: exit statuses, streams, signals."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd
import psutil
import pytest

TIME_LIMIT_S = 120
COMMAND = [sys.executable, "-m", "pyctl.cli"]
LOOPBACK = ["run", "loopback", "--allocator", "equal", "--quiet"]
# One site of the real scenario, two slices, two short intervals: about a second.
CELLS = ["run", "cells", "--allocator", "traffic", "--quiet", "--set", "sites=1"]
CELLS += ["--set", "steps=2", "--set", "interval_s=0.4", "--set", "slices=1,4"]


def slicebed(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT_S,
        cwd=folder,
        check=False,
    )


def run_json(folder: Path, *arguments: str) -> dict[str, Any]:
    result = slicebed(folder, *arguments, "--json")
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)  # type: ignore[no-any-return]


def test_help_loads_nothing_heavy() -> None:
    heavy = {"numpy", "pandas", "torch", "zmq", "gymnasium", "matplotlib", "pyarrow", "pydantic"}
    code = (
        "import sys; from pyctl.cli.main import app; app(['--help'], standalone_mode=False); "
        f"sys.stderr.write(', '.join({heavy!r} & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert result.stderr == ""
    assert "quickstart" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "cels", "--allocator", "equal"], "unknown scenario 'cels'; did you mean 'cells'?"),
        (
            ["run", "cells", "--allocator", "eqal"],
            "unknown allocator 'eqal'; did you mean 'equal'?",
        ),
        ([*CELLS, "--set", "stps=3"], "'stps'; did you mean 'steps'?"),
        ([*CELLS, "--set", "steps=zero"], "steps"),
        ([*CELLS, "--set", "sites=99"], "sites"),
        ([*CELLS, "--set", "slices=1,7"], "7"),
        ([*CELLS, "--set", "mask_file=none.csv"], "none.csv"),
        (
            [*LOOPBACK, "--sim-log", "DefaultSimulatrImpl=info"],
            "unknown log component of scenario loopback 'DefaultSimulatrImpl'; "
            "did you mean 'DefaultSimulatorImpl'?",
        ),
        (
            [*LOOPBACK, "--sim-log", "*=warn:Simulator=inf|time"],
            "unknown log level of Simulator 'inf'; did you mean 'info'?",
        ),
    ],
)
def test_wrong_input_gives_one_sentence_and_status_2(
    arguments: list[str], message: str, tmp_path: Path
) -> None:
    result = slicebed(tmp_path, *arguments)
    assert result.returncode == 2
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("slicebed: error: ")
    assert message in line
    assert list(tmp_path.iterdir()) == []


def test_the_same_run_over_both_transports(tmp_path: Path) -> None:
    tcp = run_json(tmp_path, *LOOPBACK, "--out", "tcp")
    ipc = run_json(tmp_path, *LOOPBACK, "--out", "ipc", "--channel", "ipc")
    assert tcp["kpi_sha256"] == ipc["kpi_sha256"]
    assert tcp["run_id"] == ipc["run_id"]


def test_cells_same_seed_same_digest_other_seed_another(tmp_path: Path) -> None:
    one = run_json(tmp_path, *CELLS, "--seed", "1", "--out", "a")
    again = run_json(tmp_path, *CELLS, "--seed", "1", "--out", "b", "--channel", "ipc")
    other = run_json(tmp_path, *CELLS, "--seed", "2")
    assert one["kpi_sha256"] == again["kpi_sha256"] != other["kpi_sha256"]
    assert set(one["per_slice"]) == {"1", "4"}
    packets = one["conservation"]
    ended = packets["received"] + packets["in_flight"] + sum(packets["dropped"].values())
    assert packets["sent"] == ended > 0
    assert (Path(tmp_path, one["run_dir"]) / "topology.json").is_file()


def test_the_stored_command_repeats_the_run(tmp_path: Path) -> None:
    one = run_json(tmp_path, *LOOPBACK, "--set", "steps=3")
    command = json.loads(Path(tmp_path, one["run_dir"], "provenance.json").read_text())["command"]
    result = subprocess.run(
        ["/bin/sh", "-c", command.replace("slicebed", " ".join(COMMAND), 1) + " --json --quiet"],
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT_S,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["kpi_sha256"] == one["kpi_sha256"]


def test_a_crash_is_reported_with_the_simulations_last_words(tmp_path: Path) -> None:
    result = slicebed(tmp_path, *LOOPBACK, "--set", "crash_step=2")
    assert result.returncode == 1
    assert result.stderr.startswith("slicebed: error: ")
    assert "Traceback" not in result.stderr
    (folder,) = (tmp_path / "results").iterdir()
    assert folder.suffix == ".failed"
    error = json.loads((folder / "error.json").read_text())
    assert error["kind"] == "SimulationCrashed"
    assert error["exit_status"] not in (0, None)


@pytest.mark.parametrize(
    ("number", "status", "told", "reason"),
    [
        (signal.SIGINT, 130, "interrupted", "interrupted by the user"),
        (signal.SIGTERM, 143, "terminated", "ended by SIGTERM"),
    ],
)
def test_interrupt_ends_both_sides_and_keeps_the_run(
    number: signal.Signals, status: int, told: str, reason: str, tmp_path: Path
) -> None:
    with subprocess.Popen(
        [*COMMAND, *LOOPBACK, "--set", "hang_step=2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    ) as process:
        try:
            simulation = wait_for_simulation(process)
            process.send_signal(number)
            _, stderr = process.communicate(timeout=TIME_LIMIT_S)
        finally:
            process.kill()
    assert process.returncode == status
    assert stderr == f"slicebed: {told}\n"
    psutil.wait_procs([simulation], timeout=10)
    assert not simulation.is_running()
    (folder,) = (tmp_path / "results").iterdir()
    assert folder.suffix == ".interrupted"
    assert json.loads((folder / "error.json").read_text())["error"] == reason


def test_a_simulation_may_take_as_long_as_is_said(tmp_path: Path) -> None:
    result = slicebed(tmp_path, *LOOPBACK, "--set", "hang_step=2", "--timeout", "0.5")
    assert result.returncode == 1
    assert "no answer within 0.5 s: the simulation is computing its next state" in result.stderr
    assert "timeout_s (slicebed run --timeout) says how long to wait" in result.stderr
    awaited = slicebed(tmp_path, *LOOPBACK, "--listen", "tcp://127.0.0.1:45117", "--timeout", "0.5")
    assert awaited.returncode == 1
    assert "no answer within 0.5 s" in awaited.stderr


def test_a_time_out_makes_no_other_run(tmp_path: Path) -> None:
    one = run_json(tmp_path, *LOOPBACK, "--set", "steps=2")
    other = run_json(tmp_path, *LOOPBACK, "--set", "steps=2", "--timeout", "30")
    assert other["run_id"] == one["run_id"]
    assert "--timeout 30.0" in other["provenance"]["command"]
    assert "--timeout" not in one["provenance"]["command"]


def test_the_line_of_a_crash_works_when_pasted(tmp_path: Path) -> None:
    words = ["steps=100000" if word == "steps=2" else word for word in CELLS]
    words += ["--sim-log", "UdpSocketImpl=error|prefix_time"]
    with subprocess.Popen(
        [*COMMAND, *words], stderr=subprocess.PIPE, text=True, cwd=tmp_path
    ) as process:
        wait_for_simulation(process).kill()
        _, stderr = process.communicate(timeout=TIME_LIMIT_S)
    (folder,) = (tmp_path / "results").glob("*.failed")
    (line,) = [line for line in stderr.splitlines() if line.startswith("to reproduce: ")]
    command = line.removeprefix("to reproduce: ")
    assert command.startswith("NS_LOG='UdpSocketImpl=error|prefix_time' /")
    assert json.loads((folder / "error.json").read_text())["command"] == command
    short = command.replace("--steps=100000", "--steps=1")
    pasted = subprocess.run(["/bin/sh", "-c", short], capture_output=True, text=True, check=False)
    assert pasted.returncode == 0, pasted.stderr


def wait_for_simulation(process: subprocess.Popen[str]) -> psutil.Process:
    """Waits until the command has a simulation that runs an episode."""
    deadline_s = time.monotonic() + TIME_LIMIT_S
    while process.poll() is None and time.monotonic() < deadline_s:
        for child in psutil.Process(process.pid).children():
            with contextlib.suppress(psutil.NoSuchProcess):  # it asks for descriptions before
                if "--serve" in child.cmdline() and child.children():
                    return child.children()[0]
        time.sleep(0.05)
    raise AssertionError("no simulation was started")


def test_the_offered_load_follows_the_trace(tmp_path: Path) -> None:
    begin_ms = 1_383_260_400_000
    rows = [
        f"{square}\t{begin_ms + 600_000 * i}\t39\t\t\t\t\t{value}\n"
        for square, values in ((5, (10.0, 10.0, 4.0)), (6, (2.0, 8.0, 8.0)))
        for i, value in enumerate(values)
    ]
    (tmp_path / "milan.txt").write_text("".join(rows))
    arguments = ["--trace", "milan.txt", "--trace-squares", "5,6"]
    run = run_json(tmp_path, *CELLS, *arguments)
    steps = pd.read_parquet(Path(tmp_path, run["run_dir"], "steps.parquet"))
    measured = steps.groupby(["slice", "step"])["offered"].mean()
    # 900 s take the area under 1.5 values: 10 and (5 + 4) / 1.5 = 6; (2 + 4) / 1.5 = 4 and 8;
    # relative to the larger. A cell's four users offer 1.2 times their target at mask 1.
    masks = {(1, 1): 1.0, (1, 2): 0.6, (4, 1): 0.5, (4, 2): 1.0}
    target_bps = {1: 2e6, 4: 0.5e6}
    for (slice_id, step), mask in masks.items():
        offered_bps = 4 * 1.2 * target_bps[slice_id] * mask
        assert measured[slice_id, step] == pytest.approx(offered_bps, rel=0.02)
