"""Times the cell model, ns-3's LTE stack and the point-to-point floor."""

from __future__ import annotations

import shlex
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyctl.errors import SimulationHung
from pyctl.launch.installed import scenario_binary
from pyctl.launch.scenarios import parameter_arguments
from pyctl.launch.watched import failure_of, shell_status
from pyctl.studies.programs import run_study

MODELS = ("cell", "lte", "p2p")
# Simulated seconds of one timing: ns-3's LTE stack takes some 10 s for one.
SECONDS: Mapping[str, float] = {"cell": 10, "lte": 1, "p2p": 10}
QUICK_SECONDS: Mapping[str, float] = {"cell": 1, "lte": 0.1, "p2p": 1}
REPEATS = 3
# A ratio of times near 1 needs short turns, many of them: see least_ratio().
SIZE_SECONDS = 0.8
SIZE_REPEATS = 40
TIMEOUT_S = 900.0

CELLS = ((1, 1), (1, 3), (2, 3), (4, 3), (7, 3), (12, 3), (19, 3))  # sites, sectors
UES = (1, 2, 4, 8, 16, 24, 40)
LOADS_MBPS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0)


@dataclass(frozen=True)
class Timing:
    """One timing, as the study program prints it."""

    raw: Mapping[str, Any]

    @property
    def wall_per_sim_s(self) -> float:
        """Wall time of a simulated second [s]."""
        return float(self.raw["wall_s"]) / float(self.raw["sim_s"])

    @property
    def wall_per_packet_us(self) -> float:
        """Wall time of a delivered packet [us]."""
        return float(self.raw["wall_s"]) / float(self.raw["packets_delivered"]) * 1e6


def time_case(model: str, seconds: float, seed: int, **case: float) -> Timing:
    """Times one case in a process of its own."""
    print(f"{model} {case or '12 cells x 8 UEs x 1 Mbit/s'}", file=sys.stderr)
    return Timing(
        run_study("speed", {"model": model, "seconds": seconds, "seed": seed, **case}, TIMEOUT_S)
    )


def compare_models(seconds: Mapping[str, float], repeats: int, seed: int) -> list[Timing]:
    """Times 12 cells x 8 UEs x 1 Mbit/s under each model, turn by turn.

    Machines change their pace; what is compared is timed side by side.
    """
    return [time_case(model, seconds[model], seed) for _ in range(repeats) for model in MODELS]


def compare_sizes(seconds: float, repeats: int, seed: int) -> list[Timing]:
    """Times 12 and 57 cells of 8 UEs x 1 Mbit/s, turn by turn."""
    return [
        time_case("cell", seconds, seed, sites=sites) for _ in range(repeats) for sites in (4, 19)
    ]


def scale(seconds: float, seed: int) -> list[tuple[str, Timing]]:
    """Times the cell model over cells, UEs a cell and load, one at a time.

    Returns:
        What was varied (``cells``, ``ues``, ``mbps``), with each timing.
    """
    cases: Iterable[tuple[str, Mapping[str, float]]] = (
        *(("cells", {"sites": sites, "sectors": sectors}) for sites, sectors in CELLS),
        *(("ues", {"ues": ues}) for ues in UES),
        *(("mbps", {"mbps": mbps}) for mbps in LOADS_MBPS),
    )
    return [(name, time_case("cell", seconds, seed, **case)) for name, case in cases]


def time_edge_cloud(simulated_s: int, seed: int) -> float:
    """Times the scenario edge-cloud, 1500 requests/s, default decisions: one process, one core.

    Returns:
        Wall time from its start to its end [s].

    Raises:
        SimulationCrashed: it failed.
        SimulationHung: it took longer than ``TIMEOUT_S``.
    """
    parameters = {
        "rate_hz": 1500,
        "burst_gain": 1,
        "interval_s": 5,
        "steps": simulated_s // 5,
        "simSeed": seed,
    }
    command = [str(scenario_binary("edge-cloud")), *parameter_arguments(parameters)]
    start = time.perf_counter()
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise SimulationHung(f"edge-cloud took longer than {TIMEOUT_S:g} s") from error
    if done.returncode != 0:
        raise failure_of(
            command[0], shell_status(done.returncode), done.stderr, shlex.join(command)
        )
    return time.perf_counter() - start


def ratios(above: Sequence[float], below: Sequence[float]) -> tuple[float, float, float]:
    """Median, least and largest ratio of two series timed turn by turn."""
    each = [a / b for a, b in zip(above, below, strict=True)]
    return statistics.median(each), min(each), max(each)


def least_ratio(above: Sequence[float], below: Sequence[float]) -> tuple[float, float, float]:
    """Ratio of the least times of two series, and the least and largest ratio of a turn.

    The same work in the same order takes the same time but for what others on the machine do to
    its caches and clock, which only ever adds: the least time is the program's own. A case that
    fills the caches suffers more from others than one that does not, so a median of ratios
    measures the neighbours.
    """
    _, low, high = ratios(above, below)
    return min(above) / min(below), low, high
