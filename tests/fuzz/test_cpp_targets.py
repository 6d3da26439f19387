"""Runs the C++ fuzz targets over their kept inputs, and over some made of them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from pyctl.launch.installed import binary_directory

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT / "tests" / "corpus"
TIME_LIMIT_S = 600

# Inputs made of the kept ones; a conversation over shared memory, and options of ns-3, take longer.
MADE = {
    "decode-action": 20_000,
    "decode-ack": 20_000,
    "parse-job": 20_000,
    "parse-parameters": 5000,
    "shm-agent": 2000,
    "shm-simulation": 2000,
}


def run(target: str, folder: Path, made: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(binary_directory() / f"slicebed-fuzz-{target}"), str(folder), made, "1"],
        capture_output=True,
        text=True,
        errors="replace",
        timeout=TIME_LIMIT_S,
        cwd=cwd,
        check=False,
    )


def test_no_target_is_missing() -> None:
    sources = (ROOT / "ns3-scenarios" / "fuzz").glob("*.cc")
    targets = {p.stem for p in sources if "\nLLVMFuzzerTestOneInput(" in p.read_text()}
    assert targets == set(MADE)
    assert {path.name for path in CORPUS.iterdir()} == targets | {"python-codec"}


@pytest.mark.parametrize("target", MADE)
def test_target(target: str, tmp_path: Path) -> None:
    kept = len(list((CORPUS / target).iterdir()))
    assert kept > 0
    result = run(target, CORPUS / target, str(MADE[target]), tmp_path)
    last = tmp_path / "input"  # what it ended at
    assert result.returncode == 0, (result.stderr[-2000:], last.exists() and last.read_bytes())
    assert json.loads(result.stdout) == {"kept": kept, "made": MADE[target]}


def test_the_input_of_an_end_that_should_not_be_is_kept(tmp_path: Path) -> None:
    # One that the kernel makes: a second of processor time is over long before all these inputs.
    limited = 'ulimit -t 1; exec "$0" "$@"'
    program = binary_directory() / "slicebed-fuzz-decode-ack"
    result = subprocess.run(
        ["sh", "-c", limited, str(program), str(CORPUS / "decode-ack"), str(10**15), "1"],
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT_S,
        cwd=tmp_path,
        check=False,
    )
    assert (result.returncode, result.stdout) == (1, "")
    assert "found: see the file input" in result.stderr
    assert (tmp_path / "input").is_file()


@pytest.mark.parametrize(
    ("folder", "made", "text"),
    [
        ("nowhere", "1", "nowhere"),
        (".", "1", r". has no files; a folder of kept inputs is required"),
        (str(CORPUS / "parse-job"), "-1", "MADE is '-1'; a whole number of at least 0 is required"),
    ],
)
def test_what_cannot_be_fed_is_refused(folder: str, made: str, text: str, tmp_path: Path) -> None:
    result = run("parse-job", Path(folder), made, tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    assert text in result.stderr
