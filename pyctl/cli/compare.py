"""``slicebed compare``: a metric by allocator, with differences on the same seeds."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from analysis.metric_table import MetricTable, Row

COLUMNS = (
    "allocator",
    "seeds",
    "mean",
    "95 % interval",
    "difference",
    "95 % interval",
    "ordering",
    "d",
    "delta",
)


def compare(
    results: Annotated[Path, typer.Argument(help="A store of runs.")],
    metric: Annotated[
        str, typer.Option(help="Name in summary.json: `reward_mean`, `per_slice.1.r_mean`.")
    ],
    reference: Annotated[str, typer.Option(help="Allocator that others are compared with.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Compare allocators by a metric, on the same scenario, parameters, data and seeds."""
    from analysis.comparison import describe
    from pyctl.cli.output import print_json, print_tables

    found = _compare(results, metric, reference)
    if as_json:
        print_json(
            {
                "tables": [
                    {
                        **_entry(table),
                        "apart": found.apart[table.name],
                        "conditions": found.conditions[table.name],
                    }
                    for table in found.tables
                ],
                "left_out": found.left_out,
            }
        )
        return
    for table in found.tables:
        if apart := describe(found.apart[table.name]):
            print(f"{table.name}: {apart}")
        print_tables(_printed(table))
        for line in _remarks(table):
            print(line)
    for name in found.left_out:
        told = ": ".join(filter(None, (name, describe(found.apart[name]))))
        print(f"left out: {told} (no {metric}, or no run with {reference})")


@dataclass(frozen=True)
class _Found:
    """Tables, and by a comparison's name what its runs have in common and what tells it apart."""

    tables: list[MetricTable]
    left_out: list[str]
    conditions: dict[str, dict[str, Any]]
    apart: dict[str, dict[str, Any]]


def _compare(results: Path, metric: str, reference: str) -> _Found:
    from analysis.comparison import compare as group
    from analysis.comparison import told_apart
    from analysis.errors import NoSuchName, StoreReadError
    from analysis.metric_table import metric_tables
    from analysis.store_reader import read_store
    from pyctl.errors import UnknownName, UsageError

    try:
        comparisons = group(read_store(results))
        tables, left_out = metric_tables(comparisons, metric, reference)
    except StoreReadError as error:
        raise UsageError(str(error)) from error
    except NoSuchName as error:
        raise UnknownName(error.kind, error.name, error.known) from error
    conditions = {one.name: one.conditions for one in comparisons}
    return _Found(tables, left_out, conditions, told_apart(comparisons))


def _printed(table: MetricTable) -> Table:
    from pyctl.cli.output import make_table

    title = f"{table.name}: {table.metric}, against {table.reference} on the same seeds"
    return make_table(title, COLUMNS, map(_cells, table.rows), numbers_from=1)


def _cells(row: Row) -> tuple[str, ...]:
    from analysis.words import interval, number, ordering

    count = len(row.seeds)
    mean = ("-", "-") if row.mean is None else (number(row.mean.mean), interval(row.mean, count))
    if row.difference is None:
        return (row.label, str(count), *mean, *("-" * 5))
    difference = row.difference
    return (
        row.label,
        str(count),
        *mean,
        number(difference.interval.mean),
        interval(difference.interval, count),
        ordering(difference),
        number(difference.cohens_d, 2),
        number(difference.cliffs_delta, 2),
    )


def _remarks(table: MetricTable) -> list[str]:
    from analysis.words import left_out, needed

    return [
        f"{row.label}: {remark}"
        for row in table.rows
        for remark in (needed(row.difference), left_out(row))
        if remark
    ]


def _entry(table: MetricTable) -> dict[str, Any]:
    entry = asdict(table)
    for told, row in zip(entry["rows"], table.rows, strict=True):
        if row.difference is not None:
            told["difference"]["ordering"] = row.difference.ordering
    return entry
