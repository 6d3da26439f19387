"""Times batches against the same simulations and agents bare, and two workers against one.

    python -m pyctl.studies.batches CONFIGURATIONS.json     # the bare runs of a turn

Each of the three is a process of its own, timed from its start to its end.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from agents.protocol import Observation
from pyctl.campaign.registry import load_allocator
from pyctl.campaign.schemas import context_of
from pyctl.env.cosim import CoSimEnv
from pyctl.errors import SlicebedError
from pyctl.measures import Measure
from pyctl.studies.speed import least_ratio

# Three cells and twelve users each, as loaded as the profile's busiest hours.
CELLS: Mapping[str, Any] = {"sites": 1, "mask": "constant", "interval_s": 0.25, "warmup_s": 0.05}
RUNS, QUICK_RUNS = 24, 4
STEPS, QUICK_STEPS = 80, 2  # 40: an episode of the scenario, as it is by default
TURNS, QUICK_TURNS = 3, 1
ALLOCATOR = "equal"
OVERHEAD_MS, OVERHEAD_SHARE = 150.0, 0.03


def measure_batches(quick: bool = False) -> list[Measure]:
    """Measures the gain of a second worker, and what a run costs beside simulation and agent.

    The three are timed turn by turn. Of speed-ups the least times count, see ``least_ratio``; the
    overhead is the median over the turns of the batch with one worker over the bare runs: a small
    difference of two large times holds within a turn only, because machines change their pace.

    Args:
        quick: one turn of few short runs.

    Returns:
        ``batch.speedup_2``, ``batch.overhead_ms``, the same as a share of the bare run, and the
        wall time of the bare run.

    Raises:
        SlicebedError: a process failed.
    """
    runs, steps, turns = (QUICK_RUNS, QUICK_STEPS, QUICK_TURNS) if quick else (RUNS, STEPS, TURNS)
    bare: list[float] = []
    one: list[float] = []
    two: list[float] = []
    with TemporaryDirectory() as name:
        folder = Path(name)
        _write_plan(folder, runs, steps)
        for turn in range(turns):
            print(f"batches: turn {turn + 1} of {turns}, {runs} runs", file=sys.stderr)
            bare.append(_timed("pyctl.studies.batches", folder, "bare.json"))
            one.append(_batch(folder, turn, workers=1))
            two.append(_batch(folder, turn, workers=2))
    speedup, low, high = least_ratio(one, two)
    overheads = [1e3 * (b - a) / runs for a, b in zip(bare, one, strict=True)]
    overhead_ms = statistics.median(overheads)
    bare_ms = 1e3 * min(bare) / runs
    bound_ms = max(OVERHEAD_MS, OVERHEAD_SHARE * bare_ms)
    return [
        Measure("batch.speedup_2", speedup, "1", low, high, target=">= 1.85"),
        Measure(
            "batch.overhead_ms",
            *(overhead_ms, "ms", min(overheads), max(overheads)),
            target=f"<= {bound_ms:g}",
        ),
        Measure("batch.overhead_share", overhead_ms / bare_ms, "1"),
        Measure("batch.bare_run_ms", bare_ms, "ms"),
    ]


def play_bare(seeds: Sequence[int], parameters: Mapping[str, Any]) -> None:
    """Plays an episode of ``cells`` for each seed with equal shares; nothing is kept."""
    allocator = load_allocator(ALLOCATOR)()
    for seed in seeds:
        env = CoSimEnv("cells", parameters, seed=seed)
        try:
            allocator.reset(context_of(env.description, seed))
            fields, info = env.reset()
            ended = False
            while not ended:
                arrays = {name: np.asarray(values) for name, values in fields.items()}
                observation = Observation(info["step"], info["t_sim_s"], arrays, {}, None)
                decision = allocator.act(observation)
                fields, _, terminated, truncated, info = env.step(dict(decision.allocation))
                ended = terminated or truncated
        finally:
            env.close()


def _write_plan(folder: Path, runs: int, steps: int) -> None:
    parameters = {**CELLS, "steps": steps}
    plan = {
        "scenario": "cells",
        "allocators": [ALLOCATOR],
        "parameters": parameters,
        "seeds": runs,
    }
    (folder / "plan.yaml").write_text(json.dumps(plan))  # JSON is YAML
    bare = {"seeds": [*range(1, runs + 1)], "parameters": parameters}
    (folder / "bare.json").write_text(json.dumps(bare))


def _batch(folder: Path, turn: int, workers: int) -> float:
    words = ["batch", "plan.yaml", "--out", f"{turn}-{workers}", "--workers", str(workers)]
    return _timed("pyctl.cli", folder, *words, "--quiet")


def _timed(module: str, folder: Path, *words: str) -> float:
    begun = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", module, *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SlicebedError(f"{module} {' '.join(words)} failed: {done.stderr}")
    return time.perf_counter() - begun


if __name__ == "__main__":
    play_bare(**json.loads(Path(sys.argv[1]).read_text()))
