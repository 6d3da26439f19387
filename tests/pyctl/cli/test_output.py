"""Tables: on a narrow terminal, and where there is none."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rich.console import Console

from pyctl.cli.output import make_table, print_tables

if TYPE_CHECKING:
    import pytest

RUN = "0123456789ab"
NAMES = [f"a_long_parameter_{i}" for i in range(12)]
ROW = (RUN, *(f"a value of {name}" for name in NAMES))


def test_ids_of_runs_are_whole_on_a_terminal_however_many_columns_there_are() -> None:
    stream = io.StringIO()
    Console(file=stream, width=140).print(make_table("", ("run", *NAMES), [ROW]))
    lines = stream.getvalue().splitlines()
    assert max(map(len, lines)) <= 140
    assert any(RUN in line for line in lines)


def test_rows_are_lines_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    print_tables(make_table("", ("run", *NAMES), [ROW]))
    (line,) = [line for line in capsys.readouterr().out.splitlines() if RUN in line]
    assert line.rstrip().endswith(ROW[-1])
