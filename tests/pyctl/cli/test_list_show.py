"""`slicebed list` and `slicebed show`."""

from __future__ import annotations

import json

import pytest

from tests.pyctl.cli.commands import invoke

pytestmark = pytest.mark.usefixtures("tiny")


def test_list_names_scenarios_allocators_and_environments() -> None:
    result = invoke("list")
    assert result.exit_code == 0, result.output
    for text in ("tiny", "two cells, two slices", "traffic", "static", "slicebed/Cells-v0"):
        assert text in result.stdout


def test_list_for_machines() -> None:
    found = json.loads(invoke("list", "--json").stdout)
    assert [entry["name"] for entry in found["scenarios"]] == ["tiny"]
    assert {"equal", "static", "traffic"} <= {entry["name"] for entry in found["allocators"]}


def test_show_has_parameters_fields_context_and_topology() -> None:
    result = invoke("show", "tiny", "--set", "steps=7")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0] == "tiny: two cells, two slices"
    assert "o--o" in lines
    (steps,) = (line for line in lines if line.split()[:1] == ["steps"] and "int" in line)
    assert "7 (default 3)" in steps
    assert "1 .. 100" in steps
    (action,) = (line for line in lines if "together" in line)
    assert "cell 2 x slice 2" in action
    assert "at most 1 over the slices together" in action
    (slice_4,) = (line for line in lines if "slices[id 4]" in line)
    assert "target_bps 1000000" in slice_4


def test_show_for_machines_is_the_description() -> None:
    description = json.loads(invoke("show", "tiny", "--json").stdout)
    assert description["slicebed"] == 1
    assert description["action"][0]["sum_max"] == 1.0


def test_show_refuses_what_is_not_there() -> None:
    result = invoke("show", "tony")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "unknown scenario 'tony'" in result.stderr
