"""What commands print: tables for people, one JSON object for machines."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.table import Table

# No table of ours is cut where there is no terminal to ask: lines are as long as they are.
WIDTH_WITHOUT_TERMINAL = 100_000
IDS = ("run", "run_id")  # columns that are copied from, and never cut or folded


def print_json(value: Any) -> None:
    """Prints one JSON object on standard output."""
    print(json.dumps(value, indent=1))


def make_table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], numbers_from: int = 99
) -> Table:
    """Makes a table.

    Args:
        title: above it; may be empty.
        columns: headings.
        rows: cells as text.
        numbers_from: columns from this index on are numbers, aligned right.
    """
    from rich.box import SIMPLE
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title or None, title_justify="left", box=SIMPLE, title_style="bold")
    for i, column in enumerate(columns):
        table.add_column(
            column, justify="right" if i >= numbers_from else "left", no_wrap=column in IDS
        )
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return table


def print_tables(*tables: Table) -> None:
    """Prints tables on standard output."""
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else WIDTH_WITHOUT_TERMINAL)
    for table in tables:
        console.print(table)
