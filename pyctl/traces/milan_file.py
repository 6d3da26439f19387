"""One file of the Milan format, original rows or Parquet, as DuckDB reads it: in a stream.

What DuckDB finds wrong is looked up again line by line, so that an error names its place.
"""

from __future__ import annotations

import contextlib
import math
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pyctl.errors import UsageError
from pyctl.traces.parquet import DIGEST, is_parquet

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

INTERVAL_MS = 600_000
BATCH_ROWS = 100_000
LONGEST_ROW = 4096  # bytes, far more than any has
SQUARES = 10_000
MEMORY = "256MB"  # what needs more goes to the disk meanwhile
COLUMNS = (
    "square_id",
    "time_interval",
    "country_code",
    "sms_in",
    "sms_out",
    "call_in",
    "call_out",
    "internet",
)
PARQUET_COLUMNS = ("square_id", "time_interval", "internet")

_WRONG = f"""square IS NULL OR square NOT BETWEEN 1 AND {SQUARES}
    OR interval IS NULL OR interval % {INTERVAL_MS} <> 0
    OR activity IS NULL OR NOT isfinite(activity) OR activity < 0"""
_DIGITS = "'[0-9]+'"
# Some writers leave out trailing empty fields: missing ones read as null, as empty ones do. Only
# in a last row without its end they tell that the file was cut off (_require_end).
_ROWS = f"""SELECT square AS square_id, interval AS time_interval, sum(activity) AS internet,
        count_if({_WRONG}) AS wrong
    FROM (SELECT
            CASE WHEN regexp_full_match(square_id, {_DIGITS})
                THEN try_cast(square_id AS INTEGER) END AS square,
            CASE WHEN regexp_full_match(time_interval, {_DIGITS}) AND country_code IS NOT NULL
                THEN try_cast(time_interval AS BIGINT) END AS interval,
            CASE WHEN internet IS NULL THEN 0 ELSE try_cast(internet AS DOUBLE) END AS activity
        FROM read_csv(?, delim = '\t', header = false, quote = '', escape = '', nullstr = '',
            auto_detect = false, null_padding = true, parallel = false,
            columns = {{{", ".join(f"'{name}': 'VARCHAR'" for name in COLUMNS)}}}))
    GROUP BY ALL"""  # noqa: S608 - constants of this module
_PARQUET = f"""CREATE TEMP VIEW samples AS
    SELECT square AS square_id, interval AS time_interval, activity AS internet,
        {_WRONG} AS wrong, file_row_number
    FROM (SELECT CASE WHEN square_id = floor(square_id) THEN square_id::INTEGER END AS square,
            time_interval::BIGINT AS interval, internet::DOUBLE AS activity, file_row_number
        FROM file)"""  # noqa: S608 - constants of this module


@dataclass(frozen=True, eq=False)
class Summary:
    """What is in a file.

    Attributes:
        intervals: their starts [ms since 1970], ascending.
        squares: by square, ascending: ``samples`` (how many), ``total`` and ``most`` of activity.
    """

    intervals: npt.NDArray[np.int64]
    squares: pd.DataFrame


def summarise(path: Path) -> Summary:
    """Reads a file once and checks all of it.

    Raises:
        UsageError: it cannot be read or is damaged.
    """
    with _samples(path) as samples:
        return _summary(samples, path)


def read(path: Path, squares: Sequence[int] | None = None) -> pd.DataFrame:
    """Reads a file's samples.

    Args:
        path: of the file.
        squares: the only ones to read; None: all.

    Returns:
        ``square_id``, ``time_interval`` and ``internet`` by square and interval, ascending.

    Raises:
        UsageError: it cannot be read or is damaged.
    """
    wanted = "" if squares is None else "WHERE list_contains(?, square_id)"
    with _samples(path) as samples:
        return samples.execute(
            f"SELECT square_id, time_interval, internet FROM samples {wanted} ORDER BY ALL",  # noqa: S608 - no text of a user
            [] if squares is None else [list(squares)],
        ).df()


def write_parquet(path: Path, target: Path, sha256: str) -> Summary:
    """Writes a file's samples as Parquet, by square and interval, ascending.

    Args:
        path: to read.
        target: to write.
        sha256: of ``path``; kept in the Parquet file's metadata.

    Raises:
        UsageError: it cannot be read or is damaged.
        OSError: ``target`` cannot be written.
    """
    import pyarrow
    import pyarrow.parquet

    with _samples(path) as samples:
        summary = _summary(samples, path)
        rows = samples.sql("SELECT square_id, time_interval, internet FROM samples ORDER BY ALL")
        batches = rows.to_arrow_reader(BATCH_ROWS)
        schema = batches.schema.with_metadata({DIGEST: sha256})
        with pyarrow.parquet.ParquetWriter(target, schema, compression="zstd") as writer:
            for batch in batches:
                writer.write_batch(batch.replace_schema_metadata(schema.metadata))
    return summary


