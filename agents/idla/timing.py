"""How long a decision of ``idla`` takes, and how much memory: a program of its own.

    python -m agents.idla.timing --cells 100 100000 --device cpu --repeats 3

needs numpy and torch only, so it runs where nothing else is installed. The estimator is fitted to
``agents.idla.formula``; a decision is everything from observation to shares. Prints one JSON
object; memory is the most that this process ever had, so ask for one size when memory is wanted.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import sys
import time
from typing import Any

import numpy as np
import torch

from agents.idla.allocator import HISTORY, Idla, IdlaSettings
from agents.idla.decide import device_of
from agents.idla.formula import FormulaCells, observe, record

SLICES = 4
TRAINING_CELLS, TRAINING_STEPS = 12, 200
SEED = 1
GB = 1e9


def fitted(device: str, starts: int, epochs: int) -> Idla:
    """Makes an allocator whose estimator has seen the formula network."""
    allocator = Idla(IdlaSettings(starts=starts, epochs=epochs, device=device))
    network = FormulaCells(TRAINING_CELLS, SLICES, SEED)
    rng = np.random.default_rng(SEED)
    shares = rng.dirichlet(np.ones(SLICES), (TRAINING_STEPS, TRAINING_CELLS))
    allocator.fit(record(network, shares), SEED)
    return allocator


def time_decisions(allocator: Idla, cells: int, repeats: int) -> dict[str, Any]:
    """Times decisions for so many cells; the first, which also prepares things, is told apart."""
    network = FormulaCells(cells, SLICES, SEED + 1)
    allocator.reset(network.context(SEED))
    equal = np.full((cells, SLICES), 1 / SLICES)
    past = [network.step(equal) for _ in range(HISTORY)]
    seconds = []
    shares = equal
    for i in range(repeats + 1):
        observation = observe(HISTORY + i, past, HISTORY)
        begun = time.perf_counter()
        shares = allocator.act(observation).allocation["prb_max"]
        seconds.append(time.perf_counter() - begun)
        past = [*past[1:], network.step(shares.astype(np.float64))]
    excess = float(np.max(shares.sum(axis=1, dtype=np.float64) - 1))
    return {
        "cells": cells,
        "slices": SLICES,
        "first_s": seconds[0],
        "seconds": seconds[1:],
        "excess": excess,
        "peak_gb": _peak_gb(),
        "peak_device_gb": _peak_device_gb(),
    }


def _peak_gb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / GB


def _peak_device_gb() -> float:
    return torch.cuda.max_memory_allocated() / GB if torch.cuda.is_available() else 0.0


def _device_name(device: torch.device) -> str:
    if device.type == "cuda":
        return str(torch.cuda.get_device_name())
    return f"{platform.machine()}, {len(os.sched_getaffinity(0))} core(s)"


def main() -> None:
    """Times all sizes asked for."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--cells", type=int, nargs="+", default=[12, 100, 1000, 10_000, 100_000])
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    parser.add_argument("--starts", type=int, default=5, help="of a search")
    parser.add_argument("--repeats", type=int, default=3, help="decisions that are timed")
    parser.add_argument("--epochs", type=int, default=20, help="of training")
    parser.add_argument("--one-core", action="store_true", help="use one core only")
    arguments = parser.parse_args()
    if arguments.one_core:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    device = device_of(arguments.device)
    allocator = fitted(device.type, arguments.starts, arguments.epochs)
    timings = []
    for cells in arguments.cells:
        print(f"timing: {cells} cells on {device.type}", file=sys.stderr)
        timings.append(time_decisions(allocator, cells, arguments.repeats))
    print(
        json.dumps(
            {
                "device": device.type,
                "device_name": _device_name(device),
                "torch": torch.__version__,
                "starts": arguments.starts,
                "estimator_mae": allocator.report["mae_test"],
                "timings": timings,
            }
        )
    )


if __name__ == "__main__":
    main()
