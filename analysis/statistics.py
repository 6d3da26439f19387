"""Means with their uncertainty, and what may be said of two of them.

    bootstrap_mean(values, method="bca")
    paired_difference(ours, reference).ordering   # "above", "below" or None
    cohens_d(ours, reference), cliffs_delta(ours, reference)
    half_width(values), required_runs(values, half_width=0.01)

Every function gives the same numbers at every call: resamples are drawn from one fixed seed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import Literal

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
Values = Sequence[float] | npt.NDArray[np.floating]
Method = Literal["percentile", "bca"]
Ordering = Literal["above", "below"]

RESAMPLES = 10_000
SEED = 20_131_101
TAILS = (0.025, 0.975)
# Of fewer pairs nothing is claimed: two differences have the same sign in every second case where
# there is no difference at all.
LEAST_PAIRS = 3
MOST_RUNS = 1_000_000
SAME = 1e-9  # of a sample's range: the rounding of a sum, by which equal means may differ


@dataclass(frozen=True)
class Interval:
    """A mean and its 95 % confidence interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Difference:
    """The mean of the differences of pairs, and what it says.

    Attributes:
        interval: of the mean.
        pairs: number of them.
        cohens_d: see ``cohens_d``.
        cliffs_delta: see ``cliffs_delta``.
        pairs_needed: see ``required_runs``, for a half-width of the mean difference itself: about
            as many pairs tell a difference of this size from none. None where it is 0 or of one
            pair.
    """

    interval: Interval
    pairs: int
    cohens_d: float | None
    cliffs_delta: float
    pairs_needed: int | None

    @property
    def ordering(self) -> Ordering | None:
        """What may be claimed: None unless the interval excludes 0 and there are enough pairs."""
        if self.pairs < LEAST_PAIRS:
            return None
        if self.interval.low > 0:
            return "above"
        return "below" if self.interval.high < 0 else None


def bootstrap_mean(values: Values, method: Method = "percentile", seed: int = SEED) -> Interval:
    """Mean with its 95 % bootstrap interval.

    Args:
        values: at least one; of a single one, or of equal ones, the interval is the value.
        method: percentiles of the resampled means, or these corrected for bias and skewness (BCa:
            Efron, "Better bootstrap confidence intervals", JASA 82, 1987, sections 2 and 4).
        seed: of the resamples.

    Raises:
        ValueError: there are no values, or one is not finite.
    """
    sample = _finite(values)
    mean = float(sample.mean())
    if np.ptp(sample) == 0:
        return Interval(float(sample[0]), float(sample[0]), float(sample[0]))
    means = np.einsum("ij,j->i", _counts(sample.size, seed), sample) / sample.size
    tails = TAILS if method == "percentile" else _bca_tails(sample, means)
    low, high = np.quantile(means, tails)
    return Interval(mean, float(low), float(high))


def paired_difference(
    values: Values, reference: Values, method: Method = "percentile"
) -> Difference:
    """Compares values with those of a reference on the same seeds, pair by pair.

    Args:
        values: one a seed.
        reference: those of the same seeds, in the same order.
        method: of the interval.

    Raises:
        ValueError: there are no values, one is not finite, or one has no partner.
    """
    differences = _differences(values, reference)
    interval = bootstrap_mean(differences, method)
    known = differences.size > 1 and interval.mean != 0
    return Difference(
        interval,
        differences.size,
        cohens_d(values, reference),
        cliffs_delta(values, reference),
        required_runs(differences, abs(interval.mean)) if known else None,
    )


def cohens_d(values: Values, reference: Values) -> float | None:
    """Cohen's d for pairs: the mean difference in standard deviations of the differences (d_z).

    Returns:
        None of a single pair, or where all differences are equal.
    """
    differences = _differences(values, reference)
    if np.ptp(differences) == 0:
        return None
    return float(differences.mean() / differences.std(ddof=1))


