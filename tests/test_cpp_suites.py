"""Runs the C++ test suites (ns-3 style), one test here for each suite there."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from pyctl.launch.installed import binary_directory

SUITES_FOLDER = Path(__file__).resolve().parents[1] / "ns3-scenarios" / "test"
TIME_LIMIT_S = 600


def suite_names() -> list[str]:
    """Names declared in the sources: a suite that is missing from the binary fails its test."""
    names = []
    for path in sorted(SUITES_FOLDER.glob("*-test-suite.cc")):
        names += re.findall(r'TestSuite\("([^"]+)"', path.read_text())
    return names


def test_there_are_suites() -> None:
    assert len(suite_names()) >= 5


@pytest.mark.parametrize("suite", suite_names())
def test_suite(suite: str, tmp_path: Path) -> None:
    result = subprocess.run(
        [str(binary_directory() / "slicebed-test"), f"--suite={suite}", "--verbose"],
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT_S,
        cwd=tmp_path,
        env={**os.environ, "TMP": str(tmp_path)},  # where ns-3 puts files of tests
        check=False,
    )
    assert f"PASS {suite}" in result.stdout, result.stdout + result.stderr
    assert result.returncode == 0, result.stdout + result.stderr
