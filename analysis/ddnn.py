"""What stored runs of `edge-ddnn` say of paper 003: costs, times of decisions, local shares.

    row = facts(run, unit_bps=0.8e6)
    fit = line_through(table)          # T over local share

``unit_bps`` is the rate of a normalised demand of 1: costs are then in the unit of equation 3.
Times are simulated ones: never compare runs of one time mode with those of the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd

    from analysis.store_reader import Run

VIOLATION = 0.01  # of a normalised demand of 1: what is short by less violates nothing
UNDER, OVER = 50.0, 1.0  # c1 and c2 of equation 3

Floats = npt.NDArray[np.float64]


def by_site(run: Run, column: str) -> Floats:
    """Gives a KPI as [T, sites]."""
    ordered = run.steps.sort_values(["step", "site"])
    values: Floats = ordered[column].to_numpy(np.float64)
    return values.reshape(ordered["step"].nunique(), -1)


def by_slot(run: Run, column: str) -> Floats:
    """Gives a KPI of the edge, [T]."""
    values: Floats = by_site(run, column)[:, 0]
    return values


def formula_costs(run: Run, unit_bps: float) -> Floats:
    """Costs by equation 3 of the load that was offered and the allocation in force, [T]."""
    gap = (by_site(run, "allocated") - by_site(run, "offered")) / unit_bps
    costs: Floats = np.where(gap > 0, OVER * gap, UNDER * gap**2).sum(axis=1)
    return costs


def facts(run: Run, unit_bps: float) -> dict[str, float]:
    """Means over the intervals of a run.

    Args:
        run: of `edge-ddnn`.
        unit_bps: rate of a normalised demand of 1 [bit/s].

    Returns:
        ``local_share``; ``cost`` of an interval from packets and ``cost_formula``; ``violations``
        (share of sites and intervals), ``under`` and ``over`` (in units of the normalised demand);
        ``t_ms`` (border to allocation in force), ``t_answered_ms`` (of offloads that were answered
        in time), ``rtt_ms`` (of what was answered), ``cloud_ms``
        (of offloads that were answered); ``message_bytes`` and ``wan_bytes`` of an interval;
        ``lost`` and ``late_answers`` of an interval. NaN where there was none.
    """
    unit_byte = unit_bps / 8 * float(run.context["interval_s"])
    under = by_site(run, "under_provisioned") / unit_byte
    offloaded, answered = by_slot(run, "offloaded") > 0, by_slot(run, "answered") > 0
    return {
        "local_share": float(1 - offloaded.mean()),
        "cost": float(by_site(run, "cost").sum(axis=1).mean()),
        "cost_formula": float(formula_costs(run, unit_bps).mean()),
        "violations": float((under > VIOLATION).mean()),
        "under": float(under.mean()),
        "over": float((by_site(run, "over_provisioned") / unit_byte).mean()),
        "t_ms": float(by_slot(run, "staleness").mean() * 1e3),
        "t_answered_ms": _mean_ms(by_slot(run, "staleness")[answered & offloaded]),
        "rtt_ms": _mean_ms(by_slot(run, "rtt")[answered]),
        "cloud_ms": _mean_ms(by_slot(run, "cloud_time")[answered & offloaded]),
        **{
            name: float(by_slot(run, name).mean())
            for name in ("message_bytes", "wan_bytes", "lost", "late_answers")
        },
    }


def asked_while_down(run: Run, begin: int, end: int, until_known: int = 3) -> int:
    """Counts offloads while the WAN is down, after the first ``until_known`` without an answer."""
    asked = int((by_slot(run, "offload_decided")[begin:end] > 0).sum())
    return max(asked - until_known, 0)


def _mean_ms(values_s: Floats) -> float:
    return float(values_s.mean() * 1e3) if values_s.size else float("nan")


@dataclass(frozen=True)
class Line:
    """T = at_zero + slope x local share [ms], by least squares."""

    at_zero: float
    slope: float

    def at(self, share: Floats | float) -> Floats | float:
        """Gives T at a local share."""
        return self.at_zero + self.slope * share

    def largest_error(self, share: Floats, t_ms: Floats) -> float:
        """Gives the largest distance of points from it, over T with all remote."""
        return float(np.abs(t_ms - self.at(share)).max() / self.at_zero)


def line_through(rows: pd.DataFrame) -> Line:
    """Fits T over the local share as it was: columns ``local_share`` and ``t_ms``."""
    slope, at_zero = np.polyfit(rows["local_share"], rows["t_ms"], 1)
    return Line(float(at_zero), float(slope))


def parts_ms(
    local_share: Floats | float, local_ms: float, rtt_ms: float, remote_ms: float
) -> Floats | float:
    """T of Table II from its parts: t_local + (1 - L) (RTT + t_remote) [ms].

    The time of the offloading block is in ``local_ms``, as every decision takes both.
    """
    return local_ms + (1 - local_share) * (rtt_ms + remote_ms)
