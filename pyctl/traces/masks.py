"""Traffic masks: one series in [0, 1] for each slice, one value for each decision interval."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pyctl.errors import UsageError
from pyctl.traces import milan

if TYPE_CHECKING:
    import pandas as pd

DEFAULT_INTERVAL_REAL_S = 900.0


@dataclass(frozen=True, eq=False)
class Masks:
    """Masks of a run.

    Attributes:
        values: activity relative to the square's peak, [steps, slices], in [0, 1].
        squares: the square behind each column.
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
        path: file or folder in the Milan format.
        steps: intervals needed.
        slice_count: columns needed; with ``squares`` None, that many squares are chosen: those
            without gaps and with the least peak-to-mean ratio, in the order of their ids.
        squares: the square of each column.
        interval_real_s: real length of a decision interval [s].

    Raises:
        UsageError: the data is damaged or too short, or a square is not in it or has gaps.
    """
    wide = milan.load(path)
    if squares is None:
        if slice_count is None:
            raise UsageError(f"trace {path}: say which squares, or how many slices there are")
        squares = choose_squares(wide, slice_count, path)
    elif slice_count is not None and len(squares) != slice_count:
        raise UsageError(
            f"trace squares are {', '.join(map(str, squares))}; one for each of {slice_count} "
            "slices is required"
        )
    columns = []
    for square in squares:
        series = resample(_series(wide, square, path), interval_real_s)
        if series.size < steps:
            raise UsageError(
                f"trace {path}: square {square} has {series.size} intervals of "
                f"{interval_real_s:g} s; steps={steps} needs as many"
            )
        columns.append(series[:steps] / series.max())
    return Masks(
        values=np.stack(columns, axis=1),
        squares=tuple(squares),
        source=str(path),
        sha256=digest(path),
        description=f"Milan Internet activity of squares {', '.join(map(str, squares))}, averaged "
        f"over {interval_real_s:g} s, relative to each square's maximum",
    )


def choose_squares(wide: pd.DataFrame, count: int, path: Path) -> list[int]:
    """Chooses squares for slices; see ``load_masks``.

    Raises:
        UsageError: fewer than ``count`` squares have no gaps.
    """
    whole = wide[[square for square in wide.columns if wide[square].notna().all()]]
    whole = whole[[square for square in whole.columns if whole[square].max() > 0]]
    if whole.shape[1] < count:
        raise UsageError(
            f"trace {path}: {whole.shape[1]} squares have a row in every interval; {count} slices "
            "need as many"
        )
    ratio = (whole.max() / whole.mean()).sort_values(kind="stable")
    return sorted(int(square) for square in ratio.index[:count])


def _series(wide: pd.DataFrame, square: int, path: Path) -> npt.NDArray[np.float64]:
    if square not in wide.columns:
        listed = ", ".join(map(str, wide.columns[:10])) + (", ..." if wide.shape[1] > 10 else "")
        raise UsageError(f"trace {path}: square {square} is not in it; there are: {listed}")
    column = wide[square]
    times = np.asarray(column.index, dtype=np.int64)
    gaps = times[np.flatnonzero(column.isna().to_numpy())]
    jumps = np.flatnonzero(np.diff(times) != milan.INTERVAL_MS)
    if gaps.size or jumps.size:
        at = int(gaps[0]) if gaps.size else int(times[jumps[0]]) + milan.INTERVAL_MS
        raise UsageError(
            f"trace {path}: square {square} has no row for interval {at}; a series without gaps is "
            "required"
        )
    values = column.to_numpy(dtype=np.float64)
    if values.max() <= 0:
        raise UsageError(f"trace {path}: square {square} has no Internet activity at all")
    return values


def resample(values: npt.NDArray[np.float64], interval_s: float) -> npt.NDArray[np.float64]:
    """Averages a 10-minute series over other intervals, exactly, by area; drops a rest.

    Args:
        values: activity of each 10 minutes, [N].
        interval_s: of the result [s].

    Returns:
        Activity of each interval in the same unit (per 10 minutes).
    """
    step_s = milan.INTERVAL_MS / 1000
    area = np.concatenate([[0.0], np.cumsum(values) * step_s])
    count = int(np.floor(values.size * step_s / interval_s + 1e-9))
    edges = np.arange(count + 1) * interval_s
    integral = np.interp(edges, np.arange(values.size + 1) * step_s, area)
    return np.asarray(np.diff(integral) / interval_s, dtype=np.float64)


def write_mask_csv(masks: Masks, path: Path, slice_ids: Sequence[int]) -> None:
    """Writes masks in the form that the scenarios read.

    Raises:
        UsageError: there is not one column for each slice.
    """
    if len(slice_ids) != masks.values.shape[1]:
        raise UsageError(
            f"trace {masks.source} gives {masks.values.shape[1]} masks; {len(slice_ids)} slices "
            "need as many"
        )
    lines = ["step," + ",".join(f"slice_{slice_id}" for slice_id in slice_ids)]
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
