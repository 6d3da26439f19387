from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from pyctl.errors import SimulationCrashed, SimulationRefused, UnknownName, UsageError
from pyctl.launch import installed, scenarios
from pyctl.launch.scenarios import check_parameters, describe, list_scenarios, parameter_arguments


def test_the_loopback_is_there_and_the_test_runner_is_not() -> None:
    assert "loopback" in list_scenarios()
    assert "test" not in list_scenarios()


def test_a_description_has_the_parameters_applied() -> None:
    described = describe("loopback", {"steps": 3, "cells": 4})

    assert described.raw["scenario"] == "loopback"
    assert described.parameters["steps"]["value"] == 3
    assert described.parameters["steps"]["default"] == 10
    assert described.raw["action"][0]["shape"] == [4, 3]


def test_a_description_has_the_options_of_ns3_and_holds_for_every_seed() -> None:
    described = describe("loopback", {"ns3::ConstantRandomVariable::Constant": 2}).raw
    assert described["ns3_options"] == {"RngSeed": 1, "ns3::ConstantRandomVariable::Constant": "2"}
    assert "seed" not in described
    assert describe("loopback", {"RngRun": 7}).raw == describe("loopback").raw


def test_a_scenario_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    first = describe("loopback", {"steps": 77}).raw

    def run(*arguments: Any, **keywords: Any) -> None:
        raise AssertionError("asked again")

    monkeypatch.setattr(subprocess, "run", run)
    assert describe("loopback", {"steps": 77}).raw is first
    with pytest.raises(AssertionError, match="asked again"):
        describe("loopback", {"steps": 78})


def test_parameters_are_written_as_the_scenarios_read_them() -> None:
    values = {"a": 1, "b": 2.5, "c": True, "d": "x y", "e": 3.0, "f": Path("/tmp/x")}  # noqa: S108

    assert parameter_arguments(values) == [
        "--a=1",
        "--b=2.5",
        "--c=true",
        "--d=x y",
        "--e=3",
        "--f=/tmp/x",
    ]


@pytest.mark.parametrize("value", [1, "1", 1000, 3.0, "12"])
def test_good_values_pass(value: Any) -> None:
    check_parameters("loopback", {"steps": value})


@pytest.mark.parametrize("value", [0, -1, "0", "x", "", 2.5, "2.5", True, None, [3], 1e300])
def test_bad_values_say_what_would_be_right(value: Any) -> None:
    with pytest.raises(UsageError, match=r"^steps is .*; a whole number from 1 to .* is required$"):
        check_parameters("loopback", {"steps": value})


@pytest.mark.parametrize(
    ("kind", "good", "bad", "text"),
    [
        ("float", [1, "2.5", 1e9], ["nan", "inf", "x", True, None], "a number"),
        ("bool", [True, "false", "0", 1], ["yes", 2, None], "true or false"),
        ("string", ["", "x"], [3, None], "a text"),
    ],
)
def test_each_type_is_checked(
    monkeypatch: pytest.MonkeyPatch, kind: str, good: list[Any], bad: list[Any], text: str
) -> None:
    described = scenarios.Description(
        {"parameters": [{"name": "p", "type": kind, "low": None, "high": None}]}
    )
    monkeypatch.setattr(scenarios, "describe", lambda name: described)
    for value in good:
        check_parameters("any", {"p": value})
    for value in bad:
        with pytest.raises(UsageError, match=f"p is .*; {text} is required"):
            check_parameters("any", {"p": value})


def test_unknown_names_propose_the_nearest() -> None:
    with pytest.raises(UnknownName, match="scenario 'lopback'; did you mean 'loopback'"):
        describe("lopback")
    with pytest.raises(UnknownName, match="of scenario loopback 'step'; did you mean 'steps'"):
        check_parameters("loopback", {"step": 3})


def test_attributes_of_ns3_are_left_to_the_scenario() -> None:
    check_parameters("loopback", {"ns3::Some::Attribute": 3})


def test_what_the_scenario_itself_refuses_is_a_usage_error() -> None:
    with pytest.raises(
        SimulationRefused, match="^spaces is 'none'; one of named, vector"
    ) as caught:
        describe("loopback", {"spaces": "none"})
    assert isinstance(caught.value, UsageError)
    assert caught.value.exit_status_sim == 2
    assert "--spaces=none --describe" in caught.value.command


def test_a_program_that_prints_no_description_is_a_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "slicebed-broken"
    program.write_text("#!/bin/sh\necho no json\n")
    program.chmod(0o755)
    monkeypatch.setenv(installed.BIN_DIR_VARIABLE, str(tmp_path))

    with pytest.raises(SimulationCrashed, match="slicebed-broken printed is no JSON description"):
        describe("broken")
