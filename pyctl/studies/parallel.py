"""Times eight simulations at once against the same eight one after the other.

Both run the same episodes of ``cells``, with all that an agent pays: resets, actions, states.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from pyctl.env.vector import CoSimVectorEnv
from pyctl.errors import SlicebedError
from pyctl.measures import Measure
from pyctl.studies.speed import least_ratio

ENVS = 8
TURNS = 5
STEPS, QUICK_STEPS = 40, 2  # 40: an episode of the scenario, as it is by default
# Three cells and twelve users each, as loaded as the profile's busiest hours.
CELLS: Mapping[str, Any] = {"sites": 1, "mask": "constant", "interval_s": 0.25, "warmup_s": 0.05}

Floats = npt.NDArray[np.float64]


def parallel_speedup(quick: bool = False, seed: int = 1) -> list[Measure]:
    """Measures what ``CoSimVectorEnv`` gains over one environment, for the same work.

    Both are timed turn by turn and their least times compared, see ``least_ratio``.

    Args:
        quick: one turn of short episodes.
        seed: of the first episode.

    Returns:
        The speed-up and the steps a second of both.

    Raises:
        SlicebedError: the two did not do the same work.
    """
    steps = QUICK_STEPS if quick else STEPS
    alone, together = _turns(steps, 1 if quick else TURNS, seed)
    ratio, low, high = least_ratio(alone, together)
    work = ENVS * steps
    return [
        Measure("exchange.parallel8_speedup", ratio, "1", low, high, target=">= 1.8"),
        Measure("exchange.parallel1_steps_per_s", *_rates(work, alone)),
        Measure("exchange.parallel8_steps_per_s", *_rates(work, together)),
    ]


def _turns(steps: int, turns: int, seed: int) -> tuple[list[float], list[float]]:
    one, all_of_them = (
        CoSimVectorEnv(n, scenario="cells", params={**CELLS, "steps": steps}) for n in (1, ENVS)
    )
    alone, together = [], []
    with contextlib.closing(one), contextlib.closing(all_of_them):
        for envs in (one, all_of_them):
            envs.reset(seed=seed)  # starts its server, once for all turns
        for turn in range(turns):
            print(f"parallel: turn {turn + 1} of {turns}", file=sys.stderr)
            wall_s, first = _play_in_turn(one, steps, seed)
            alone.append(wall_s)
            wall_s, second = _play(all_of_them, steps, seed)
            together.append(wall_s)
            if not np.array_equal(first, second):
                raise SlicebedError("simulations at once gave other rewards than one by one")
    return alone, together


def _play_in_turn(envs: CoSimVectorEnv, steps: int, seed: int) -> tuple[float, Floats]:
    """Plays the episodes one after the other; returns the wall time [s] and rewards (8, steps)."""
    played = [_play(envs, steps, seed + i) for i in range(ENVS)]
    return sum(wall_s for wall_s, _ in played), np.vstack([rewards for _, rewards in played])


def _play(envs: CoSimVectorEnv, steps: int, seed: int) -> tuple[float, Floats]:
    """Plays an episode of each with equal shares; returns wall time [s], rewards (n, steps)."""
    fields: Any = envs.action_space
    shape = fields["prb_max"].shape
    actions = {"prb_max": np.full(shape, 1 / shape[-1], np.float32)}
    rewards = np.empty((envs.num_envs, steps))
    start = time.perf_counter()
    envs.reset(seed=seed)
    for step in range(steps):
        rewards[:, step] = envs.step(actions)[1]
    return time.perf_counter() - start, rewards


def _rates(work: int, times: list[float]) -> tuple[float, str, float, float]:
    each = [work / wall_s for wall_s in times]
    return max(each), "1/s", min(each), max(each)
