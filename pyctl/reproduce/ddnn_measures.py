"""Measures of paper 003 from packets, and its Table II."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from analysis.ddnn import line_through, parts_ms
from analysis.statistics import Interval, bootstrap_mean, paired_difference
from pyctl.measures import Measure

if TYPE_CHECKING:
    import pandas as pd

    from analysis.store_reader import Run

# Table II of the paper [ms]. Impossible by the paper's own formula: at 95 % the round trips alone
# are 2.12 ms.
PAPERS_T_MS: Mapping[float, float] = {
    0.0: 42.67,
    0.05: 40.40,
    0.2: 34.05,
    0.4: 25.43,
    0.5: 21.09,
    0.6: 16.78,
    0.8: 8.20,
    0.95: 1.75,
}
HALF = 0.5
PAIRS = (("expected", "ml"), ("gain", "ml"), ("adaptive", "expected"), ("oracle", "expected"))
HALF_PAIRS = (
    *(("ml", "confidence"), ("ml", "random"), ("confidence", "random")),
    *(("expected", "ml"), ("gain", "ml"), ("expected", "random")),
)


def table_two(rows: pd.DataFrame, local_ms: float, remote_ms: float) -> pd.DataFrame:
    """Makes Table II: T by local share, beside what its parts sum up to.

    Args:
        rows: of the runs of group ``share``.
        local_ms: of a local decision, as injected.
        remote_ms: of the remote part, likewise.

    Returns:
        ``local_share_asked``, the share as it was, ``t_ms`` with its 95 % interval over the seeds,
        ``parts_ms`` with the RTT that probes found where nothing was asked, and ``paper_ms``.
    """
    import pandas as pd

    rtt_ms = probed_ms(rows)
    table = []
    for share, group in rows.groupby("x"):
        local = float(group["local_share"].mean())
        t = bootstrap_mean(group["t_ms"].to_numpy())
        table.append(
            {
                "local_share_asked": share,
                "local_share": local,
                "t_ms": t.mean,
                "low": t.low,
                "high": t.high,
                "rtt_probed_ms": rtt_ms,
                "local_ms": local_ms,
                "remote_ms": remote_ms,
                "parts_ms": parts_ms(local, local_ms, rtt_ms, remote_ms),
                "paper_ms": PAPERS_T_MS.get(float(str(share)), float("nan")),
            }
        )
    return pd.DataFrame(table)


def probed_ms(rows: pd.DataFrame) -> float:
    """Gives the RTT of probes, of the runs in which all was local [ms]."""
    return float(rows[rows["x"] == 1]["rtt_ms"].mean())


def of_times(rows: pd.DataFrame, table: pd.DataFrame) -> list[Measure]:
    """Measures T over the local share, its parts, and the RTT of an empty WAN.

    Args:
        rows: of group ``share``.
        table: Table II.
    """
    lines = [line_through(own) for _, own in rows.groupby("seed")]
    errors = [
        line.largest_error(own["local_share"].to_numpy(), own["t_ms"].to_numpy())
        for line, (_, own) in zip(lines, rows.groupby("seed"), strict=True)
    ]
    savings = [1 - float(line.at(HALF)) / line.at_zero for line in lines]
    accounting = (table["t_ms"] / table["parts_ms"] - 1).abs().max()
    alone = rows[rows["x"] == 1]["rtt_ms"].to_numpy()
    return [
        _measure("t_linearity_error", bootstrap_mean(errors), "<= 0.05"),
        Measure("ddnn.t_accounting_error", float(accounting), "1", target="<= 0.02"),
        _measure("t_saved_at_half_local", bootstrap_mean(savings)),
        _measure("t_all_remote_ms", bootstrap_mean([line.at_zero for line in lines]), unit="ms"),
        _measure(
            "t_all_local_ms",
            bootstrap_mean(rows[rows["x"] == 1]["t_ms"].to_numpy()),
            ">= 0.000001",
            "ms",
        ),
        _measure("rtt_unloaded_ms", bootstrap_mean(alone), "<= 46.706", "ms"),
    ]


def of_loads(rows: pd.DataFrame, local_ms: float, remote_ms: float) -> list[Measure]:
    """Measures what a load of the WAN by others does.

    T of a run that always asks is held against the RTT that probes found in one that never does,
    over what was answered in time.

    Args:
        rows: of group ``load``.
        local_ms: of a local decision of always-remote, as injected.
        remote_ms: of the remote part, likewise.
    """
    most, least = rows["x"].max(), rows["x"].min()
    probes = rows[rows["policy"] == "always-local"].groupby("x")["rtt_ms"].mean()
    asked = rows[rows["policy"] == "always-remote"].groupby("x")["t_answered_ms"].mean()
    parts = probes.to_numpy() + (local_ms + remote_ms)
    shares = rows.pivot(index=["x", "seed"], columns="policy", values="local_share")
    return [
        Measure(
            "ddnn.t_accounting_error_loaded",
            float(np.abs(asked.to_numpy() / parts - 1).max()),
            "1",
            target="<= 0.02",
        ),
        _measure("rtt_loaded_ms", _at(rows, "always-local", most, "rtt_ms"), unit="ms"),
        _measure("t_loaded_ms", _at(rows, "always-remote", most, "t_ms"), unit="ms"),
        _measure("lost_loaded", _at(rows, "always-remote", most, "lost")),
        *(
            _measure(
                f"adaptive_minus_{policy}_local_share_loaded",
                paired_difference(
                    shares.loc[most]["adaptive"].to_numpy(), shares.loc[most][policy].to_numpy()
                ).interval,
            )
            for policy in ("expected", "ml")
        ),
        _measure(
            "adaptive_local_share_rise",
            paired_difference(
                shares.loc[most]["adaptive"].to_numpy(), shares.loc[least]["adaptive"].to_numpy()
            ).interval,
            ">= 0",
        ),
    ]


def of_costs(rows: pd.DataFrame, half: pd.DataFrame) -> list[Measure]:
    """Measures costs from packets, each policy at the local share that it has.

    Args:
        rows: of group ``cost``.
        half: of group ``half``.
    """
    ratios = np.mean([_ratio(rows), _ratio(half)], axis=0)
    return [
        *_costs(rows, PAIRS, "packet_cost"),
        *_costs(half, HALF_PAIRS, "packet_cost_half"),
        _measure("packet_over_formula_cost", bootstrap_mean(ratios - 1)),
    ]


def _ratio(rows: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Gives the cost from packets over that by formula of each seed, a mean over the policies."""
    ratio = rows["cost"] / rows["cost_formula"]
    return ratio.groupby(rows["seed"]).mean().to_numpy()


