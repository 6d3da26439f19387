"""The nearest point whose elements are not negative and sum to at most a limit."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def project_rows(rows: Floats, limit: float | Floats) -> Floats:
    """Projects each row onto {x >= 0, sum x <= limit}, in the Euclidean distance.

    Rows within the limit come back as they are; the others by the sort-based projection onto the
    simplex (Held, Wolfe and Crowder 1974; Duchi et al. 2008, figure 1).

    Args:
        rows: not negative, of shape (R, n).
        limit: not negative, a number or one for each row (R,).
    """
    limits = np.broadcast_to(np.asarray(limit, dtype=np.float64), rows.shape[:1])
    over = rows.sum(axis=1) > limits
    projected = rows.copy()
    projected[over] = _onto_simplex(rows[over], limits[over])
    return projected


def _onto_simplex(rows: Floats, limits: Floats) -> Floats:
    """Lowers all elements of a row by the same amount, and none below 0, until they sum to it."""
    descending = -np.sort(-rows, axis=1)
    excess = np.cumsum(descending, axis=1) - limits[:, None]
    counts = np.arange(1, rows.shape[1] + 1)
    kept = (descending - excess / counts > 0).sum(axis=1)
    # A limit of 0 keeps no element: the largest one is lowered to 0.
    last = np.maximum(kept, 1) - 1
    lowered_by = excess[np.arange(len(rows)), last] / (last + 1)
    projected: Floats = np.maximum(rows - lowered_by[:, None], 0.0)
    return projected
