"""A paper's claims, held against stored runs: reproduced, partly, not, or cannot be tested.

    file = read_claims(Path("claims/idla.yaml"))
    for verdict in judge(file.claims, compare(read_store(results)), read_measures(results)):
        print(verdict.claim.id, verdict.verdict, verdict.reason)

The format is described in docs/report.md.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from analysis.claims_file import Claim, OfMeasure, OfRuns, Selection
from analysis.comparison import Comparison, Variant, settings_of
from analysis.errors import StoreReadError
from analysis.metric_table import METHOD, values_by_seed
from analysis.statistics import LEAST_PAIRS, Interval, bootstrap_mean

Verdict = Literal["reproduced", "partly", "not", "cannot be tested"]


@dataclass(frozen=True)
class Found:
    """What the store has on a claim.

    Attributes:
        interval: its value.
        seeds: that it is of; None for a measure, which has its interval from its study.
    """

    interval: Interval
    seeds: int | None


@dataclass(frozen=True)
class Judged:
    """A claim with its verdict.

    Attributes:
        claim: as the file has it.
        verdict: see ``judge``.
        reason: one sentence.
        found: None where nothing can be tested.
    """

    claim: Claim
    verdict: Verdict
    reason: str
    found: Found | None = None


class Untestable(ValueError):
    """The store has nothing that the claim could be held against; the text says why."""


def judge(
    claims: Sequence[Claim],
    comparisons: Sequence[Comparison],
    measures: Mapping[str, Mapping[str, Any]],
) -> list[Judged]:
    """Judges claims.

    A claim is reproduced if the 95 % interval of what was found lies within what the claim
    accepts (see ``Claim.accepted``); partly, if a part of it does, if the paper's sign holds but
    not its size, or if too few seeds were run for an interval; else it is not.

    Args:
        claims: of a file.
        comparisons: of the store's runs.
        measures: by name, as of ``read_measures``.
    """
    return [_judge(claim, comparisons, measures) for claim in claims]


def read_measures(results: Path) -> dict[str, dict[str, Any]]:
    """Reads the measures of ``bench`` and ``validate`` from the JSON files in a store.

    Returns:
        By name; where files have the same, that of the last in the order of their names.

    Raises:
        StoreReadError: a file cannot be read.
    """
    measures: dict[str, dict[str, Any]] = {}
    for path in sorted(results.glob("*.json")):
        try:
            document = json.loads(path.read_text())
        except (OSError, ValueError) as error:
            raise StoreReadError(f"{path}: {error}") from error
        listed = document.get("measures") if isinstance(document, dict) else None
        if isinstance(listed, list):
            measures.update({entry["name"]: entry for entry in listed})
    return measures


def _judge(
    claim: Claim, comparisons: Sequence[Comparison], measures: Mapping[str, Mapping[str, Any]]
) -> Judged:
    if claim.compare is None:
        return Judged(claim, "cannot be tested", str(claim.untestable))
    try:
        found = (
            _measured(claim.compare, measures)
            if isinstance(claim.compare, OfMeasure)
            else _of_runs(claim.compare, comparisons)
        )
    except Untestable as error:
        return Judged(claim, "cannot be tested", str(error))
    verdict, reason = _verdict(claim, found)
    return Judged(claim, verdict, reason, found)


def _verdict(claim: Claim, found: Found) -> tuple[Verdict, str]:
    accepted, interval = claim.accepted(), found.interval
    inside = accepted[0] <= interval.low and interval.high <= accepted[1]
    touches = interval.high >= accepted[0] and interval.low <= accepted[1]
    told = f"{_range(interval.low, interval.high)} against {_accepted(accepted)}"
    if found.seeds is not None and found.seeds < LEAST_PAIRS and touches:
        return "partly", f"{told}, of {found.seeds} seed(s): {LEAST_PAIRS} or more give an interval"
    if inside:
        return "reproduced", told
    if touches:
        return "partly", f"{told}: the interval is not within it"
    if _same_sign(claim, found):
        return "partly", f"{told}: the sign is the paper's, the size is not"
    return "not", told


def _same_sign(claim: Claim, found: Found) -> bool:
    """Whether a difference goes the paper's way, and its interval excludes 0."""
    difference = isinstance(claim.compare, OfRuns) and claim.compare.against is not None
    if not difference or (found.seeds or 0) < LEAST_PAIRS:
        return False
    low, high = found.interval.low, found.interval.high
    return (low > 0 and claim.paper_value > 0) or (high < 0 and claim.paper_value < 0)


