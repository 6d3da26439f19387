"""Traffic masks: a series in [0, 1] for each slice or edge, a value for each decision interval."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pyctl.errors import UsageError
from pyctl.traces.formats import detect, load_activity

if TYPE_CHECKING:
    import pandas as pd

    from pyctl.traces.activity import Activity

DEFAULT_INTERVAL_REAL_S = 900.0


@dataclass(frozen=True, eq=False)
class Masks:
    """Masks of a run.

    Attributes:
        values: activity relative to the series' peak, [steps, slices or edges], in [0, 1].
        squares: the series behind each column: a square, or a VM.
        source: path of the data.
        sha256: digest of the data.
        description: what was done to it, in one sentence.
    """

    values: npt.NDArray[np.float64]
    squares: tuple[int, ...]
    source: str
    sha256: str
    description: str


def load_masks(
    path: Path,
    steps: int,
    *,
    slice_count: int | None = None,
    squares: Sequence[int] | None = None,
    interval_real_s: float = DEFAULT_INTERVAL_REAL_S,
) -> Masks:
    """Makes masks of a traffic data set, from its first interval on.

    The series is averaged over the decision intervals (exactly, by area) and divided by its own
    maximum over the whole data set.

    Args:
        path: file or folder of series, in any format of ``pyctl.traces``.
        steps: intervals needed.
        slice_count: columns needed (slices or edges); with ``squares`` None, that many series are
            chosen in the order of their ids: Milan's squares without gaps and with the least
            peak-to-mean ratio, or PlanetLab's first VMs that are not idle.
        squares: the series of each column.
        interval_real_s: real length of a decision interval [s].

    Raises:
        UsageError: the data is damaged or too short, or a series is not in it or has gaps.
    """
    activity = load_activity(path, detect(path))
    noun = activity.noun
    if squares is None:
        if slice_count is None:
            raise UsageError(f"trace {path}: say which {noun}s, or how many slices there are")
        squares = _choose(activity, slice_count, path)
    elif slice_count is not None and len(squares) != slice_count:
        raise UsageError(
            f"trace squares are {', '.join(map(str, squares))}; one for each of {slice_count} "
            "slices or edges is required"
        )
    for square in squares:
        _require_known(activity, square, path)
    wide = activity.series(squares)
    columns = []
    for square in squares:
        values = _without_gaps(wide[square], activity, path)
        series = resample(values, interval_real_s, activity.sample_s)
        if series.size < steps:
            raise UsageError(
                f"trace {path}: {noun} {square} has {series.size} intervals of "
                f"{interval_real_s:g} s; steps={steps} needs as many"
            )
        columns.append(series[:steps] / series.max())
    return Masks(
        values=np.stack(columns, axis=1),
        squares=tuple(squares),
        source=str(path),
        sha256=digest(path),
        description=f"{activity.what} of {noun}s {', '.join(map(str, squares))}, averaged "
        f"over {interval_real_s:g} s, relative to each {noun}'s maximum",
    )


def _choose(activity: Activity, count: int, path: Path) -> list[int]:
    if len(activity.candidates) < count:
        raise UsageError(
            f"trace {path}: {len(activity.candidates)} {activity.noun}s {activity.fit}; {count} "
            "slices need as many"
        )
    return sorted(activity.candidates[:count])


def _require_known(activity: Activity, square: int, path: Path) -> None:
    ids = activity.ids
    if square not in ids:
        listed = ", ".join(map(str, ids[:10])) + (", ..." if len(ids) > 10 else "")
        raise UsageError(
            f"trace {path}: {activity.noun} {square} is not in it; there are: {listed}"
        )


def _without_gaps(
    column: pd.Series[float], activity: Activity, path: Path
) -> npt.NDArray[np.float64]:
    noun, square = activity.noun, column.name
    times = np.asarray(column.index, dtype=np.int64)
    gaps = times[np.flatnonzero(column.isna().to_numpy())]
    jumps = np.flatnonzero(np.diff(times) != activity.step)
    if gaps.size or jumps.size:
        at = int(gaps[0]) if gaps.size else int(times[jumps[0]]) + activity.step
        raise UsageError(
            f"trace {path}: {noun} {square} has no row for interval {at}; a series without gaps is "
            "required"
        )
    values = np.asarray(column, dtype=np.float64)
    if values.max() <= 0:
        raise UsageError(f"trace {path}: {noun} {square} has no activity at all")
    return values


def resample(
    values: npt.NDArray[np.float64], interval_s: float, sample_s: float = 600.0
) -> npt.NDArray[np.float64]:
    """Averages a series over other intervals, exactly, by area; drops a rest.

    Args:
        values: activity of each sample, [N].
        interval_s: of the result [s].
        sample_s: length of a sample [s].

    Returns:
        Activity of each interval in the same unit (per sample).
    """
    area = np.concatenate([[0.0], np.cumsum(values) * sample_s])
    count = int(np.floor(values.size * sample_s / interval_s + 1e-9))
    edges = np.arange(count + 1) * interval_s
    integral = np.interp(edges, np.arange(values.size + 1) * sample_s, area)
    return np.asarray(np.diff(integral) / interval_s, dtype=np.float64)


def write_mask_csv(
    masks: Masks, path: Path, slice_ids: Sequence[int], prefix: str = "slice_"
) -> None:
    """Writes masks in the form that the scenarios read.

    Args:
        masks: to write.
        path: of the file.
        slice_ids: of the slices, or of what ``prefix`` says.
        prefix: of the columns' names.

    Raises:
        UsageError: there is not one column for each id.
    """
    if len(slice_ids) != masks.values.shape[1]:
        raise UsageError(
            f"trace {masks.source} gives {masks.values.shape[1]} masks; {len(slice_ids)} slices "
            "need as many"
        )
    lines = ["step," + ",".join(f"{prefix}{slice_id}" for slice_id in slice_ids)]
    for step, row in enumerate(masks.values.tolist()):
        lines.append(f"{step}," + ",".join(repr(value) for value in row))
    path.write_text("\n".join(lines) + "\n")


def digest(path: Path) -> str:
    """SHA-256 of a file, or of the files of a folder in the order of their names."""
    sha = hashlib.sha256()
    for file in sorted(path.iterdir()) if path.is_dir() else [path]:
        with file.open("rb") as content:
            while block := content.read(1 << 20):
                sha.update(block)
    return sha.hexdigest()
