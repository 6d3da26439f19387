"""`slicebed run --config`: the file's values, and errors with its name and line."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pyctl.cli.main import app

pytestmark = pytest.mark.usefixtures("tiny")

GOOD = """scenario: tiny
allocator: static
set:
  steps: 2
allocator_set:
  shares: [0.5, 0.25]
seed: 4
"""


def invoke(folder: Path, text: str, *arguments: str) -> Any:
    file = folder / "run.yaml"
    file.write_text(text)
    out = ["--out", str(folder / "results"), "--quiet", "--json"]
    return CliRunner().invoke(app, ["run", "--config", str(file), *out, *arguments])


def config_of(result: Any) -> dict[str, Any]:
    assert result.exit_code == 0, result.stderr
    folder = Path(json.loads(result.stdout)["run_dir"])
    return json.loads((folder / "config.json").read_text())  # type: ignore[no-any-return]


def test_a_file_says_what_to_run(tmp_path: Path) -> None:
    config = config_of(invoke(tmp_path, GOOD))
    assert (config["allocator"], config["seed"]) == ("static", 4)
    assert config["parameters"]["steps"] == 2
    assert config["allocator_settings"] == {"shares": [0.5, 0.25]}


def test_the_command_line_wins(tmp_path: Path) -> None:
    words = ["--set", "steps=5", "--seed", "9", "--allocator-set", "shares=0.5,0.5"]
    config = config_of(invoke(tmp_path, GOOD, *words))
    assert (config["seed"], config["parameters"]["steps"]) == (9, 5)
    assert config["allocator_settings"] == {"shares": [0.5, 0.5]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("scenario: tiny\nalocator: equal\n", "2: unknown key 'alocator'.*allocator"),
        ("scenario: tony\nallocator: equal\n", "1: unknown scenario 'tony'"),
        ("scenario: tiny\nallocator: eqal\n", "2: unknown allocator 'eqal'"),
        ("scenario: tiny\nallocator: equal\nseed: soon\n", "3: seed is 'soon': .*integer"),
        ("scenario: tiny\nallocator: equal\nseed: -1\n", "3: seed is -1: .*greater than"),
        ("scenario: 3\nallocator: equal\n", "1: scenario is 3: .*string"),
        ("scenario: tiny\nallocator: equal\nset:\n  step: 3\n", "4: unknown parameter.*'step'"),
        ("scenario: tiny\nallocator: equal\nset:\n  steps: 0\n", "4: steps is 0; a number"),
        ("scenario: tiny\nallocator: equal\nset:\n  steps: [1]\n", r"4: set.steps is \[1\]: "),
        ("scenario: tiny\nallocator: equal\nset: 3\n", "3: set is 3: .*dictionary"),
        (GOOD.replace("0.25", "0.75"), r"6: allocator static: shares \[0.5, 0.75\] sum to 1.25"),
        ("scenario: tiny\nscenario: tiny\n", "2: scenario is already given in line 1"),
        ("scenario: [tiny\n", "2: not YAML: "),
        ("- tiny\n", "1: a mapping with keys such as scenario is required"),
        ("", "1: a mapping with keys such as scenario is required"),
    ],
)
def test_errors_name_file_line_key_and_value(tmp_path: Path, text: str, message: str) -> None:
    result = invoke(tmp_path, text)
    assert result.exit_code == 2
    expected = f"slicebed: error: .*/run.yaml:{message}.*\n"
    assert re.fullmatch(expected, result.stderr), result.stderr
    assert not (tmp_path / "results").exists()


def test_an_error_of_the_command_line_is_not_blamed_on_the_file(tmp_path: Path) -> None:
    result = invoke(tmp_path, GOOD, "--set", "steps=0")
    assert result.stderr.startswith("slicebed: error: steps is 0")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["run", "--config", str(tmp_path / "no.yaml")])
    assert result.exit_code == 2
    assert "--config: cannot read" in result.stderr
    assert "No such file" in result.stderr
