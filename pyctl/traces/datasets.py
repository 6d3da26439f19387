"""The public data sets that are understood, where to get them, and a check of a file.

Nothing is ever downloaded.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pyctl.traces import milan
from pyctl.traces.masks import digest

LISTED_SQUARES = 8


@dataclass(frozen=True)
class DataSet:
    """A public data set.

    Attributes:
        name: of the data set.
        where: to get it.
        formats: understood here.
        licence: under which it was published, to our knowledge.
    """

    name: str
    where: str
    formats: str
    licence: str


DATASETS = (
    DataSet(
        name="Telecom Italia Milan: SMS, call, Internet activity (2013-11-01 to 2014-01-01)",
        where="Harvard Dataverse, doi:10.7910/DVN/EGZHFV",
        formats="original tab-separated daily files, or a folder of them; Parquet with "
        "square_id, time_interval, internet",
        licence="ODbL 1.0",
    ),
)


def check(path: Path) -> list[str]:
    """Reads a file or folder as ``--trace`` does and says what is in it, one fact a line.

    Raises:
        UsageError: it is damaged.
    """
    import pandas as pd

    wide = milan.load(path)
    times = pd.to_datetime(wide.index, unit="ms", utc=True).tz_convert(milan.TIME_ZONE)
    whole = [int(square) for square in wide.columns if wide[square].notna().all()]
    listed = ", ".join(map(str, whole[:LISTED_SQUARES]))
    if len(whole) > LISTED_SQUARES:
        listed += ", ..."
    expected = (int(wide.index[-1]) - int(wide.index[0])) // milan.INTERVAL_MS + 1
    return [
        f"format: Telecom Italia Milan; sha256 {digest(path)}",
        f"squares: {wide.shape[1]}",
        f"intervals of 10 minutes: {len(wide)} from {times[0]:%Y-%m-%d %H:%M} to "
        f"{times[-1]:%Y-%m-%d %H:%M} ({milan.TIME_ZONE}), {expected - len(wide)} missing",
        f"squares without gaps: {len(whole)} ({listed})",
    ]
