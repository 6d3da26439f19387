"""How long a reset and a branch of scenario ``cells`` take."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from pyctl.env.cosim import CoSimEnv
from pyctl.measures import Measure

# 12 cells with 4 slices of 2 UEs: 96 UEs.
PARAMETERS = {"ues_per_slice": 2, "steps": 10_000}
BRANCHES = 8
BRANCH_TURNS, QUICK_BRANCH_TURNS = 15, 2
RESET_TARGET_MS, BRANCH_TARGET_MS, FIRST_STEP_TARGET_MS = 40.0, 15.0, 30.0


def measure_branching(turns: int) -> list[Measure]:
    """Measures resets to new seeds, branches at a border, and a branch's first step.

    Args:
        turns: of each; the least, the median and the largest are told.

    Returns:
        ``exchange.reset_ms``, ``exchange.branch_ms`` (one branch of several made at once) and
        ``exchange.branch_step_ms`` (branch and its first step, over a plain step).
    """
    env = CoSimEnv("cells", PARAMETERS, seed=1)
    action = {"prb_max": np.full(env.action_space["prb_max"].shape, 0.25, np.float32)}  # type: ignore[index]
    try:
        env.reset()  # starts the server
        print(f"branching: {turns} turns of resets and branches", file=sys.stderr)
        resets = [_ms(env.reset) for _ in range(turns)]
        env.step(action)
        branches, extras = [], []
        for _ in range(turns):
            begun = time.perf_counter()
            twins = env.branch(BRANCHES)
            each_ms = 1e3 * (time.perf_counter() - begun) / BRANCHES
            branches.append(each_ms)
            first_ms = _ms(lambda: twins[0].step(action))  # noqa: B023 - called at once
            extras.append(each_ms + first_ms - _ms(lambda: env.step(action)))
            for twin in twins:
                twin.close()
    finally:
        env.close()
    return [
        _measure("exchange.reset_ms", resets, RESET_TARGET_MS),
        _measure("exchange.branch_ms", branches, BRANCH_TARGET_MS),
        _measure("exchange.branch_step_ms", extras, FIRST_STEP_TARGET_MS),
    ]


def _ms(call: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    call()
    return 1e3 * (time.perf_counter() - begun)


def _measure(name: str, values: list[float], most: float) -> Measure:
    value = statistics.median(values)
    return Measure(name, value, "ms", min(values), max(values), f"<= {most:g}")
