"""Runs of the radio study are found again, and not repeated."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyctl.errors import SimulationRefused, SlicebedError
from pyctl.studies import radio
from pyctl.studies.programs import run_study
from pyctl.studies.radio_cases import Case

TINY = Case("tiny", 1, (1.0,), 1, 1, steps=2)


def test_a_finished_run_of_the_same_code_is_not_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clean = {"commit": "abc", "dirty": False}
    monkeypatch.setattr(radio, "git_state", lambda _root: clean)
    monkeypatch.setattr("pyctl.campaign.provenance._here", lambda: {"git": clean})
    first = radio.run_cases([TINY], tmp_path, seed=1)
    written = (first[0][1] / "summary.json").stat().st_mtime_ns
    again = radio.run_cases([TINY], tmp_path, seed=1)
    assert again == first
    assert (first[0][1] / "summary.json").stat().st_mtime_ns == written
    # Code that has changed since is run again.
    monkeypatch.setattr(radio, "git_state", lambda _root: {"commit": "def", "dirty": False})
    radio.run_cases([TINY], tmp_path, seed=1)
    assert (first[0][1] / "summary.json").stat().st_mtime_ns > written


def test_both_stacks_have_the_same_users_and_load(tmp_path: Path) -> None:
    from analysis.store_reader import read_run

    _, cell, lte = radio.run_cases([TINY], tmp_path, seed=3)[0]
    ours, theirs = read_run(cell), read_run(lte)
    assert ours.topology is not None
    assert theirs.topology is not None
    assert ours.topology["ues"] == theirs.topology["ues"]
    assert ours.steps["offered"].tolist() == theirs.steps["offered"].tolist()


def test_a_study_program_refuses_bad_words() -> None:
    with pytest.raises(SimulationRefused, match="model is 'cel'; one of cell, lte, p2p"):
        run_study("speed", {"model": "cel"}, 10)


def test_a_missing_study_program_is_named() -> None:
    with pytest.raises(SlicebedError, match="slicebed-study-nothing is missing"):
        run_study("nothing", {}, 10)
