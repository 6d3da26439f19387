"""Decisions per second of N runs that share a model server against one allocator each.

    python -m tests.benchmarks.model_server --json

The runs are processes that ask for one decision after the other, with no simulation in between:
nothing else costs as much. The allocator is the network of the tests, as wide as asked for.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from agents.protocol import Context, Observation
from pyctl.campaign.settings import make_allocator
from pyctl.campaign.sharing.door import Door
from pyctl.campaign.sharing.keeper import Keeper
from pyctl.campaign.sharing.proxy import shared_allocators
from tests.pyctl.campaign.sharing.allocators import Net, NetSettings, write_model

CELLS, SLICES = 12, 3
WARM_UP = 20
CORES = len(os.sched_getaffinity(0))
MODEL, DEVICE, ROWS = (f"SLICEBED_BENCH_{name}" for name in ("MODEL", "DEVICE", "ROWS"))


@dataclass(frozen=True)
class Settings(NetSettings):
    """Those that the variables say."""

    model: str = field(default_factory=lambda: os.environ[MODEL])
    device: str = field(default_factory=lambda: os.environ[DEVICE])
    rows_at_once: int = field(default_factory=lambda: int(os.environ[ROWS]))
    log: bool = False


class Asked(Net):
    """The network of the tests."""

    Settings = Settings


def ask(door: Door | None, seconds: float, start: Any, counts: Any) -> None:
    """Plays a run: warms up, waits for the others, and counts decisions."""
    os.environ["OMP_NUM_THREADS"] = "1"
    if door is None:
        counts.put(_count(make_allocator(Asked, {}), seconds, start))
        return
    with shared_allocators(door) as make:
        counts.put(_count(make(Asked, {}), seconds, start))


def _count(allocator: Any, seconds: float, start: Any) -> tuple[float, float]:
    """Counts decisions per second, and the passes that they were part of."""
    ones = np.full((CELLS, SLICES), 1 / SLICES, np.float32)
    allocator.reset(Context("none", 1, 1.0, (), (), {}))
    for step in range(WARM_UP):
        allocator.act(Observation(step, float(step), {"echo": ones}, {}))
    start.wait()
    begun_s = time.perf_counter()
    step, passes = 0, 0.0
    while time.perf_counter() - begun_s < seconds:
        decision = allocator.act(Observation(step, float(step), {"echo": ones}, {}))
        passes += 1 / decision.info["together"]
        step += 1
    wall_s = time.perf_counter() - begun_s
    return step / wall_s, passes / wall_s


def measure(simulations: int, shared: bool, seconds: float) -> dict[str, float]:
    """Measures one case: decisions per second of all runs together, and how many a pass had."""
    keeper = Keeper(max(CORES - simulations, 1)) if shared else None
    if keeper is not None:
        keeper.tend()
    context = get_context("spawn")
    start, counts = context.Barrier(simulations), context.Queue()
    door = None if keeper is None else keeper.door
    runs = [
        context.Process(target=ask, args=(door, seconds, start, counts)) for _ in range(simulations)
    ]
    for run in runs:
        run.start()
    rates = [counts.get() for _ in runs]
    for run in runs:
        run.join()
    if keeper is not None:
        keeper.close()
    decisions, passes = (sum(column) for column in zip(*rates, strict=True))
    return {"decisions_per_s": decisions, "per_pass": decisions / passes}


def main(words: Sequence[str]) -> None:
    """Prints a table, or one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--simulations", default="1,2,4,8")
    parser.add_argument("--hidden", type=int, default=64, help="width of the network")
    parser.add_argument("--rows-at-once", type=int, default=0, help="0 for as many as there are")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each case")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(words)
    rows = []
    with TemporaryDirectory() as folder:
        model = Path(folder, "net.pt")
        write_model(model, options.hidden)
        os.environ |= {MODEL: str(model), DEVICE: options.device, ROWS: str(options.rows_at_once)}
        for simulations in map(int, options.simulations.split(",")):
            for shared in (False, True):
                found = measure(simulations, shared, options.seconds)
                rows.append({"simulations": simulations, "shared": shared, **found})
                if not options.json:
                    print(*rows[-1].values(), flush=True)
    if options.json:
        print(json.dumps({**vars(options), "cores": CORES, "rows": rows}))


if __name__ == "__main__":
    main(sys.argv[1:])
