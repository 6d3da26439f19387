"""Loader of Alibaba's log of image-generation requests (cluster-trace-v2026-GenAI).

Original: ``lora_request_trace.csv``, one row a request; here it or a Parquet file of its columns is
read. What is used: ``gmt_create``, when it came (a whole second), ``exec_time_seconds``, how long
it was served, and ``groupId``, who asked.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pyctl.errors import UsageError
from pyctl.traces.parquet import is_parquet

if TYPE_CHECKING:
    import pandas as pd

TIME, WORK, GROUP = "gmt_create", "exec_time_seconds", "groupId"
COLUMNS = (TIME, WORK, GROUP)


def load(path: Path) -> pd.DataFrame:
    """Reads a log.

    Returns:
        One row a request in the order of time: ``time_s`` since the first, ``exec_s``, ``group``
        (numbered from 0 in the order of appearance).

    Raises:
        UsageError: the file cannot be read or is damaged.
    """
    import pandas as pd

    try:
        rows = pd.read_parquet(path) if is_parquet(path) else pd.read_csv(path, dtype=str)
    except (OSError, ValueError) as error:
        raise UsageError(f"trace {path}: damaged file: {error}") from error
    missing = [name for name in COLUMNS if name not in rows.columns]
    if missing:
        raise UsageError(
            f"trace {path}: column {missing[0]} is missing; {', '.join(COLUMNS)} are right"
        )
    if rows.empty:
        raise UsageError(f"trace {path}: no rows; one a request is required")
    times = pd.to_datetime(rows[TIME], errors="coerce")
    work = pd.to_numeric(rows[WORK], errors="coerce")
    _require(rows, TIME, times.notna(), "a date and time", path)
    _require(rows, WORK, np.isfinite(work) & (work >= 0), "a number of at least 0", path)
    _require(rows, GROUP, rows[GROUP].notna(), "a name", path)
    _require(rows, TIME, ~(times.diff() < pd.Timedelta(0)), "no time before the row above's", path)
    return pd.DataFrame(
        {
            "time_s": (times - times.iloc[0]).dt.total_seconds(),
            "exec_s": work.astype(float),
            "group": pd.factorize(rows[GROUP])[0],
        }
    )


def _require(
    rows: pd.DataFrame, column: str, right: pd.Series[bool], what: str, path: Path
) -> None:
    wrong = np.flatnonzero(~right.to_numpy(dtype=bool))
    if wrong.size:
        row = int(wrong[0])
        raise UsageError(
            f"trace {path}, row {row}: {column} is {rows[column].iloc[row]}; {what} is required"
        )