def _range(low: float, high: float) -> str:
    return f"{low:.4g}" if low == high else f"{low:.4g} to {high:.4g}"


def _accepted(accepted: tuple[float, float]) -> str:
    low, high = accepted
    if math.isinf(high):
        return f"at least {low:.4g}"
    if math.isinf(low):
        return f"at most {high:.4g}"
    return _range(low, high)


def _measured(source: OfMeasure, measures: Mapping[str, Mapping[str, Any]]) -> Found:
    entry = measures.get(source.measure)
    if entry is None or entry.get("value") is None:
        raise Untestable(
            f"no measure {source.measure}: what the command that measures it prints with --json "
            "is not in a file of the store"
        )
    value = float(entry["value"])
    low, high = (entry.get(end) for end in ("low", "high"))
    return Found(
        Interval(value, value if low is None else low, value if high is None else high), None
    )


def _of_runs(source: OfRuns, comparisons: Sequence[Comparison]) -> Found:
    fit = [one for one in comparisons if _fits(one, source)]
    if not fit:
        raise Untestable(f"no run of {source.scenario} has such parameters")
    comparison, ours = _variant(source, fit)
    values = _with_value(ours, source.metric)
    if source.against is None:
        return Found(bootstrap_mean([*values.values()], METHOD), len(values))
    theirs = _with_value(_variant(source.against, [comparison])[1], source.metric)
    seeds = sorted(values.keys() & theirs.keys())
    if not seeds:
        raise Untestable(f"no seed was run with both {source} and {source.against}")
    changes = [_change(source, values[seed], theirs[seed]) for seed in seeds]
    return Found(bootstrap_mean(changes, METHOD), len(seeds))


def _change(source: OfRuns, value: float, reference: float) -> float:
    if source.change == "absolute":
        return value - reference
    if reference == 0:
        raise Untestable(f"{source.metric} of {source.against} is 0: nothing is relative to it")
    return (value - reference) / abs(reference)


def _with_value(variant: Variant, metric: str) -> dict[int, float]:
    values = {
        seed: value for seed, value in values_by_seed(variant, metric).items() if value is not None
    }
    if not values:
        raise Untestable(f"no run of {variant.label} has {metric}")
    return values


def _fits(comparison: Comparison, source: OfRuns) -> bool:
    run = comparison.first
    return run.scenario == source.scenario and _holds(source.parameters, run.config["parameters"])


def _variant(select: Selection, comparisons: Sequence[Comparison]) -> tuple[Comparison, Variant]:
    fit = [
        (comparison, variant)
        for comparison in comparisons
        for variant in comparison.variants
        if variant.runs[0].label == select.allocator
        and _holds(select.allocator_settings, variant.runs[0].config["allocator_settings"])
    ]
    if not fit:
        raise Untestable(f"there is no run with {select}")
    if len(fit) > 1:
        names = ", ".join(
            f"{comparison.name} {variant.label} {settings_of(variant.runs[0])}".strip()
            for comparison, variant in fit
        )
        raise Untestable(f"{select} fits runs that differ in more than their seeds: {names}")
    return fit[0]


def _holds(wanted: Mapping[str, Any], there: Mapping[str, Any]) -> bool:
    return all(key in there and there[key] == value for key, value in wanted.items())
