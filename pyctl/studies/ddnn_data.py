"""Demands for the distributed LSTM: a 4 x 4 block of Milan squares as an array.

demands = load_demands(Path("milano_internet.parquet"), corner=4142)   # (slots, 16)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pyctl.errors import UsageError
from pyctl.traces import milan
from pyctl.traces.masks import digest
from pyctl.traces.milan_file import INTERVAL_MS

SIDE = 4
GRID_COLUMNS = 100  # of the Milan grid: square_id = 100 * row + column + 1
MADE_UP_CORNER = 4142
MADE_UP_START_MS = 1_383_260_400_000


@dataclass(frozen=True, eq=False)
class Demands:
    """Demands of 16 squares.

    Attributes:
        values: Internet activity, arbitrary units, (slots, 16); NaN where there is no row.
        squares: of the columns, south-west first.
        sha256: digest of the file.
    """

    values: npt.NDArray[np.float64]
    squares: tuple[int, ...]
    sha256: str


def write_made_up(path: Path, slots: int, side: int = SIDE) -> None:
    """Writes a file of the Milan format with daily waves and noise, the same at every call.

    Args:
        path: of the file, Parquet.
        slots: of ten minutes, from 1 November 2013.
        side: of the block of squares whose south-west corner is ``MADE_UP_CORNER``.
    """
    import pandas as pd

    draws = np.random.default_rng(1)
    slot = np.arange(slots)
    rows = [
        pd.DataFrame(
            {
                "square_id": MADE_UP_CORNER + GRID_COLUMNS * row + column,
                "time_interval": MADE_UP_START_MS + INTERVAL_MS * slot,
                "internet": 100
                + 60 * np.sin(2 * np.pi * (slot / 144 + (4 * row + column) / 32))
                + 10 * draws.random(slots),
            }
        )
        for row in range(side)
        for column in range(side)
    ]
    pd.concat(rows).to_parquet(path)


def block(corner: int) -> tuple[int, ...]:
    """Lists the squares of the block whose south-west corner is given."""
    return tuple(
        corner + GRID_COLUMNS * row + column for row in range(SIDE) for column in range(SIDE)
    )


def corners(squares: Iterable[int]) -> tuple[int, ...]:
    """Lists the south-west corners of all whole blocks among some squares, ascending."""
    there = set(squares)
    return tuple(sorted(square for square in there if there.issuperset(block(square))))


def load_demands(path: Path, corner: int | None = None) -> Demands:
    """Reads a block of squares.

    Args:
        path: file or folder in a form of the Milan data.
        corner: south-west square of the block; None for the first block of the file.

    Raises:
        UsageError: the trace cannot be read, is damaged or does not hold the block.
    """
    summary = milan.summarise_all(path)
    there = [int(square) for square in summary.squares.index]
    whole = corners(there)
    if not whole:
        raise UsageError(
            f"trace {path}: no 4 x 4 block among its {len(there)} squares; one of 16 is required"
        )
    squares = block(whole[0] if corner is None else corner)
    missing = [square for square in squares if square not in there]
    if missing:
        raise UsageError(
            f"trace {path}: the block of corner {corner} needs square {missing[0]}, which is not "
            f"in it; corners of whole blocks: {', '.join(map(str, whole))}"
        )
    slots = range(int(summary.intervals[0]), int(summary.intervals[-1]) + 1, INTERVAL_MS)
    values = milan.load(path, squares).reindex(slots)[list(squares)].to_numpy(dtype=np.float64)
    return Demands(values, squares, digest(path))
