"""Prints measures: a table for people, one JSON object for machines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import typer

from pyctl.measures import Measure, missed, rows


def report(
    measures: Sequence[Measure],
    *,
    title: str,
    command: str,
    extra: Mapping[str, Any],
    as_json: bool,
    strict: bool,
) -> None:
    """Reports a study's measures.

    Args:
        measures: to report.
        title: of the table.
        command: that repeats the study.
        extra: more for the JSON object.
        as_json: print one JSON object.
        strict: end with exit status 1 if a bound is missed.
    """
    from pyctl.campaign.provenance import provenance
    from pyctl.cli.output import make_table, print_json, print_tables
    from pyctl.launch.scenarios import describe

    if as_json:
        print_json(
            {
                "measures": [measure.to_json() for measure in measures],
                **extra,
                "provenance": provenance(describe("cells").raw, command),
            }
        )
    else:
        columns = ("measure", "value", "range", "bound", "holds")
        print_tables(make_table(title, columns, rows(measures), numbers_from=1))
        for path in extra.get("files", ()):
            print(path)
    if strict and missed(measures):
        raise typer.Exit(1)
