"""Times decisions of ``idla``: for 12 cells on one core, and over the number of cells.

Each is a process of its own (``agents.idla.timing``), so that its peak of memory is its own, and so
that the same program measures where only numpy and torch are installed.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import pandas as pd

from pyctl.errors import SlicebedError
from pyctl.measures import Measure

PROGRAM = "agents.idla.timing"
FEW, MANY = 12, 100_000
SIZES = (100, 300, 1000, 3000, 10_000, 30_000, MANY)
QUICK_SIZES = (100, 1000)
REPEATS, QUICK_REPEATS = 20, 5  # for FEW cells
LARGE_REPEATS = 2
TIMEOUT_S = 1800.0
MOST_S = {"cpu": 60, "cuda": 1}  # for MANY cells


def time_agents(device: str, quick: bool) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Times all sizes.

    Returns:
        One row for each decision (``cores``, ``cells``, ``seconds``, ``peak_gb``,
        ``peak_device_gb``), and what the program says of the device.
    """
    rows = []
    few = _run(["--cells", str(FEW), "--device", "cpu", "--one-core"], _repeats(FEW, quick))
    rows += _rows(few, "one core")
    for cells in QUICK_SIZES if quick else SIZES:
        print(f"agents: {cells} cells", file=sys.stderr)
        told = _run(["--cells", str(cells), "--device", device], _repeats(cells, quick))
        rows += _rows(told, told["device"])
    return pd.DataFrame(rows), {"device": told["device"], "device_name": told["device_name"]}


def measures_of(table: pd.DataFrame, device: str) -> list[Measure]:
    """Makes the measures of DESIGN.md, section 9.

    Args:
        table: of ``time_agents``.
        device: ``cpu`` or ``cuda``.
    """
    few = table[(table["cells"] == FEW) & (table["on"] == "one core")]["seconds"] * 1e3
    many = table[table["cells"] == MANY]
    seconds = many["seconds"]
    return [
        Measure(
            "idla.decision_ms_12",
            *(float(few.median()), "ms", float(few.min()), float(few.max()), "<= 50"),
        ),
        Measure(
            "idla.decision_s_100k",
            _or_none(seconds.median()),
            "s",
            _or_none(seconds.min()),
            _or_none(seconds.max()),
            f"<= {MOST_S[device]}" if len(many) else None,
        ),
        Measure(
            "idla.memory_gb_100k",
            _or_none(many["peak_gb"].max()),
            "GB",
            target="<= 4" if len(many) else None,
        ),
        Measure("idla.device_memory_gb_100k", _or_none(many["peak_device_gb"].max()), "GB"),
    ]


def _or_none(value: float) -> float | None:
    return None if pd.isna(value) else float(value)


def _repeats(cells: int, quick: bool) -> int:
    if cells > FEW:
        return LARGE_REPEATS
    return QUICK_REPEATS if quick else REPEATS


def _run(words: Sequence[str], repeats: int) -> dict[str, Any]:
    command = [sys.executable, "-m", PROGRAM, *words, "--repeats", str(repeats)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise SlicebedError(f"{' '.join(command)} failed: {last}")
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _rows(told: dict[str, Any], where: str) -> list[dict[str, Any]]:
    return [
        {
            "on": where,
            "cells": timing["cells"],
            "seconds": seconds,
            "peak_gb": timing["peak_gb"],
            "peak_device_gb": timing["peak_device_gb"],
        }
        for timing in told["timings"]
        for seconds in timing["seconds"]
    ]
