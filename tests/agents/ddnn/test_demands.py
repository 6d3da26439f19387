"""Demands before a run: their file, their units, and the window that slides over them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents.ddnn import demands
from agents.ddnn.demands import Demands, Window
from agents.errors import AllocatorError

UNITS = np.arange(16) + 1.0
HISTORY = np.arange(144.0)[:, None] + 1000 * np.arange(16)


def test_units_are_those_of_the_trace() -> None:
    # A peak of 4 Mbit/s stands for 2 units at site 1: 1 Mbit/s is half a unit.
    window = Window(Demands(UNITS, HISTORY), np.full(16, 4e6))
    assert window.to_units(np.full(16, 1e6))[1] == 0.5
    assert window.to_bps(np.full(16, 0.5))[1] == 1e6


def test_the_window_slides() -> None:
    window = Window(Demands(UNITS, HISTORY), np.full(16, 4e6))
    assert window.lags()[2, [0, 143]].tolist() == [2000, 2143]
    window.add(np.full(16, 4e6, np.float32))
    assert window.lags().shape == (16, 144)
    assert window.lags()[2, [0, 142, 143]].tolist() == [2001, 2143, 3]


def test_a_file_keeps_every_bit_and_every_gap(tmp_path: Path) -> None:
    history = np.random.default_rng(1).random((144, 16))
    history[3, 4] = np.nan
    demands.write(tmp_path / "demands.json", Demands(UNITS / 3, history))
    found = demands.read(tmp_path / "demands.json")
    assert np.array_equal(found.units_at_peak, UNITS / 3)
    assert np.array_equal(found.history, history, equal_nan=True)
    assert [path.name for path in tmp_path.iterdir()] == ["demands.json"]


@pytest.mark.parametrize(
    ("units", "history", "said"),
    [
        (UNITS[:15], HISTORY, r"units_at_peak has shape \(15,\); one for each of 16 sites"),
        (UNITS * [0, *[1] * 15], HISTORY, "units_at_peak of site 0 is 0.0; a finite number above"),
        (UNITS, HISTORY[:143], r"history has shape \(143, 16\); \(144, 16\) \(slots, sites\)"),
        (UNITS, HISTORY[:, :15], r"history has shape \(144, 15\)"),
        (UNITS, np.where(HISTORY == 2005, -1, HISTORY), "history of site 2 is -1.0 in slot 5"),
        (UNITS, np.where(HISTORY == 2005, np.inf, HISTORY), "history of site 2 is inf in slot 5"),
    ],
)
def test_what_no_run_can_begin_with(units: Any, history: Any, said: str) -> None:
    with pytest.raises(AllocatorError, match=said):
        Demands(units, history)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot read the demands in"),
        ("{", "cannot read the demands in"),
        ("[]", "holds no demands of slicebed-ddnn-demands"),
        ({"version": 2}, "is of version 2; 1 is required"),
        ({"units_at_peak": "many"}, "units_at_peak is no table of numbers"),
        ({"history": [[1], [1, 2]]}, "history is no table of numbers"),
        ({"history": None}, "history has shape"),
    ],
)
def test_damaged_files_are_refused(content: Any, said: str, tmp_path: Path) -> None:
    path = tmp_path / "demands.json"
    if isinstance(content, dict):
        demands.write(path, Demands(UNITS, HISTORY))
        content = json.dumps({**json.loads(path.read_text()), **content})
    if content is not None:
        path.write_text(content)
    with pytest.raises(AllocatorError, match=said) as refused:
        demands.read(path)
    assert str(path) in str(refused.value)
