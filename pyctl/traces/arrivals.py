"""Requests to replay: a log's pattern of arrivals and work, at a scenario's rate and mean work."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pyctl.errors import UsageError
from pyctl.traces import genai
from pyctl.traces.masks import digest


@dataclass(frozen=True, eq=False)
class Arrivals:
    """Requests of a run, in the order of time.

    Attributes:
        times_s: when they come, from the run's beginning [s].
        edges: to which edge.
        cycles: of work.
        compression: seconds of the log in a second of the run.
        source: path of the data.
        sha256: digest of the data.
        description: what was done to it, in one sentence.
    """

    times_s: npt.NDArray[np.float64]
    edges: npt.NDArray[np.int64]
    cycles: npt.NDArray[np.int64]
    compression: float
    source: str
    sha256: str
    description: str


def load_arrivals(
    path: Path,
    *,
    edges: int,
    rate_hz: float,
    cycles_mean: float,
    steps: int,
    interval_s: float,
) -> Arrivals:
    """Makes a run's requests of a log, from its first on.

    Time is compressed so that all requests of the log come at ``rate_hz`` on average, and work is
    scaled so that theirs is ``cycles_mean`` on average; bursts, lulls and the proportions of works
    stay. Who asks (``groupId``) asks at one edge, dealt out in the order of appearance.

    Args:
        path: file in the GenAI format.
        edges: how many there are.
        rate_hz: mean rate over the log, all edges [1/s].
        cycles_mean: mean work over the log.
        steps: intervals of the run.
        interval_s: length of each [s].

    Raises:
        UsageError: the data is damaged, or ends before the run's last interval begins.
    """
    log = genai.load(path)
    span_s, work_s = float(log["time_s"].iloc[-1]), float(log["exec_s"].mean())
    if span_s <= 0 or work_s <= 0:
        raise UsageError(
            f"trace {path}: {len(log)} requests in {span_s:g} s of {work_s:g} s each; "
            "more than 0 s are required"
        )
    if rate_hz <= 0:
        raise UsageError(f"trace {path}: rate_hz is {rate_hz:g}; more than 0 is required")
    compression = span_s * rate_hz / len(log)
    times_s = log["time_s"].to_numpy() / compression
    if times_s[-1] < (steps - 1) * interval_s:
        raise UsageError(
            f"trace {path}: {len(log)} requests end after {times_s[-1]:.4g} s at {rate_hz:g}/s; "
            f"steps={steps} of {interval_s:g} s go on beyond: fewer steps or a lower rate is right"
        )
    within = times_s < steps * interval_s
    cycles = np.maximum(np.rint(log["exec_s"].to_numpy() * (cycles_mean / work_s)), 1)
    return Arrivals(
        times_s=times_s[within],
        edges=(log["group"].to_numpy() % edges)[within],
        cycles=cycles.astype(np.int64)[within],
        compression=compression,
        source=str(path),
        sha256=digest(path),
        description=f"{int(within.sum())} of {len(log)} requests of Alibaba's GenAI log; time "
        f"compressed {compression:.6g} times ({rate_hz:g}/s on average), work scaled from "
        f"{work_s:.4g} s to {cycles_mean:g} cycles on average, groups dealt out to edges",
    )


def arrivals_csv(arrivals: Arrivals) -> str:
    """Writes requests in the form that the scenario reads."""
    lines = ["time_s,edge,cycles"]
    columns = (arrivals.times_s.tolist(), arrivals.edges.tolist(), arrivals.cycles.tolist())
    lines += [f"{time_s!r},{edge},{cycles}" for time_s, edge, cycles in zip(*columns, strict=True)]
    return "\n".join(lines) + "\n"
