"""The installed scenarios tell a debugger functions and source lines."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
FUNCTION = "slicebed::DecisionLoop::Start"
SOURCE = ROOT / "ns3-scenarios" / "exchange" / "decision-loop.cc"


def output_of(*words: str | Path) -> str:
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


def test_functions_have_names_and_lines_of_our_sources(loopback_binary: Path) -> None:
    symbols = output_of("nm", "--demangle", loopback_binary).splitlines()
    (symbol,) = [line for line in symbols if line.endswith(f" {FUNCTION}()")]
    told = output_of("addr2line", "-e", loopback_binary, symbol.split()[0]).strip()
    file, _, number = told.rpartition(":")
    assert Path(file).resolve() == SOURCE
    assert "DecisionLoop::Start()" in SOURCE.read_text().splitlines()[int(number.split()[0]) - 2]


@pytest.mark.skipif(shutil.which("gdb") is None, reason="gdb is not installed")
def test_gdb_stops_at_a_breakpoint(loopback_binary: Path) -> None:
    orders = [f"break {FUNCTION}", "run", "backtrace"]
    words = [word for order in orders for word in ("-ex", order)]
    told = output_of("gdb", "-nx", "-batch", *words, "--args", loopback_binary, "--steps=1")
    assert f"Breakpoint 1, {FUNCTION}" in told
    assert "decision-loop.cc:" in told
    assert " main (" in told
