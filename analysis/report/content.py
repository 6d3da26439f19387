"""What a report shows, as plain values for its template."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.claims import Judged, judge, read_measures
from analysis.claims_file import ClaimsFile
from analysis.comparison import (
    Comparison,
    compare,
    describe,
    flat,
    settings_of,
    text_of,
    told_apart,
)
from analysis.errors import StoreReadError
from analysis.metric_table import HEADLINES, MetricTable, metric_names, metric_table
from analysis.report.pictures import Picture, Pictures, picture_of_sweep, pictures_of
from analysis.store_reader import Run, Store, Unfinished, scan_store
from analysis.sweep import sweeps_of

USUAL_REFERENCE = "equal"
RUN_COLUMNS = (*HEADLINES, "steps", "sim_s", "wall_s")
ELEMENTS = ("per_slice.", "per_node.", "per_site.")
# The file stays small, and is there soon, however many runs there are.
DETAILED_GROUPS = 12
LARGE_STORE = 1000  # runs, from which on there are details of fewer groups
DETAILED_GROUPS_OF_LARGE = 3
LONGEST_TEXT = 4000  # characters of an error's text or log


@dataclass(frozen=True)
class Group:
    """Runs of a scenario with the same parameters and data.

    Attributes:
        name: of the comparison.
        scenario: its name.
        apart: parameters and data that tell it from the scenario's other groups; may be empty.
        variants: label, settings and seeds of each allocator.
        parameters: name and value; digests of data too.
        tables: headline metrics by allocator.
        element_tables: metrics by slice or node; empty without details.
        pictures: the figures.
    """

    name: str
    scenario: str
    apart: str
    variants: list[tuple[str, str, str]]
    parameters: list[tuple[str, str]]
    tables: list[MetricTable]
    element_tables: list[MetricTable]
    pictures: Pictures


@dataclass(frozen=True)
class Curves:
    """Headline metrics over a parameter.

    Attributes:
        name: of the sweep.
        apart: what tells it from the others over the same parameter; may be empty.
        picture: the figure; None without details.
    """

    name: str
    apart: str
    picture: Picture | None


@dataclass(frozen=True)
class RunRow:
    """A run in the table of all runs: a cell is what is shown and what it is sorted by."""

    run: str
    group: str
    allocator: str
    settings: str
    seed: int
    numbers: list[float | None]
    command: str
    origin: int


@dataclass(frozen=True)
class Failure:
    """A run without results.

    Attributes:
        run: its folder's name.
        state: as of ``Unfinished``.
        what: scenario, allocator and seed.
        reason: the error's text.
        tail: the last lines of the simulation.
        command: that repeats it; may be empty.
        config: as JSON.
    """

    run: str
    state: str
    what: str
    reason: str
    tail: str
    command: str
    config: str


@dataclass(frozen=True)
class Content:
    """All that a report shows.

    Attributes:
        title: the store's name.
        counts: of runs by state.
        groups: by scenario and parameters.
        sweeps: of groups that differ in one number.
        paper: of the claims; None without a file of claims.
        claims: judged.
        columns: of the table of runs that hold numbers.
        runs: its rows.
        failures: runs without results.
        origins: provenance but for the command, as name and value; runs refer to it by index.
    """

    title: str
    counts: dict[str, int]
    groups: list[Group]
    sweeps: list[Curves]
    paper: str | None
    claims: list[Judged]
    columns: list[str]
    runs: list[RunRow]
    failures: list[Failure]
    origins: list[list[tuple[str, str]]]


def collect(results: Path, claims: ClaimsFile | None) -> Content:
    """Reads a store, compares, judges and draws.

    Raises:
        StoreReadError: there is no run, a file of measures is damaged, or two runs of the same
            configuration did not measure the same.
    """
    store = scan_store(results)
    comparisons = compare(store.runs)
    judged = judge(claims.claims, comparisons, read_measures(results)) if claims else []
    rows, columns, origins = _runs(comparisons)
    apart = told_apart(comparisons)
    detailed = DETAILED_GROUPS if len(store.runs) < LARGE_STORE else DETAILED_GROUPS_OF_LARGE
    return Content(
        title=results.resolve().name,
        counts=_counts(store),
        groups=[
            _group(one, describe(apart[one.name]), i < detailed)
            for i, one in enumerate(comparisons)
        ],
        sweeps=[
            Curves(one.name, one.apart, picture_of_sweep(one) if i < detailed else None)
            for i, one in enumerate(sweeps_of(comparisons))
        ],
        paper=claims.paper if claims else None,
        claims=judged,
        columns=columns,
        runs=rows,
        failures=[_failure(run) for run in store.unfinished],
        origins=[_texts(flat(origin)) for origin in origins],
    )


def reference_of(comparison: Comparison) -> str:
    """Chooses the allocator that others are compared with: equal shares, or else the first."""
    labels = [variant.label for variant in comparison.variants]
    return USUAL_REFERENCE if USUAL_REFERENCE in labels else labels[0]


def _counts(store: Store) -> dict[str, int]:
    counts = {"ok": len(store.runs)}
    for run in store.unfinished:
        counts[run.state] = counts.get(run.state, 0) + 1
    return counts


def _group(comparison: Comparison, apart: str, detailed: bool) -> Group:
    names = metric_names(comparison)
    reference = reference_of(comparison)
    headlines = [name for name in HEADLINES if name in names]
    elements = [name for name in names if name.startswith(ELEMENTS)] if detailed else []
    return Group(
        comparison.name,
        comparison.first.scenario,
        apart,
        [
            (
                variant.label,
                settings_of(variant.runs[0]),
                ", ".join(str(run.seed) for run in variant.runs),
            )
            for variant in comparison.variants
        ],
        _texts(comparison.conditions),
        [metric_table(comparison, name, reference) for name in headlines],
        [
            metric_table(comparison, name, reference)
            for name in elements
            if _varies(comparison, name)
        ],
        pictures_of(comparison, detailed),
    )


def _varies(comparison: Comparison, name: str) -> bool:
    """Whether a metric is measured: targets are the same in all runs."""
    return len({run.metrics.get(name) for run in comparison.runs}) > 1


def _runs(
    comparisons: Sequence[Comparison],
) -> tuple[list[RunRow], list[str], list[dict[str, Any]]]:
    members = [
        (one.name, variant.label, run)
        for one in comparisons
        for variant in one.variants
        for run in variant.runs
    ]
    numbers = [run.metrics for _, _, run in members]
    columns = [name for name in RUN_COLUMNS if any(name in own for own in numbers)]
    origins: dict[str, int] = {}  # those of hundreds of runs are mostly one
    rows = []
    for (group, label, run), own in zip(members, numbers, strict=True):
        command, origin = _provenance(run)
        key = json.dumps(origin, sort_keys=True)
        rows.append(
            RunRow(
                run.folder.name,
                group,
                label,
                settings_of(run),
                run.seed,
                [own.get(name) for name in columns],
                command,
                origins.setdefault(key, len(origins)),
            )
        )
    return rows, columns, [json.loads(key) for key in origins]


def _provenance(run: Run) -> tuple[str, dict[str, Any]]:
    try:
        origin = dict(run.provenance)
    except StoreReadError as error:
        origin = {"unreadable": str(error)}
    return str(origin.pop("command", "")), origin


def _failure(run: Unfinished) -> Failure:
    config, error = run.config, run.error
    told = [str(config[key]) for key in ("scenario", "allocator") if key in config]
    if "seed" in config:
        told.append(f"seed {config['seed']}")
    return Failure(
        run.folder.name,
        run.state,
        " ".join(told) or "unknown",
        _reason(run),
        _cut(str(error.get("stderr_tail") or run.log_tail)),
        str(error.get("command", "")),
        json.dumps(config, indent=1) if config else "",
    )


def _reason(run: Unfinished) -> str:
    if run.state == "not over":
        return "it is under way, or its process was killed"
    error = run.error
    text = _cut(str(error.get("error", "error.json does not say why")))
    status = error.get("exit_status")
    details = [
        *([str(error["kind"])] if error.get("kind") else []),
        *([f"exit status {status}"] if status is not None else []),
        *([f"after {error['steps_done']} intervals"] if "steps_done" in error else []),
    ]
    return f"{text} ({', '.join(details)})" if details else text


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else f"[...]{text[-LONGEST_TEXT:]}"


def _texts(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(name, text_of(value)) for name, value in values.items()]
