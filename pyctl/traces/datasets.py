"""The public data sets that are understood, where to get them, and a check of a file.

Nothing is ever downloaded.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pyctl.traces import genai, milan, planetlab
from pyctl.traces.formats import detect
from pyctl.traces.masks import digest
from pyctl.traces.milan_file import INTERVAL_MS

LISTED_SQUARES = 8
NAMES = {
    "milan": "Telecom Italia Milan",
    "planetlab": "PlanetLab CPU utilisation",
    "genai": "Alibaba GenAI requests",
}


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
    DataSet(
        name="PlanetLab VM CPU utilisation, 5 minutes (10 days, 2011-03-03 to 2011-04-20)",
        where="github.com/beloglazov/planetlab-workload-traces; in CloudSim's examples",
        formats="original text files of 288 percentages, or a folder of them (a day); Parquet "
        "with a list of 288 in cpu",
        licence="none stated",
    ),
    DataSet(
        name="Alibaba GenAI image-generation requests (2024-11-15 to 2024-12-08, shifted)",
        where="github.com/alibaba/clusterdata, cluster-trace-v2026-GenAI/lora_request_trace.csv",
        formats="original CSV, or Parquet with gmt_create, exec_time_seconds, groupId",
        licence="for research or study",
    ),
)


def check(path: Path) -> list[str]:
    """Reads a file or folder as ``--trace`` does and says what is in it, one fact a line.

    Raises:
        UsageError: it is damaged.
    """
    form = detect(path)
    facts = {"milan": _milan, "planetlab": _planetlab, "genai": _genai}[form](path)
    return [f"format: {NAMES[form]}; sha256 {digest(path)}", *facts]


def _milan(path: Path) -> list[str]:
    import pandas as pd

    found = milan.summarise_all(path)
    count = len(found.intervals)
    times = pd.to_datetime(found.intervals, unit="ms", utc=True).tz_convert(milan.TIME_ZONE)
    whole = found.squares.index[found.squares["samples"] == count].tolist()
    listed = ", ".join(map(str, whole[:LISTED_SQUARES]))
    if len(whole) > LISTED_SQUARES:
        listed += ", ..."
    expected = (int(found.intervals[-1]) - int(found.intervals[0])) // INTERVAL_MS + 1
    return [
        f"squares: {len(found.squares)}",
        f"intervals of 10 minutes: {count} from {times[0]:%Y-%m-%d %H:%M} to "
        f"{times[-1]:%Y-%m-%d %H:%M} ({milan.TIME_ZONE}), {expected - count} missing",
        f"squares without gaps: {len(whole)} ({listed})",
    ]


def _planetlab(path: Path) -> list[str]:
    activity = planetlab.load(path)
    values = activity.series(activity.ids).to_numpy()
    return [
        f"VMs and days: {values.shape[1]}, of {values.shape[0]} samples of 5 minutes",
        f"utilisation: mean {values.mean():.2f} %, max {values.max():g} %",
        f"VMs not idle all day: {len(activity.candidates)}",
    ]


def _genai(path: Path) -> list[str]:
    log = genai.load(path)
    span_s = float(log["time_s"].iloc[-1])
    return [
        f"requests: {len(log)} of {log['group'].nunique()} groups in {span_s / 86_400:.2f} days",
        f"execution: mean {log['exec_s'].mean():.2f} s, max {log['exec_s'].max():g} s",
    ]
