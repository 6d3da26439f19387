"""Loader of the PlanetLab workload traces as used with CloudSim: CPU utilisation of VMs.

Original files are text, one a virtual machine and day: 288 lines, each the utilisation of 5 minutes
as a whole percentage. A folder of them is a day; its machines are numbered from 0 in the order of
the files' names. The Parquet form has one row a machine and day, with the list of the 288 values in
the column ``cpu``; machines are numbered by row.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pyctl.errors import UsageError
from pyctl.traces.activity import Activity
from pyctl.traces.parquet import is_parquet

if TYPE_CHECKING:
    import pandas as pd

SAMPLE_S = 300.0
SAMPLES = 288  # of a day
FULL = 100  # percent
COLUMN = "cpu"


def load(path: Path) -> Activity:
    """Reads a file of either form, or a folder of original files.

    Raises:
        UsageError: it cannot be read or is damaged.
    """
    import pandas as pd

    if path.is_dir():
        files = [entry for entry in sorted(path.iterdir()) if entry.is_file()]
        days = np.stack([_from_text(file) for file in files])
    elif is_parquet(path):
        days = _from_parquet(path)
    else:
        days = _from_text(path)[np.newaxis]
    busy = np.flatnonzero(days.max(axis=1) > 0)
    wide = pd.DataFrame(days.T)
    return Activity(
        ids=tuple(range(len(days))),
        series=lambda chosen: wide[list(chosen)],
        step=1,
        sample_s=SAMPLE_S,
        noun="VM",
        what="PlanetLab CPU utilisation",
        candidates=tuple(int(vm) for vm in busy),
        fit="are not idle all day",
    )


def _from_text(path: Path) -> npt.NDArray[np.float64]:
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except UnicodeDecodeError as error:
        raise UsageError(f"trace {path}: byte {error.start} is no text") from error
    except OSError as error:
        raise UsageError(f"trace {path}: {error.strerror}") from error
    values = [
        _percentage(line.strip(), f"trace {path}, line {number}")
        for number, line in enumerate(lines, start=1)
    ]
    _require_day(len(values), f"trace {path}", "lines")
    return np.array(values, dtype=np.float64)


def _percentage(text: str, where: str) -> int:
    if not (text.isdigit() and int(text) <= FULL):
        raise UsageError(f"{where}: '{text}'; a whole percentage, 0 to 100, is required")
    return int(text)


def _require_day(count: int, where: str, noun: str) -> None:
    if count != SAMPLES:
        raise UsageError(f"{where}: {count} {noun}; a day of 5-minute samples has {SAMPLES}")


def _from_parquet(path: Path) -> npt.NDArray[np.float64]:
    import pandas as pd

    try:
        rows: pd.Series[Any] = pd.read_parquet(path, columns=[COLUMN])[COLUMN]
    except (OSError, ValueError) as error:
        raise UsageError(f"trace {path}: damaged Parquet file: {error}") from error
    for row, values in enumerate(rows):
        _require_day(0 if values is None else len(values), f"trace {path}, row {row}", "values")
    if rows.empty:
        raise UsageError(f"trace {path}: no rows; one a virtual machine is required")
    days = np.stack([np.asarray(values, dtype=np.float64) for values in rows])
    wrong = np.argwhere(~((days >= 0) & (days <= FULL)))
    if wrong.size:
        row, sample = (int(index) for index in wrong[0])
        raise UsageError(
            f"trace {path}, row {row}: {COLUMN}[{sample}] is {days[row, sample]:g}; "
            "a percentage, 0 to 100, is required"
        )
    return days
