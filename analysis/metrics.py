"""Figures of merit of one run, from its tables.

    summarise(steps, intervals, config)["utility_mean"]

Rows of intervals in which a slice was absent (``slice_active`` 0) do not count.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from analysis.distributions import percentile, select

if TYPE_CHECKING:
    import pandas as pd

# Satisfied: r = 1 up to the rounding of a float32 quotient (spec of paper 001, section 5).
SATISFIED = 0.999
AXES = ("slice", "node", "site")  # that figures are given by, where a scenario has them
LATENCY_HISTOGRAM = "latency_histogram"
MEANS = {
    "r": "r_mean",
    "thp_dl": "thp_dl_mean",
    "delay_dl": "delay_dl_mean",
    "delay_e2e": "delay_e2e_mean",
    "delay_e2e_p95": "delay_e2e_p95",
    "prb_used_dl": "prb_used_dl_mean",
    "cqi": "cqi_mean",
    "loss": "loss_mean",
    "offered": "offered_mean",
    "degradation": "degradation_mean",
    "rate": "rate_mean",
    "rate_used": "rate_used_mean",
    "cpu": "cpu_mean",
    "cpu_used": "cpu_used_mean",
    "users": "users_mean",
    "stalled": "stalled_mean",
    "latency": "latency_mean",
    "latency_p95": "latency_p95_mean",
    "processed": "processed_mean",
    "utilisation": "utilisation_mean",
    "power": "power_mean",
    "energy": "energy_mean",
    "share": "share_mean",
    "delivered": "delivered_mean",
    "delivered_ratio": "delivered_ratio_mean",
    "reserved": "reserved_mean",
    "unused": "unused_mean",
    "sla_violated": "sla_violated_mean",
    "admitted": "admitted_mean",
    "cost": "cost_mean",
    "cost_sla": "cost_sla_mean",
    "cost_over": "cost_over_mean",
    "allocated_mean": "allocated_mean",
    "under_provisioned": "under_provisioned_mean",
    "staleness": "staleness_mean",
}


def active_rows(steps: pd.DataFrame) -> pd.DataFrame:
    """Selects the rows whose slice was present while they were measured."""
    if "slice_active" not in steps.columns:
        return steps
    return steps[steps["slice_active"] > 0]


def utility_by_step(steps: pd.DataFrame) -> pd.Series:
    """Utility of each interval: mean of ln(1 + r) over its cells and slices.

    Paper 001, eq. 5, divided by the number of terms, so that it lies in [0, ln 2] whatever the
    numbers of cells and slices.
    """
    rows = active_rows(steps)
    utility = rows["r"].astype(float).map(math.log1p)
    return utility.groupby(rows["step"]).mean().rename("utility")


def summarise(
    steps: pd.DataFrame,
    intervals: pd.DataFrame,
    config: Mapping[str, Any],
    histograms: pd.DataFrame | None = None,
) -> dict[str, Any]:
    """Summarises a run.

    Args:
        steps: one row for each step, cell and slice.
        intervals: one row for each step.
        config: the run's, with the scenario's ``context``.
        histograms: counts by bin, in a scenario that has them.

    Returns:
        ``utility_mean``, ``p_r1`` (share of cells, slices and intervals with r >= 0.999; both None
        for a scenario without QoS), ``reward_mean`` and ``per_slice``: for each slice id its
        target and the means of its KPIs over cells and intervals; ``per_node`` and ``per_site``
        likewise in scenarios of nodes and of sites. ``latency`` in a scenario of requests: see
        ``request_latency``.
    """
    rows = active_rows(steps)
    has_qos = "r" in rows.columns and len(rows) > 0
    return {
        "utility_mean": float(utility_by_step(steps).mean()) if has_qos else None,
        "p_r1": float((rows["r"] >= SATISFIED).mean()) if has_qos else None,
        "reward_mean": float(intervals["reward"].mean()) if len(intervals) else None,
        **{f"per_{axis}": _figures_by(axis, rows, config) for axis in AXES},
        "latency": None if histograms is None else request_latency(rows, histograms),
    }


def metrics_of(summary: Mapping[str, Any]) -> dict[str, float]:
    """Names the numbers of a summary: ``utility_mean``, ``per_slice.1.r_mean``, ``latency.p95``.

    Returns:
        What is measured and has a value; texts, lists, switches and nothing are left out.
    """
    found: dict[str, float] = {}
    for key, value in summary.items():
        if isinstance(value, Mapping):
            found.update({f"{key}.{name}": one for name, one in metrics_of(value).items()})
        elif _is_number(value):
            found[key] = float(value)
    return found


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)


def request_latency(steps: pd.DataFrame, histograms: pd.DataFrame) -> dict[str, float | None]:
    """Takes the latency of the requests of all edges and intervals together.

    Returns:
        ``mean``: of intervals and edges (a pending request counts with its age), weighted by the
        requests that came; ``p50``, ``p95``, ``p99``: of the completed requests, exact within a
        bin; all in s, None where there were no requests.
    """
    latency, offered = (steps[name].astype(float) for name in ("latency", "offered"))
    total = float(offered.sum())
    completed = select(histograms, LATENCY_HISTOGRAM)
    return {
        "mean": float((latency * offered).sum() / total) if total > 0 else None,
        **{f"p{q}": percentile(completed, q) for q in (50, 95, 99)},
    }


def _figures_by(
    axis: str, rows: pd.DataFrame, config: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    entries = config.get("context", {}).get(f"{axis}s", [])
    return {str(entry["id"]): _figures(rows[rows[axis] == entry["id"]], entry) for entry in entries}


def _figures(rows: pd.DataFrame, entry: Mapping[str, Any]) -> dict[str, Any]:
    figures: dict[str, Any] = {key: entry[key] for key in entry if key != "id"}
    if len(rows) == 0:
        return figures
    if "r" in rows.columns:
        figures["p_r1"] = float((rows["r"] >= SATISFIED).mean())
    for column, name in MEANS.items():
        if column in rows.columns:
            figures[name] = float(rows[column].astype(float).mean())
    if "mos" in rows.columns:
        # Who asked for nothing has no opinion.
        asked = rows[rows["offered"] > 0]
        figures["mos_mean"] = float(asked["mos"].astype(float).mean()) if len(asked) else None
    return figures
