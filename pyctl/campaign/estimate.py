"""How long runs will take, from runs of the same scenario and parameters in the store."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pyctl.campaign import store
from pyctl.campaign.digest import canonical_json
from pyctl.campaign.planned import PlannedRun
from pyctl.campaign.states import stored_runs

LENGTH = "steps"  # the parameter that changes a run's length, not its speed


class Estimate:
    """Wall time per simulated second, of runs that ended well."""

    def __init__(self, out: Path) -> None:
        """Reads a store; one that does not exist knows nothing."""
        self._speeds: dict[str, list[float]] = {}
        for run in stored_runs(out) if out.is_dir() else ():
            if run.state == "ok":
                self._learn(run.folder)

    def wall_s(self, run: PlannedRun) -> float | None:
        """Predicts a run's wall time [s]; None if there is no run to learn from."""
        if run.sim_s is None:
            return None
        for with_allocator in (True, False):
            if speeds := self._speeds.get(_group(run.config, with_allocator)):
                return statistics.median(speeds) * run.sim_s
        return None

    def _learn(self, folder: Path) -> None:
        try:
            config = json.loads((folder / store.CONFIG).read_text())
            summary = json.loads((folder / store.SUMMARY).read_text())
            speed = summary["wall_s"] / summary["sim_s"]
            groups = [_group(config, with_allocator) for with_allocator in (True, False)]
        except (OSError, ValueError, KeyError, TypeError, ZeroDivisionError):
            return  # replaced meanwhile, or not of this version: nothing to learn
        for group in groups:
            self._speeds.setdefault(group, []).append(speed)


def total_s(estimates: Iterable[float | None], workers: int) -> float | None:
    """Predicts the wall time of runs together, longest first [s]; None if all are unknown.

    The least of all: neither less than the longest nor than an even share of the sum. Unknown
    runs are taken to last as long as the others in the mean.
    """
    all_of_them = list(estimates)
    times = [time_s for time_s in all_of_them if time_s is not None]
    if all_of_them and not times:
        return None
    guessed_s = statistics.mean(times) * (len(all_of_them) - len(times)) if times else 0.0
    return max((sum(times) + guessed_s) / workers, max(times, default=0.0))


def longest_first(runs: Iterable[PlannedRun], estimate: Estimate) -> list[PlannedRun]:
    """Orders runs: unknown ones first, by simulated length, then by predicted wall time."""

    def key(run: PlannedRun) -> tuple[bool, float]:
        wall_s = estimate.wall_s(run)
        return wall_s is not None, -(wall_s if wall_s is not None else run.sim_s or 0.0)

    return sorted(runs, key=key)


def _group(config: Mapping[str, Any], with_allocator: bool) -> str:
    parameters = {k: v for k, v in config["parameters"].items() if k != LENGTH}
    allocator = [config["allocator"], config["allocator_settings"]] if with_allocator else None
    return canonical_json([config["scenario"], parameters, allocator])
