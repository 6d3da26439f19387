"""Means with their uncertainty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

RESAMPLES = 10_000
SEED = 20_131_101


@dataclass(frozen=True)
class Interval:
    """A mean and its 95 % confidence interval."""

    mean: float
    low: float
    high: float


def bootstrap_mean(values: Sequence[float] | npt.NDArray[np.floating]) -> Interval:
    """Mean with its 95 % percentile bootstrap interval; the same numbers at every call.

    Raises:
        ValueError: there are no values, or one is not finite.
    """
    sample = np.asarray(values, dtype=float)
    if sample.size == 0 or not np.isfinite(sample).all():
        raise ValueError(f"a mean needs finite values; got {sample!r}")
    if sample.size == 1:
        return Interval(float(sample[0]), float(sample[0]), float(sample[0]))
    low, high = np.quantile(sample[_draws(sample.size)].mean(axis=1), [0.025, 0.975])
    return Interval(float(sample.mean()), float(low), float(high))


@lru_cache(maxsize=4)
def _draws(size: int) -> npt.NDArray[np.integer]:
    """Draws the indices of all resamples."""
    return np.random.default_rng(SEED).integers(size, size=(RESAMPLES, size))
