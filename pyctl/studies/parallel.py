"""Times eight simulations at once against the same eight one after the other.

All run the same episodes of ``cells``, with all that an agent pays: resets, actions, states. At
once means either of two things: an agent that acts on whichever simulations have come to a border
(``send`` and ``receive``), or one that acts on all of them together (``step``), which waits for
the slowest. Beside them, what the machine gives at best: an agent of its own on each core, which
play the same episodes between them and know nothing of each other. (Cores share caches and memory.)
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
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

    All are timed turn by turn and their least times compared, see ``least_ratio``.

    Args:
        quick: one turn of short episodes.
        seed: of the first episode.

    Returns:
        The speed-ups, beside that of agents apart, and the steps a second.

    Raises:
        SlicebedError: they did not do the same work.
    """
    steps = QUICK_STEPS if quick else STEPS
    times = _turns(steps, 1 if quick else TURNS, seed)
    work = ENVS * steps
    return [
        _ratio("parallel8_speedup", times.alone, times.streamed, ">= 1.8"),
        _ratio("parallel8_step_speedup", times.alone, times.together),
        _ratio("apart_speedup", times.alone, times.apart),
        Measure("exchange.parallel1_steps_per_s", *_rates(work, times.alone)),
        Measure("exchange.parallel8_steps_per_s", *_rates(work, times.streamed)),
    ]


@dataclass
class _Times:
    """Wall times of the same work, a turn each [s]; see the module."""

    alone: list[float] = field(default_factory=list)
    apart: list[float] = field(default_factory=list)
    together: list[float] = field(default_factory=list)
    streamed: list[float] = field(default_factory=list)


def _turns(steps: int, turns: int, seed: int) -> _Times:
    one, all_of_them = (_envs(n, steps) for n in (1, ENVS))
    times = _Times()
    with contextlib.closing(one), contextlib.closing(all_of_them), _agents(steps, seed) as agents:
        for envs in (one, all_of_them):
            envs.reset(seed=seed)  # starts its server, once for all turns
        for turn in range(turns):
            print(f"parallel: turn {turn + 1} of {turns}", file=sys.stderr)
            wall_s, rewards = _play_in_turn(one, steps, range(seed, seed + ENVS))
            times.alone.append(wall_s)
            times.apart.append(_play_apart(agents))
            for play, taken in ((_play, times.together), (_play_streamed, times.streamed)):
                wall_s, others = play(all_of_them, steps, seed)
                taken.append(wall_s)
                if not np.array_equal(rewards, others):
                    raise SlicebedError("simulations at once gave other rewards than one by one")
    return times


def _envs(n: int, steps: int) -> CoSimVectorEnv:
    return CoSimVectorEnv(n, scenario="cells", params={**CELLS, "steps": steps})


@contextlib.contextmanager
def _agents(steps: int, seed: int) -> Iterator[list[Connection]]:
    """Starts an agent for each core, which shares the episodes with the others."""
    context = get_context("spawn")
    cores = len(os.sched_getaffinity(0))
    processes, connections = [], []
    for core in range(cores):
        ours, theirs = context.Pipe()
        seeds = range(seed + core, seed + ENVS, cores)
        processes.append(context.Process(target=_play_when_told, args=(theirs, steps, seeds)))
        processes[-1].start()
        theirs.close()
        connections.append(ours)
    try:
        for connection in connections:
            connection.recv()  # it is ready
        yield connections
    finally:
        for connection, process in zip(connections, processes, strict=True):
            connection.close()
            process.join()


def _play_when_told(connection: Connection, steps: int, seeds: range) -> None:
    with contextlib.closing(_envs(1, steps)) as envs:
        envs.reset(seed=seeds.start)
        connection.send(None)
        with contextlib.suppress(EOFError):
            while True:
                connection.recv()
                _play_in_turn(envs, steps, seeds)
                connection.send(None)


def _play_apart(agents: list[Connection]) -> float:
    start = time.perf_counter()
    for agent in agents:
        agent.send(None)
    for agent in agents:
        agent.recv()
    return time.perf_counter() - start


def _play_in_turn(envs: CoSimVectorEnv, steps: int, seeds: range) -> tuple[float, Floats]:
    """Plays episodes one after the other; returns the wall time [s] and rewards (seeds, steps)."""
    played = [_play(envs, steps, seed) for seed in seeds]
    return sum(wall_s for wall_s, _ in played), np.vstack([rewards for _, rewards in played])


def _play(envs: CoSimVectorEnv, steps: int, seed: int) -> tuple[float, Floats]:
    """Plays an episode of each with equal shares; returns wall time [s], rewards (n, steps)."""
    actions = _equal_shares(envs, envs.num_envs)
    rewards = np.empty((envs.num_envs, steps))
    start = time.perf_counter()
    envs.reset(seed=seed)
    for step in range(steps):
        rewards[:, step] = envs.step(actions)[1]
    return time.perf_counter() - start, rewards


def _play_streamed(envs: CoSimVectorEnv, steps: int, seed: int) -> tuple[float, Floats]:
    """Does as ``_play``; each episode goes on as soon as it can."""
    actions = [_equal_shares(envs, n) for n in range(envs.num_envs + 1)]
    rewards = np.empty((envs.num_envs, steps))
    done = np.zeros(envs.num_envs, int)
    start = time.perf_counter()
    envs.reset(seed=seed)
    envs.send(actions[-1])
    while (done < steps).any():
        received = envs.receive()
        rewards[received.ids, done[received.ids]] = received.rewards
        done[received.ids] += 1
        going = received.ids[done[received.ids] < steps]
        if len(going):
            envs.send(actions[len(going)], going)
    return time.perf_counter() - start, rewards


def _equal_shares(envs: CoSimVectorEnv, n: int) -> dict[str, npt.NDArray[np.float32]]:
    fields: Any = envs.single_action_space
    shape = fields["prb_max"].shape
    return {"prb_max": np.full((n, *shape), 1 / shape[-1], np.float32)}


def _ratio(name: str, above: list[float], below: list[float], target: str | None = None) -> Measure:
    value, low, high = least_ratio(above, below)
    return Measure(f"exchange.{name}", value, "1", low, high, target)


def _rates(work: int, times: list[float]) -> tuple[float, str, float, float]:
    each = [work / wall_s for wall_s in times]
    return max(each), "1/s", min(each), max(each)
