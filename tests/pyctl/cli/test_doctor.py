"""`slicebed doctor`: what it says of faults, and what it finds here."""

from __future__ import annotations

import json

import pytest

from pyctl.cli import checks
from pyctl.errors import SlicebedError
from tests.pyctl.cli.commands import invoke


def fail() -> str:
    raise SlicebedError("it is not there")


FAULTY = [checks.Check("one", lambda: "found 1", "-"), checks.Check("two", fail, "install two")]


def test_a_fault_comes_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "all_checks", lambda: FAULTY)
    result = invoke("doctor")
    assert result.exit_code == 1
    assert result.stdout == (
        "ok      one: found 1\nfailed  two: it is not there\n        what to do: install two\n"
    )


def test_faults_for_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "all_checks", lambda: FAULTY)
    result = invoke("doctor", "--json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert not found["ok"]
    assert [check["ok"] for check in found["checks"]] == [True, False]


def test_an_exception_without_text_is_named() -> None:
    def bad() -> str:
        raise RuntimeError

    assert checks.examine(checks.Check("x", bad, "y")).detail == "RuntimeError"


@pytest.mark.parametrize("check", checks.all_checks(), ids=lambda check: check.name)
def test_this_installation_is_sound(check: checks.Check) -> None:
    finding = checks.examine(check)
    assert finding.ok, finding
    assert finding.detail