def _costs(rows: pd.DataFrame, pairs: Sequence[tuple[str, str]], name: str) -> Iterator[Measure]:
    costs = rows.pivot(index="seed", columns="policy", values="cost")
    shares = rows.pivot(index="seed", columns="policy", values="local_share")
    for policy in map(str, costs):
        yield _measure(f"{name}_{_word(policy)}", bootstrap_mean(costs[policy].to_numpy()))
        share = bootstrap_mean(shares[policy].to_numpy())
        yield _measure(f"{name}_{_word(policy)}_local_share", share)
    for one, other in pairs:
        difference = paired_difference(costs[one].to_numpy(), costs[other].to_numpy())
        yield _measure(f"{_word(one)}_minus_{_word(other)}_{name}", difference.interval)


def of_outage(offloads: Sequence[int]) -> list[Measure]:
    """Counts what was asked while the WAN was down, after the three losses that tell of it."""
    return [
        Measure("ddnn.asked_while_down", float(sum(offloads)), "1", target="<= 0"),
    ]


def of_repairs(runs: Sequence[Run]) -> Measure:
    """Counts the decisions that the scenario would have refused."""
    repairs = sum(sum(run.summary["repairs"].values()) for run in runs)
    return Measure("ddnn.guard_repairs", float(repairs), "1", target="<= 0")


def of_blocks(local_ms: float, remote_ms: float, training_s: Sequence[float]) -> list[Measure]:
    """Tells the stored times of the blocks, and the slowest training of a two-exit network."""
    return [
        Measure("ddnn.local_ms", local_ms, "ms", target="<= 1"),
        Measure("ddnn.remote_ms", remote_ms, "ms", target="<= 10"),
        Measure(
            "ddnn.training_s",
            float(np.mean(training_s)),
            "s",
            min(training_s),
            max(training_s),
            "<= 300",
        ),
    ]


def _at(rows: pd.DataFrame, policy: str, load: float, column: str) -> Interval:
    chosen = rows[(rows["policy"] == policy) & (rows["x"] == load)]
    return bootstrap_mean(chosen[column].to_numpy())


def _measure(name: str, interval: Interval, target: str | None = None, unit: str = "1") -> Measure:
    return Measure(f"ddnn.{name}", interval.mean, unit, interval.low, interval.high, target)


def _word(name: str) -> str:
    return name.replace("-", "_")
