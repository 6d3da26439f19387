"""How tests run a scenario from the command line, and read what it stored."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
from typer.testing import CliRunner, Result

from pyctl.cli.main import app


def run(scenario: str, *words: str, out: Path) -> Result:
    """Runs the command in this process, the simulation in its own."""
    return CliRunner().invoke(app, ["run", scenario, *words, "--quiet", "--out", str(out)])


def summary(done: Result) -> dict[str, Any]:
    """Reads what ``--json`` printed."""
    assert done.exit_code == 0, done.output
    value = json.loads(done.stdout)
    assert isinstance(value, dict)
    return value


def steps_of(found: dict[str, Any]) -> pd.DataFrame:
    """Reads the table of a run from its summary."""
    return pd.read_parquet(Path(found["run_dir"]) / "steps.parquet")


def refused(done: Result, said: str) -> None:
    """Asserts that a command ended with one line that says so, and no traceback."""
    assert done.exit_code == 2, done.output
    assert done.stderr.startswith("slicebed: error: ")
    assert len(done.stderr.splitlines()) == 1
    assert said in done.stderr
