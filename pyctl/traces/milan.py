"""Loader of the Telecom Italia Milan format: original tab-separated rows, and Parquet.

Original rows have no header and eight columns: square, start of the interval [ms since 1970],
country code, SMS in, SMS out, calls in, calls out, Internet; an empty field means no activity. A
square's Internet activity in an interval is the sum over the country codes. The Parquet form has
that sum in long form: ``square_id``, ``time_interval``, ``internet``. Of either form there may be
one file, or a folder of files (days); they are read one after the other, and of a folder of any
size no more is kept than is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pyctl.errors import UsageError
from pyctl.traces.activity import Activity
from pyctl.traces.milan_file import INTERVAL_MS, Summary, read, summarise

if TYPE_CHECKING:
    import pandas as pd

TIME_ZONE = "Europe/Rome"


def activity(path: Path) -> Activity:
    """Reads a file or folder, all of it once.

    Candidates are the squares without gaps, those with the least peak-to-mean ratio first.

    Raises:
        UsageError: it cannot be read or is damaged.
    """
    summary = summarise_all(path)
    squares = summary.squares
    whole = squares[(squares["samples"] == len(summary.intervals)) & (squares["most"] > 0)]
    ratio = whole["most"] / (whole["total"] / whole["samples"])
    return Activity(
        ids=tuple(int(square) for square in squares.index),
        series=lambda chosen: load(path, chosen),
        step=INTERVAL_MS,
        sample_s=INTERVAL_MS / 1000,
        noun="square",
        what="Milan Internet activity",
        candidates=tuple(int(square) for square in ratio.sort_values(kind="stable").index),
        fit="have a row in every interval",
    )


def load(path: Path, squares: Sequence[int] | None = None) -> pd.DataFrame:
    """Reads a file or a folder.

    Args:
        path: of it.
        squares: the only ones to read; None: all.

    Returns:
        Activity by interval (rows, start in ms since 1970, ascending) and square (columns,
        ascending); NaN where a square has no row for an interval.

    Raises:
        UsageError: a file cannot be read or is damaged.
    """
    import pandas as pd

    rows = pd.concat([read(file, squares) for file in files_of(path)])
    wide = rows.pivot(index="time_interval", columns="square_id", values="internet")
    return wide.sort_index(axis=0).sort_index(axis=1)


def summarise_all(path: Path) -> Summary:
    """Reads a file or all files of a folder and says what is in them.

    Raises:
        UsageError: a file cannot be read or is damaged, or two have the same interval.
    """
    return combine((file, summarise(file)) for file in files_of(path))


def combine(parts: Iterable[tuple[Path, Summary]]) -> Summary:
    """Makes one summary of those of several files.

    Raises:
        UsageError: two files have the same interval.
    """
    import pandas as pd

    source: dict[int, Path] = {}
    squares = []
    for file, summary in parts:
        for interval in summary.intervals.tolist():
            if interval in source:
                raise UsageError(
                    f"trace {file}: interval {interval} is in {source[interval].name} too; "
                    "all rows of an interval in one file are required"
                )
            source[interval] = file
        squares.append(summary.squares)
    together = pd.concat(squares).groupby(level=0)
    return Summary(
        intervals=np.array(sorted(source), dtype=np.int64),
        squares=together.agg({"samples": "sum", "total": "sum", "most": "max"}),
    )


def files_of(path: Path) -> list[Path]:
    """Lists a folder's files by name, or the one file.

    Raises:
        UsageError: there is none.
    """
    if path.is_dir():
        files = sorted(entry for entry in path.iterdir() if entry.is_file())
        if not files:
            raise UsageError(f"trace {path}: the folder is empty")
        return files
    if not path.is_file():
        raise UsageError(f"trace {path}: there is no such file or folder")
    return [path]
