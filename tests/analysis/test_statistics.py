"""Intervals, differences of pairs and effect sizes, against scipy, by hand and by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from analysis.statistics import (
    RESAMPLES,
    SEED,
    Method,
    bootstrap_mean,
    cliffs_delta,
    cohens_d,
    half_width,
    paired_difference,
    required_runs,
)

SKEWED = np.random.default_rng(5).exponential(2.0, 30)
# Law and others (LSAT, 15 schools): the sample of Efron and Tibshirani, "An introduction to the
# bootstrap", table 3.1.
LSAT = [576, 635, 558, 578, 666, 580, 555, 661, 651, 605, 653, 575, 545, 572, 594]


@pytest.mark.parametrize("method", ["percentile", "bca"])
@pytest.mark.parametrize("sample", [SKEWED, np.array(LSAT, dtype=float)], ids=["skewed", "lsat"])
def test_bootstrap_is_that_of_scipy(method: Method, sample: np.ndarray) -> None:
    rng = np.random.default_rng(SEED)
    name = "BCa" if method == "bca" else method
    theirs = stats.bootstrap(
        (sample,), np.mean, n_resamples=RESAMPLES, method=name, rng=rng, vectorized=True
    ).confidence_interval
    ours = bootstrap_mean(sample, method)
    # The same generator draws the same resamples: only rounding may differ.
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), rel=1e-9)
    assert ours.mean == pytest.approx(sample.mean())


def test_bca_follows_the_skewness() -> None:
    # The means of a sample with a long right tail: BCa moves both ends to the right.
    plain, corrected = bootstrap_mean(SKEWED), bootstrap_mean(SKEWED, "bca")
    assert plain.low < corrected.low < plain.mean < plain.high < corrected.high


def test_rounding_does_not_move_an_interval() -> None:
    # Of five values every 26th resample has the mean of the sample, but for the order of its sum.
    sample = np.array([0.1, 0.2, 0.3, 0.4, 0.7])
    whole, tenths = bootstrap_mean(10 * sample, "bca"), bootstrap_mean(sample, "bca")
    assert (tenths.low, tenths.high) == pytest.approx((whole.low / 10, whole.high / 10), rel=1e-9)


def test_intervals_are_deterministic_by_seed() -> None:
    assert bootstrap_mean(SKEWED) == bootstrap_mean(SKEWED)
    assert bootstrap_mean(SKEWED, seed=1) == bootstrap_mean(SKEWED, seed=1)
    assert bootstrap_mean(SKEWED, seed=1) != bootstrap_mean(SKEWED, seed=2)
    assert bootstrap_mean([0.1] * 3) == bootstrap_mean([0.1])  # no rounding of equal values


@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_coverage_of_normal_samples(method: Method) -> None:
    trials, size = 400, 40
    samples = np.random.default_rng(11).normal(3.0, 2.0, (trials, size))
    intervals = [bootstrap_mean(sample, method) for sample in samples]
    covered = sum(interval.low <= 3.0 <= interval.high for interval in intervals)
    # The interval of a normal sample is about mean +- 1.96 s sqrt((n - 1) / n) / sqrt(n), which a
    # t distribution of 39 degrees of freedom covers with probability 0.939.
    expected = 2 * stats.t.cdf(1.96 * math.sqrt((size - 1) / size), size - 1) - 1
    # Four standard deviations of a binomial of 400 trials.
    tolerance = 4 * math.sqrt(expected * (1 - expected) / trials)
    assert covered / trials == pytest.approx(expected, abs=tolerance)


def test_paired_difference_by_hand() -> None:
    ours, reference = [3.0, 5.0, 4.0, 8.0], [1.0, 4.0, 2.0, 5.0]
    found = paired_difference(ours, reference)
    assert found.interval == bootstrap_mean([2.0, 1.0, 2.0, 3.0])
    assert (found.interval.mean, found.pairs, found.ordering) == (2.0, 4, "above")
    # Standard deviation of 2, 1, 2, 3: sqrt(2 / 3).
    assert found.cohens_d == pytest.approx(2 / math.sqrt(2 / 3))
    # Of the 16 comparisons 3 > 1, 2; 5 > 1, 4, 2; 4 > 1, 2; 8 > all: 11 above, 3 below
    # (3 < 4, 5; 4 < 5), 2 equal.
    assert found.cliffs_delta == pytest.approx((11 - 3) / 16)
    assert paired_difference(reference, ours).ordering == "below"


@pytest.mark.parametrize(
    ("differences", "ordering"),
    [
        ([1.0, -1.0, 0.5, -0.4], None),  # on both sides of 0
        ([1.0, 1.1], None),  # two pairs say nothing
        ([1.0, 1.0, 1.0], "above"),
        ([0.0, 0.0, 0.0], None),
        ([-1.0, -0.1, -0.5], "below"),
    ],
)
def test_orderings_are_claimed_only_where_the_interval_excludes_zero(
    differences: list[float], ordering: str | None
) -> None:
    assert paired_difference(differences, np.zeros(len(differences))).ordering == ordering


def test_pairing_takes_out_what_seeds_have_in_common() -> None:
    # Seeds spread over 100, the allocator adds 1 to each.
    seeds = np.arange(0.0, 100.0, 10.0)
    found = paired_difference(seeds + 1 + 0.01 * (seeds % 20), seeds)
    assert found.ordering == "above"
    assert abs(found.cliffs_delta) < 0.2  # unpaired there is next to nothing to see


def test_effect_sizes_are_those_of_scipy() -> None:
    rng = np.random.default_rng(8)
    ours, theirs = rng.normal(1, 1, 12), rng.normal(0, 1, 12)
    # t of the paired test is d_z sqrt(n); Mann-Whitney's U is n m (1 + delta) / 2.
    d = cohens_d(ours, theirs)
    assert d is not None
    assert d * math.sqrt(12) == pytest.approx(stats.ttest_rel(ours, theirs).statistic)
    u = stats.mannwhitneyu(ours, theirs).statistic
    assert cliffs_delta(ours, theirs) == pytest.approx(2 * u / 144 - 1)
    assert cliffs_delta([1, 2], [1, 2]) == 0
    assert cliffs_delta([5, 6], [1, 2, 3]) == 1
    assert cohens_d([2.0], [1.0]) is None


def test_required_runs() -> None:
    values = [9.0, 10.0, 11.0]  # standard deviation 1
    # t(0.975, 17) / sqrt(18) = 2.1098 / 4.2426 = 0.4973; t(0.975, 16) / sqrt(17) = 0.5142.
    assert required_runs(values, 0.5) == 18
    assert required_runs(values, 100.0) == 2
    # Many: (1.96 / 0.01) ** 2 = 38415, and a little for the t distribution.
    assert required_runs(values, 0.01) == pytest.approx(38416, abs=5)
    assert required_runs([1.0, 1.0], 1e-9) == 2


def test_what_has_no_mean_is_refused() -> None:
    with pytest.raises(ValueError, match="finite values"):
        paired_difference([], [])
    with pytest.raises(ValueError, match="finite values"):
        cliffs_delta([1.0], [math.nan])
    with pytest.raises(ValueError, match="pairs are required; got 2 values and 1"):
        cohens_d([1.0, 2.0], [1.0])
    with pytest.raises(ValueError, match="two values or more; got 1"):
        required_runs([1.0], 1.0)
    with pytest.raises(ValueError, match=r"half_width is 0\.0; a number above 0"):
        required_runs([1.0, 2.0], 0.0)


@pytest.mark.parametrize(
    ("values", "width"),
    [
        # t(0.975, 2) / sqrt(3), and t(0.975, 3) sqrt(5/3) / 2
        ([1.0, 2.0, 3.0], 4.302653 / math.sqrt(3)),
        ([1.0, 2.0, 3.0, 4.0], 3.182446 * math.sqrt(5 / 3) / 2),
        ([2.0, 2.0], 0.0),
    ],
)
def test_half_width(values: list[float], width: float) -> None:
    # The table of t has seven digits.
    assert half_width(values) == pytest.approx(width, rel=1e-6)


def test_half_width_is_what_required_runs_asks_for() -> None:
    values = [0.3, 0.9, 0.4, 0.7, 0.8, 0.1]
    assert required_runs(values, half_width(values) * 1.0001) == len(values)
    assert required_runs(values, half_width(values) * 0.9999) == len(values) + 1


def test_a_single_value_has_no_half_width() -> None:
    with pytest.raises(ValueError, match="a half-width needs two values or more; got 1"):
        half_width([1.0])
