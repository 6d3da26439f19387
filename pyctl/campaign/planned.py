"""Runs of a plan with their ids: checked, nothing started."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pyctl.campaign.digest import FILES_SHA256, canonical_json, run_id
from pyctl.campaign.prepare import PreparedRun, RunConfig, prepare
from pyctl.campaign.setting_files import with_files


@dataclass(frozen=True)
class PlannedRun:
    """A run that is to be.

    Attributes:
        run_id: that ``slicebed run`` gives it.
        request: what to run.
        config: canonical configuration.
        sim_s: its simulated length [s], or None if the scenario does not tell.
    """

    run_id: str
    request: RunConfig
    config: Mapping[str, Any]
    sim_s: float | None

    @property
    def label(self) -> str:
        """What progress calls it."""
        request = self.request
        return f"{self.run_id} {request.scenario} {request.allocator} seed {request.seed}"

    def with_seed(self, seed: int) -> PlannedRun:
        """Makes the same run with other random streams.

        Raises:
            UsageError: a file whose path has the seed cannot be read.
        """
        named = FILES_SHA256 in self.config
        config = with_files(self.config, seed) if named else {**self.config, "seed": seed}
        return PlannedRun(run_id(config), replace(self.request, seed=seed), config, self.sim_s)


def identify(requests: Iterable[RunConfig]) -> list[PlannedRun]:
    """Checks runs and gives them their ids; runs of the same id come once.

    Raises:
        UsageError: one of them cannot be run.
    """
    prepared: dict[str, PreparedRun] = {}
    runs: dict[str, PlannedRun] = {}
    for request in requests:
        # A seed picks random streams; it changes nothing of what is checked.
        key = canonical_json(
            [
                request.scenario,
                request.allocator,
                dict(request.parameters),
                dict(request.settings),
                str(request.trace),
            ]
        )
        if key not in prepared:
            prepared[key] = prepare(request)
        planned = _planned(request, prepared[key])
        runs.setdefault(planned.run_id, planned)
    return list(runs.values())


def varying(runs: Iterable[PlannedRun]) -> list[str]:
    """Names the parameters that differ among the runs' configurations, sorted."""
    values: dict[str, set[str]] = {}
    for run in runs:
        for name, value in run.config["parameters"].items():
            values.setdefault(name, set()).add(canonical_json(value))
    return sorted(name for name, different in values.items() if len(different) > 1)


def _planned(request: RunConfig, prepared: PreparedRun) -> PlannedRun:
    config = with_files(prepared.config, request.seed, type(prepared.allocator))
    context = prepared.description["context"]
    steps = context.get("steps")
    return PlannedRun(
        run_id=run_id(config),
        request=request,
        config=config,
        sim_s=float(steps) * float(context["interval_s"]) if steps else None,
    )
