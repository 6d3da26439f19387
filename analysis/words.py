"""How tables and reports write intervals, orderings and what was left out."""

from __future__ import annotations

from analysis.metric_table import Row
from analysis.statistics import LEAST_PAIRS, Difference, Interval


def number(value: float | None, digits: int = 4) -> str:
    """Writes a number with so many significant digits; a dash for none."""
    return "-" if value is None else f"{value:.{digits}g}"


def interval(of: Interval, values: int) -> str:
    """Writes the ends of the interval of so many values; a dash for that of a single one."""
    return f"{number(of.low)} to {number(of.high)}" if values > 1 else "-"


def ordering(difference: Difference) -> str:
    """Says what may be claimed of a difference."""
    if difference.pairs < LEAST_PAIRS:
        return "too few seeds"
    return difference.ordering or "no difference found"


def needed(difference: Difference | None) -> str:
    """Says how many seeds might tell a difference of the size that was found from none."""
    if difference is None or difference.ordering or difference.pairs_needed is None:
        return ""
    if difference.pairs_needed <= difference.pairs:
        return ""
    return f"to tell this difference from none would take about {difference.pairs_needed} seeds"


def left_out(row: Row) -> str:
    """Names the seeds that do not count."""
    reasons: dict[str, list[str]] = {}
    for seed, reason in row.left_out.items():
        reasons.setdefault(reason, []).append(str(seed))
    told = [f"{', '.join(seeds)} ({reason})" for reason, seeds in reasons.items()]
    return f"seeds left out: {'; '.join(told)}" if told else ""