@contextlib.contextmanager
def _samples(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Gives a file as ``samples``, all of it checked: a row a square and interval."""
    import duckdb

    # One thread adds in the order of the rows: the same file gives the same sums.
    with (
        tempfile.TemporaryDirectory(prefix="slicebed-") as beyond,
        duckdb.connect(
            config={"threads": 1, "memory_limit": MEMORY, "temp_directory": beyond}
        ) as connection,
    ):
        connection.execute("SET enable_progress_bar = false")
        try:
            if is_parquet(path):
                _open_parquet(connection, path)
            else:
                _open_rows(connection, path)
        except duckdb.Error as error:
            if not is_parquet(path):
                _explain_rows(path)
            raise UsageError(
                f"trace {path}: damaged {'Parquet ' * is_parquet(path)}file: {_first_line(error)}"
            ) from error
        except OSError as error:
            raise UsageError(f"trace {path}: {error.strerror}") from error
        yield connection


def _open_rows(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    connection.execute(f"CREATE TEMP TABLE samples AS {_ROWS}", [str(path)])
    wrong = connection.execute("SELECT sum(wrong) FROM samples").fetchone()
    if wrong is None or wrong[0] is None:
        raise UsageError(f"trace {path}: the file is empty")
    if wrong[0]:
        _explain_rows(path)
        raise UsageError(f"trace {path}: {wrong[0]} rows are damaged")
    _require_end(path)


def _open_parquet(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    names = connection.execute("SELECT name FROM parquet_schema(?)", [str(path)]).fetchall()
    missing = [name for name in PARQUET_COLUMNS if (name,) not in names]
    if missing:
        raise UsageError(
            f"trace {path}: column {missing[0]} is missing; {', '.join(PARQUET_COLUMNS)} are right"
        )
    connection.read_parquet(str(path), file_row_number=True).create_view("file")
    connection.execute(_PARQUET)
    wrong = connection.execute(
        "SELECT file_row_number, square_id, time_interval, internet FROM samples "
        "WHERE wrong ORDER BY ALL LIMIT 1"
    ).fetchone()
    if wrong is not None:
        row, square, interval, internet = wrong
        where = f"trace {path}, row {row}"
        _require_square(square, where)
        _require_interval(interval, where)
        raise UsageError(f"{where}: internet is {internet}; a number of at least 0")


def _summary(samples: duckdb.DuckDBPyConnection, path: Path) -> Summary:
    squares = samples.execute(
        "SELECT square_id, count(*) AS samples, count(DISTINCT time_interval) AS intervals, "
        "sum(internet) AS total, max(internet) AS most FROM samples "
        "GROUP BY square_id ORDER BY square_id"
    ).df()
    if squares.empty:
        raise UsageError(f"trace {path}: the file is empty")
    if (squares["samples"] != squares["intervals"]).any():
        square, interval = samples.execute(
            "SELECT square_id, time_interval FROM samples GROUP BY ALL HAVING count(*) > 1 "
            "ORDER BY ALL LIMIT 1"
        ).fetchall()[0]
        raise UsageError(
            f"trace {path}: square {square} has interval {interval} twice; once is right"
        )
    intervals = samples.execute(
        "SELECT DISTINCT time_interval FROM samples ORDER BY 1"
    ).fetchnumpy()
    return Summary(
        intervals=np.asarray(intervals["time_interval"], dtype=np.int64),
        squares=squares.set_index("square_id")[["samples", "total", "most"]],
    )


def _explain_rows(path: Path) -> None:
    """Raises what is wrong with the first damaged row of a file, if one is."""
    try:
        with path.open(encoding="ascii") as file:
            for number, line in enumerate(file, start=1):
                _require_row(line.rstrip("\r\n").split("\t"), f"trace {path}, line {number}")
    except UnicodeDecodeError as error:
        raise UsageError(
            f"trace {path}: byte {error.start} is no text; tab-separated rows or Parquet is right"
        ) from error


def _require_end(path: Path) -> None:
    """Refuses a file that ends within a row: what is missing would read as no activity."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - LONGEST_ROW))
        last = file.read().rpartition(b"\n")[2]
    fields = last.count(b"\t") + 1
    if last and fields < len(COLUMNS):
        raise UsageError(
            f"trace {path}: the file is cut off: its last row has {fields} columns and no end of "
            f"line; {len(COLUMNS)} columns are right"
        )


def _require_row(fields: list[str], where: str) -> None:
    if not 3 <= len(fields) <= len(COLUMNS):
        raise UsageError(
            f"{where}: {len(fields)} columns; {len(COLUMNS)}, tab-separated, are right"
        )
    for column in range(3):
        if not fields[column].isdigit():
            raise UsageError(
                f"{where}: {COLUMNS[column]} is '{fields[column]}'; a whole number is required"
            )
    _require_square(int(fields[0]), where)
    _require_interval(int(fields[1]), where)
    text = fields[7] if len(fields) == len(COLUMNS) else ""
    try:
        internet = float(text or 0)
    except ValueError:
        internet = math.nan
    if not (math.isfinite(internet) and internet >= 0):
        raise UsageError(f"{where}: internet is '{text}'; a number of at least 0, or nothing")


def _require_square(square: int | None, where: str) -> None:
    if square is None or not 1 <= square <= SQUARES:
        raise UsageError(f"{where}: square_id is {square}; 1 to {SQUARES} is right")


def _require_interval(interval: int | None, where: str) -> None:
    if interval is None or interval % INTERVAL_MS != 0:
        raise UsageError(
            f"{where}: time_interval is {interval}; the start of a 10-minute interval in ms, "
            f"a multiple of {INTERVAL_MS}, is required"
        )


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
