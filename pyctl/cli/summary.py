"""The summary of a run as people read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pyctl.cli.output import make_table
from pyctl.cli.progress import duration

if TYPE_CHECKING:
    from rich.table import Table

# heading, key of the per-slice figures, factor to the heading's unit, decimals; a table has those
# that its scenario measures
COLUMNS = (
    ("r", "r_mean", 1.0, 3),
    ("P(r=1)", "p_r1", 1.0, 3),
    ("target Mbit/s", "target_bps", 1e-6, 1),
    ("peak Mbit/s", "peak_bps", 1e-6, 1),
    ("offered Mbit/s", "offered_mean", 1e-6, 2),
    ("delivered Mbit/s", "delivered_mean", 1e-6, 2),
    ("allocated Mbit/s", "allocated_mean", 1e-6, 2),
    ("dropped or late byte", "under_provisioned_mean", 1.0, 0),
    ("staleness ms", "staleness_mean", 1e3, 2),
    ("reserved", "reserved_mean", 1.0, 3),
    ("over-provisioned %", "unused_mean", 100.0, 1),
    ("admitted %", "admitted_mean", 100.0, 1),
    ("SLA violated %", "sla_violated_mean", 100.0, 1),
    ("MOS", "mos_mean", 1.0, 2),
    ("cost", "cost_mean", 1.0, 3),
    ("users", "users_mean", 1.0, 2),
    ("throughput/user Mbit/s", "thp_dl_mean", 1e-6, 3),
    ("degradation", "degradation_mean", 1.0, 3),
    ("rate Mbit/s", "rate_mean", 1.0, 2),
    ("used Mbit/s", "rate_used_mean", 1e-6, 2),
    ("CPU mc", "cpu_mean", 1.0, 0),
    ("used mc", "cpu_used_mean", 1.0, 0),
    ("stalled %", "stalled_mean", 100.0, 1),
    ("kind", "kind", 1.0, 0),
    ("offered", "offered_mean", 1.0, 1),
    ("share", "share_mean", 1.0, 3),
    ("processed/s", "processed_mean", 1.0, 1),
    ("latency ms", "latency_mean", 1e3, 1),
    ("latency p95 ms", "latency_p95_mean", 1e3, 1),
    ("utilisation", "utilisation_mean", 1.0, 3),
    ("power W", "power_mean", 1.0, 1),
    ("J/request", "energy_mean", 1.0, 2),
    ("delay ms", "delay_e2e_mean", 1e3, 1),
    ("delay p95 ms", "delay_e2e_p95", 1e3, 1),
    ("PRBs", "prb_used_dl_mean", 1.0, 1),
    ("loss %", "loss_mean", 100.0, 2),
)


def slice_table(title: str, summary: Mapping[str, Any]) -> Table:
    """Makes the table of figures per slice, per node or per site."""
    columns = (_element(summary), *headings(summary))
    return make_table(title, columns, cells_of(summary), numbers_from=1)


def headings(summary: Mapping[str, Any]) -> list[str]:
    """Names the figures that the run has."""
    return [heading for heading, *_ in _columns(summary)]


def cells_of(summary: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Writes the table's rows: the slice and its figures."""
    return [
        (
            name,
            *(
                _number(figures.get(key), scale, digits)
                for _, key, scale, digits in _columns(summary)
            ),
        )
        for name, figures in _rows(summary).items()
    ]


def _rows(summary: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    rows: Mapping[str, Mapping[str, Any]] = summary[f"per_{_element(summary)}"]
    return rows


def _element(summary: Mapping[str, Any]) -> str:
    """Names what the run's figures are given for."""
    return next((one for one in ("node", "site") if summary.get(f"per_{one}")), "slice")


def _columns(summary: Mapping[str, Any]) -> list[tuple[str, str, float, int]]:
    measured = {key for figures in _rows(summary).values() for key in figures}
    unwanted = _unwanted(bool(summary.get("per_node")), measured)
    return [column for column in COLUMNS if column[1] in measured and column[0] not in unwanted]


def _unwanted(by_node: bool, measured: set[str]) -> set[str]:
    """Names the headings that would show one figure twice, or in another scenario's unit."""
    if by_node:
        return {"offered Mbit/s"}  # these are requests
    return {"offered"} if "delivered_mean" in measured else {"offered", "offered Mbit/s"}


def totals_lines(summary: Mapping[str, Any]) -> list[str]:
    """Writes the figures of the run as a whole."""
    repairs = ", ".join(f"{count} {kind}" for kind, count in summary["repairs"].items() if count)
    lines = [
        f"{_merit(summary)}; repairs of decisions: {repairs or 'none'}",
        f"{summary['steps']} intervals, {summary['sim_s']:.1f} s simulated in "
        f"{duration(summary['wall_s'])}: "
        f"{summary['sim_seconds_per_second']:.2f} simulated seconds per second",
    ]
    if summary.get("latency"):
        lines.append(_latency(summary["latency"]))
    if summary["conservation"]:
        lines.append(_packets(summary["conservation"]))
    return lines


def _merit(summary: Mapping[str, Any]) -> str:
    """Writes how good the run was: by utility, or by reward in a scenario without it."""
    if summary.get("utility_mean") is None:
        return f"reward {_number(summary.get('reward_mean'), 1, 4)}"
    return (
        f"utility {_number(summary['utility_mean'], 1, 4)}, P(r=1) {_number(summary['p_r1'], 1, 3)}"
    )


def _latency(latency: Mapping[str, Any]) -> str:
    figures = ", ".join(f"{name} {_number(latency[name], 1e3, 1)}" for name in latency)
    return f"latency of all requests, ms: {figures}"


def _packets(conservation: Mapping[str, Any]) -> str:
    dropped = conservation.get("dropped", {})
    causes = ", ".join(f"{cause} {count}" for cause, count in dropped.items() if count)
    return (
        f"packets: {conservation['sent']} sent = {conservation['received']} received + "
        f"{sum(dropped.values())} dropped ({causes or 'none'}) + "
        f"{conservation['in_flight']} in flight"
    )


def _number(value: Any, factor: float, digits: int) -> str:
    if value is None or value != value:  # NaN is not itself
        return "-"
    if isinstance(value, str):
        return value
    return f"{value * factor:.{digits}f}"
