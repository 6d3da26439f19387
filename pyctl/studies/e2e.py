"""Runs the grants of the MicroOpt testbed through the end-to-end network, second by second."""

from __future__ import annotations

import statistics
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from pyctl.studies.programs import run_study

if TYPE_CHECKING:
    import pandas as pd

TIMEOUT_S = 600.0
SECONDS = 30
QUICK_SECONDS = 10
# Every so many grants of the testbed in the quick form.
QUICK_STRIDE = 12


def run_grants(medians: pd.DataFrame, seconds: int, seed: int, workers: int) -> pd.DataFrame:
    """Runs each grant of a table in a process of its own.

    Args:
        medians: with columns ``n_users``, ``bw`` [Mbit/s], ``cpu`` [millicores], ``qos`` [Mbit/s].
        seconds: measured, after 10 s of warm-up.
        seed: of all runs.
        workers: processes at a time.

    Returns:
        The table with ``simulated`` (median throughput of a user) [Mbit/s], ``simulated_sd`` over
        the seconds, ``law`` (min law of the testbed) and ``error`` (relative, with its sign).
    """

    def one(grant: dict[str, Any]) -> dict[str, Any]:
        return run_study(
            "e2e",
            {
                "users": int(grant["n_users"]),
                "mbps": float(grant["bw"]),
                "millicores": float(grant["cpu"]),
                "seconds": seconds,
                "seed": seed,
            },
            TIMEOUT_S,
        )

    grants = [{str(key): value for key, value in row.items()} for row in medians.to_dict("records")]
    results = []
    with ThreadPoolExecutor(workers) as pool:
        for number, result in enumerate(pool.map(one, grants), 1):
            results.append(result["qos_mbps"])
            if number % 20 == 0 or number == len(grants):
                print(f"grants {number}/{len(grants)}", file=sys.stderr)
    table = medians.assign(
        simulated=[statistics.median(qos) for qos in results],
        simulated_sd=[statistics.stdev(qos) for qos in results],
        law=[min_law(grant["n_users"], grant["bw"], grant["cpu"]) for grant in grants],
    )
    return table.assign(error=table["simulated"] / table["qos"] - 1)


def min_law(users: float, mbps: float, millicores: float) -> float:
    """Throughput of a user by the law fitted to the testbed [Mbit/s].

    The total is the least of 13.2 Mbit/s a user, 0.80 of the transport rate and 8.5 Mbit/s per 1000
    millicores: what the simulation is to show without having been told.
    """
    return min(13.2 * users, 0.80 * mbps, 8.5e-3 * millicores) / users
