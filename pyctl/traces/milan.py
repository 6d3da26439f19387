"""Loader of the Telecom Italia Milan format: original tab-separated rows, and Parquet.

Original rows have no header and eight columns: square, start of the interval [ms since 1970],
country code, SMS in, SMS out, calls in, calls out, Internet; an empty field means no activity. A
square's Internet activity in an interval is the sum over the country codes. The Parquet form has
that sum in long form: ``square_id``, ``time_interval``, ``internet``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pyctl.errors import UsageError
from pyctl.traces.activity import Activity
from pyctl.traces.parquet import is_parquet

if TYPE_CHECKING:
    import pandas as pd

INTERVAL_MS = 600_000
TIME_ZONE = "Europe/Rome"
SQUARES = 10_000
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


def activity(path: Path) -> Activity:
    """Reads a file or folder as ``load`` does.

    Candidates are the squares without gaps, those with the least peak-to-mean ratio first.

    Raises:
        UsageError: it cannot be read or is damaged.
    """
    wide = load(path)
    whole = wide[[square for square in wide.columns if wide[square].notna().all()]]
    whole = whole[[square for square in whole.columns if whole[square].max() > 0]]
    ratio = (whole.max() / whole.mean()).sort_values(kind="stable")
    return Activity(
        wide=wide,
        step=INTERVAL_MS,
        sample_s=INTERVAL_MS / 1000,
        noun="square",
        what="Milan Internet activity",
        candidates=tuple(int(square) for square in ratio.index),
        fit="have a row in every interval",
    )


def load(path: Path) -> pd.DataFrame:
    """Reads a file of either form, or a folder of files of original rows.

    Returns:
        Activity by interval (rows, start in ms since 1970, ascending) and square (columns,
        ascending); NaN where a square has no row for an interval.

    Raises:
        UsageError: the file cannot be read or is damaged.
    """
    if path.is_dir():
        files = sorted(entry for entry in path.iterdir() if entry.is_file())
        if not files:
            raise UsageError(f"trace {path}: the folder is empty")
        return _from_rows(files)
    if not path.is_file():
        raise UsageError(f"trace {path}: there is no such file or folder")
    return _from_parquet(path) if is_parquet(path) else _from_rows([path])


def _from_rows(files: list[Path]) -> pd.DataFrame:
    import pandas as pd

    sums: dict[int, dict[int, float]] = {}
    for file in files:
        for square, interval, internet in _rows(file):
            own = sums.setdefault(square, {})
            own[interval] = own.get(interval, 0.0) + internet
    return pd.DataFrame(sums).sort_index(axis=0).sort_index(axis=1)


def _rows(path: Path) -> Iterator[tuple[int, int, float]]:
    """Yields square, interval and Internet activity of each row of a file."""
    empty = True
    try:
        with path.open(encoding="ascii") as file:
            for number, line in enumerate(file, start=1):
                empty = False
                yield _row(line.rstrip("\r\n").split("\t"), f"trace {path}, line {number}")
    except UnicodeDecodeError as error:
        raise UsageError(
            f"trace {path}: byte {error.start} is no text; tab-separated rows or Parquet is right"
        ) from error
    except OSError as error:
        raise UsageError(f"trace {path}: {error.strerror}") from error
    if empty:
        raise UsageError(f"trace {path}: the file is empty")


def _row(fields: list[str], where: str) -> tuple[int, int, float]:
    # Trailing empty fields are left out by some writers.
    if not 3 <= len(fields) <= len(COLUMNS):
        raise UsageError(
            f"{where}: {len(fields)} columns; {len(COLUMNS)}, tab-separated, are right"
        )
    square = _whole(fields, 0, where)
    interval = _whole(fields, 1, where)
    _require_square(square, where)
    _require_interval(interval, where)
    text = fields[7] if len(fields) == len(COLUMNS) else ""
    if text == "":
        return square, interval, 0.0
    try:
        internet = float(text)
    except ValueError:
        internet = math.nan
    if not (math.isfinite(internet) and internet >= 0):
        raise UsageError(f"{where}: internet is '{text}'; a number of at least 0, or nothing")
    return square, interval, internet


def _whole(fields: list[str], column: int, where: str) -> int:
    try:
        return int(fields[column])
    except ValueError:
        raise UsageError(
            f"{where}: {COLUMNS[column]} is '{fields[column]}'; a whole number is required"
        ) from None


def _require_square(square: int, where: str) -> None:
    if not 1 <= square <= SQUARES:
        raise UsageError(f"{where}: square_id is {square}; 1 to {SQUARES} is right")


def _require_interval(interval: int, where: str) -> None:
    if interval % INTERVAL_MS != 0:
        raise UsageError(
            f"{where}: time_interval is {interval}; the start of a 10-minute interval in ms, "
            f"a multiple of {INTERVAL_MS}, is required"
        )


def _from_parquet(path: Path) -> pd.DataFrame:
    import pandas as pd

    try:
        rows = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise UsageError(f"trace {path}: damaged Parquet file: {error}") from error
    missing = [name for name in PARQUET_COLUMNS if name not in rows.columns]
    if missing:
        raise UsageError(
            f"trace {path}: column {missing[0]} is missing; {', '.join(PARQUET_COLUMNS)} are right"
        )
    _require_parquet_values(rows, path)
    wide = rows.pivot(index="time_interval", columns="square_id", values="internet")
    return wide.sort_index(axis=0).sort_index(axis=1)


def _require_parquet_values(rows: pd.DataFrame, path: Path) -> None:
    import numpy as np

    internet = rows["internet"].to_numpy(dtype=float)
    wrong = np.flatnonzero(~(np.isfinite(internet) & (internet >= 0)))
    if wrong.size:
        row = int(wrong[0])
        raise UsageError(
            f"trace {path}, row {row}: internet is {internet[row]}; a number of at least 0"
        )
    doubles = np.flatnonzero(rows.duplicated(["square_id", "time_interval"]).to_numpy())
    if doubles.size:
        row = int(doubles[0])
        raise UsageError(
            f"trace {path}, row {row}: square {rows['square_id'].iloc[row]} has interval "
            f"{rows['time_interval'].iloc[row]} twice; once is right"
        )
    for row, (square, interval) in enumerate(
        zip(rows["square_id"], rows["time_interval"], strict=True)
    ):
        _require_square(int(square), f"trace {path}, row {row}")
        _require_interval(int(interval), f"trace {path}, row {row}")
