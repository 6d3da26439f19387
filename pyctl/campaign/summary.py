"""What ``summary.json`` of a run holds, and which of its metrics are known before the run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from pyctl.campaign.episode import EpisodeEnd
from pyctl.campaign.guard import RepairReport
from pyctl.campaign.recorder import IntervalRecord, Recorder
from pyctl.campaign.schemas import context_of
from pyctl.errors import UnknownName

OF_THE_RUN = "conservation"  # has what the scenario counts, which its description does not tell


def run_summary(
    config: Mapping[str, Any],
    description: Mapping[str, Any],
    recorder: Recorder,
    end: EpisodeEnd,
    wall_s: float,
) -> dict[str, Any]:
    """Summarises a run.

    Args:
        config: its canonical configuration.
        description: the scenario's, with the run's parameters.
        recorder: its records.
        end: how it ended.
        wall_s: that it took [s].
    """
    from analysis.metrics import summarise

    sim_s = recorder.records[-1].t_sim_s if recorder.records else 0.0
    with_context = {**config, "context": description["context"]}
    return {
        "kpi_sha256": recorder.kpi_sha256(),
        **summarise(recorder.steps(), recorder.intervals(), with_context, recorder.histograms()),
        "steps": len(recorder.records),
        "sim_s": sim_s,
        "wall_s": wall_s,
        "sim_seconds_per_second": sim_s / wall_s,
        "repairs": end.repairs.counts(),
        "last_refusal": end.repairs.reason,
        "conservation": dict(end.conservation),
        "terminated": end.terminated,
    }


def require_metric(metric: str, description: Mapping[str, Any]) -> None:
    """Refuses a metric that no run of a scenario can have.

    Args:
        metric: name in the summary: ``per_slice.1.r_mean``.
        description: the scenario's, with the runs' parameters.

    Raises:
        UnknownName: there is no such metric.
    """
    from analysis.metrics import metrics_of

    if metric.partition(".")[0] == OF_THE_RUN:
        return
    known = metrics_of(_of_one_interval(description))
    if metric not in known:
        raise UnknownName("metric", metric, known)


def _of_one_interval(description: Mapping[str, Any]) -> dict[str, Any]:
    """Summarises an interval that nobody has simulated: all that is observed in it is 1."""
    context = context_of(description, seed=0)
    recorder = Recorder(context)
    observed = {schema.name: np.ones(schema.shape, np.float32) for schema in context.observation}
    decided = {schema.name: np.ones(schema.shape, np.float32) for schema in context.action}
    recorder.add(IntervalRecord(1, 1.0, observed, decided, 1.0, 0.0, RepairReport()))
    return run_summary({}, description, recorder, EpisodeEnd(RepairReport(), {}, False), 1.0)
