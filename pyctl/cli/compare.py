"""``slicebed compare``: a metric by allocator, with differences on the same seeds."""

from __future__ import annotations

from dataclasses import asdict
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
    """Compare allocators by a metric, on the same scenario, parameters and seeds."""
    from pyctl.cli.output import print_json, print_tables

    tables, left_out = _tables(results, metric, reference)
    if as_json:
        print_json({"tables": [_entry(table) for table in tables], "left_out": left_out})
        return
    for table in tables:
        print_tables(_printed(table))
        for line in _remarks(table):
            print(line)
    for name in left_out:
        print(f"left out: {name} (no {metric}, or no run with {reference})")


def _tables(results: Path, metric: str, reference: str) -> tuple[list[MetricTable], list[str]]:
    from analysis.comparison import compare as group
    from analysis.errors import NoSuchName, StoreReadError
    from analysis.metric_table import metric_tables
    from analysis.store_reader import read_store
    from pyctl.errors import UnknownName, UsageError

    try:
        return metric_tables(group(read_store(results)), metric, reference)
    except StoreReadError as error:
        raise UsageError(str(error)) from error
    except NoSuchName as error:
        raise UnknownName(error.kind, error.name, error.known) from error


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
