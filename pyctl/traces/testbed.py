"""The public measurements of the MicroOpt testbed: throughput of video users by grant.

    medians = medians_of(load(Path("microopt_testbed.csv")))

One row is a second: total_bandwidth_usage and bw [Mbit/s], cpu [millicores], n_users, qos (mean
throughput of a user) [Mbit/s]. The authors' file has exact duplicates, which are dropped.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pyctl.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("cpu", "bw", "n_users", "qos")
# A median of fewer seconds than this says little.
LEAST_ROWS = 10


def load(path: Path) -> pd.DataFrame:
    """Reads the authors' CSV file.

    Returns:
        The columns ``COLUMNS`` as numbers, without duplicate rows.

    Raises:
        UsageError: it is no such file, or a value is not a number above 0 (``qos``: at least 0).
    """
    import numpy as np
    import pandas as pd

    try:
        rows = pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise UsageError(f"testbed file {path}: {error}") from error
    missing = [name for name in COLUMNS if name not in rows.columns]
    if missing:
        raise UsageError(
            f"testbed file {path}: column {missing[0]} is missing; {', '.join(COLUMNS)} are right"
        )
    for name in COLUMNS:
        values = pd.to_numeric(rows[name], errors="coerce").to_numpy(dtype=float)
        least = values >= 0 if name == "qos" else values > 0
        wrong = np.flatnonzero(~(np.isfinite(values) & least))
        if wrong.size:
            line = int(wrong[0]) + 2
            raise UsageError(
                f"testbed file {path}, line {line}: {name} is {rows[name].iloc[line - 2]}; "
                f"a number {'of at least' if name == 'qos' else 'above'} 0 is required"
            )
        rows[name] = values
    return rows.drop_duplicates()[list(COLUMNS)].reset_index(drop=True)


def medians_of(rows: pd.DataFrame) -> pd.DataFrame:
    """Takes the median throughput of each (n_users, bw, cpu) with enough seconds.

    Returns:
        Columns ``n_users``, ``bw``, ``cpu``, ``qos`` (median), ``rows``; sorted.
    """
    groups = rows.groupby(["n_users", "bw", "cpu"])["qos"].agg(["median", "count"])
    medians = groups.rename(columns={"median": "qos", "count": "rows"}).reset_index()
    return medians[medians["rows"] >= LEAST_ROWS].reset_index(drop=True)