def cliffs_delta(values: Values, reference: Values) -> float:
    """Cliff's delta: how much more often a value is above one of the reference than below.

    Every value is held against every one of the reference, whatever the seeds: 1 if all are above,
    -1 if all are below, 0 if neither is the rule.
    """
    signs = np.sign(_finite(values)[:, None] - _finite(reference)[None, :])
    return float(signs.mean())


def half_width(values: Values) -> float:
    """Half-width of the 95 % interval of the mean by Student's t: t(0.975, n - 1) s / sqrt(n).

    Of few values it is wider than a bootstrap interval, which takes their spread for the true one.

    Raises:
        ValueError: there are fewer than two values, or one is not finite.
    """
    sample = _finite(values)
    if sample.size < 2:
        raise ValueError(f"a half-width needs two values or more; got {sample.size}")
    return _half_width(float(sample.std(ddof=1)), sample.size)


def required_runs(values: Values, half_width: float) -> int:
    """Estimates how many runs bring the 95 % half-width of the mean to ``half_width``.

    The least n with t(0.975, n - 1) s / sqrt(n) <= half_width, where s is the standard deviation
    of the values that are there.

    Returns:
        At least 2 and at most ``MOST_RUNS``.

    Raises:
        ValueError: there are fewer than two values, or the half-width is not above 0.
    """
    sample = _finite(values)
    if sample.size < 2:
        raise ValueError(f"an estimate needs two values or more; got {sample.size}")
    if not half_width > 0:
        raise ValueError(f"half_width is {half_width}; a number above 0 is required")
    deviation = float(sample.std(ddof=1))
    low, high = 2, MOST_RUNS
    while low < high:  # the half-width falls with every run
        middle = (low + high) // 2
        if _half_width(deviation, middle) <= half_width:
            high = middle
        else:
            low = middle + 1
    return low


def _half_width(deviation: float, runs: int) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(runs - 1, TAILS[1])) * deviation / math.sqrt(runs)


def _finite(values: Values) -> Numbers:
    sample = np.asarray(values, dtype=float)
    if sample.size == 0 or not np.isfinite(sample).all():
        raise ValueError(f"a mean needs finite values; got {sample!r}")
    return sample


def _differences(values: Values, reference: Values) -> Numbers:
    ours, theirs = _finite(values), _finite(reference)
    if ours.shape != theirs.shape:
        raise ValueError(f"pairs are required; got {ours.size} values and {theirs.size}")
    return ours - theirs


def _bca_tails(sample: Numbers, means: Numbers) -> tuple[float, float]:
    """Moves the tails for the bias of the resampled means and the skewness of the sample."""
    normal = NormalDist()
    # A mean equal to the sample's counts half. No share is 0 or 1: their quantiles are infinite.
    away = means - sample.mean()
    away[np.abs(away) <= SAME * np.ptp(sample)] = 0
    share = float((away < 0).mean() + (away == 0).mean() / 2)
    bias = normal.inv_cdf(min(max(share, 1 / means.size), 1 - 1 / means.size))
    # The jackknife's means lie about their own mean as the values do, but for a factor.
    spread = sample - sample.mean()
    spread /= np.abs(spread).max()
    acceleration = float((spread**3).sum() / (6 * (spread**2).sum() ** 1.5))
    low, high = (
        normal.cdf(bias + (bias + z) / (1 - acceleration * (bias + z)))
        for z in map(normal.inv_cdf, TAILS)
    )
    return low, high


@lru_cache(maxsize=4)
def _counts(size: int, seed: int) -> Numbers:
    """Draws all resamples: how often each value is in each, shape (RESAMPLES, size)."""
    draws = np.random.default_rng(seed).integers(size, size=(RESAMPLES, size))
    places = draws + size * np.arange(RESAMPLES)[:, np.newaxis]
    counts = np.bincount(places.ravel(), minlength=RESAMPLES * size)
    return counts.reshape(RESAMPLES, size).astype(float)
