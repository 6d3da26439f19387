"""Demands for the distributed LSTM: a 4 x 4 block of Milan squares as an array.

demands = load_demands(Path("milano_internet.parquet"), corner=4142)   # (slots, 16)
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pyctl.errors import UsageError
from pyctl.traces import milan
from pyctl.traces.masks import digest

SIDE = 4
GRID_COLUMNS = 100  # of the Milan grid: square_id = 100 * row + column + 1


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


def block(corner: int) -> tuple[int, ...]:
    """Lists the squares of the block whose south-west corner is given."""
    return tuple(
        corner + GRID_COLUMNS * row + column for row in range(SIDE) for column in range(SIDE)
    )


def corners(path: Path) -> tuple[int, ...]:
    """Lists the south-west corners of all blocks that a trace holds, ascending.

    Raises:
        UsageError: the trace cannot be read, is damaged or holds no block.
    """
    there = set(map(int, milan.load(path).columns))
    found = tuple(sorted(square for square in there if there.issuperset(block(square))))
    if not found:
        raise UsageError(
            f"trace {path}: no 4 x 4 block among its {len(there)} squares; one of 16 is required"
        )
    return found


def load_demands(path: Path, corner: int | None = None) -> Demands:
    """Reads a block of squares.

    Args:
        path: file or folder in a form of the Milan data.
        corner: south-west square of the block; None for the first block of the file.

    Raises:
        UsageError: the trace cannot be read, is damaged or does not hold the block.
    """
    wide = milan.load(path)
    squares = block(corners(path)[0] if corner is None else corner)
    missing = [square for square in squares if square not in wide.columns]
    if missing:
        raise UsageError(
            f"trace {path}: the block of corner {corner} needs square {missing[0]}, which is not "
            f"in it; corners of whole blocks: {', '.join(map(str, corners(path)))}"
        )
    whole = range(int(wide.index[0]), int(wide.index[-1]) + 1, milan.INTERVAL_MS)
    values = wide[list(squares)].reindex(whole).to_numpy(dtype=np.float64)
    return Demands(values, squares, digest(path))
