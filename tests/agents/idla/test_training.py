"""Training on a network of formulas: it learns, by blocks of time, the same on every run."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from agents.errors import AllocatorError
from agents.idla.dataset import Log, Rows, rows_of
from agents.idla.estimator import HISTORY, Form
from agents.idla.formula import FormulaCells, record
from agents.idla.training import TrainingSettings, fit, is_test, split

CELLS, SLICES, STEPS = 6, 3, 200


@pytest.fixture(scope="module")
def rows() -> Rows:
    network = FormulaCells(CELLS, SLICES, seed=3)
    shares = np.random.default_rng(3).dirichlet(np.ones(SLICES), (STEPS, CELLS))
    return rows_of(Log.of_mapping(record(network, shares)))


def test_a_quarter_of_the_time_is_for_the_test() -> None:
    steps = np.arange(HISTORY, 1000)
    tested = is_test(steps)
    assert tested.mean() == pytest.approx(0.25, abs=0.01)
    assert np.flatnonzero(np.diff(tested.astype(int))).size == 7  # four blocks, the last at the end


def test_no_training_row_shares_an_interval_with_a_test_row(rows: Rows) -> None:
    train, test = split(rows)
    assert len(train) > 0
    for step in np.unique(test.step):
        assert not ((train.step >= step - HISTORY) & (train.step <= step + HISTORY)).any()


def test_a_random_split_takes_any_row(rows: Rows) -> None:
    train, test = split(rows, "random", seed=1)
    assert len(train) + len(test) == len(rows)
    assert len(test) / len(rows) == pytest.approx(0.25, abs=0.03)
    assert np.unique(test.step).size > 0.9 * np.unique(rows.step).size
    np.testing.assert_array_equal(split(rows, "random", seed=1)[1].x, test.x)


def test_it_learns_what_is_to_be_learnt(rows: Rows) -> None:
    settings = TrainingSettings(form=Form("relu"), epochs=100)
    report = fit(rows, settings, seed=1).report
    # A third below the mean of each slice: 60 epochs of few rows; the study has more of both.
    assert report["mae_test"] < 0.67 * report["mae_slice_mean"]
    assert len(report["errors"]) == report["rows_test"]
    assert report["mae_test"] == pytest.approx(np.mean(report["errors"]), abs=1e-6)
    assert report["x_coverage"] > 0.7


def test_the_same_seed_gives_the_same_weights(rows: Rows) -> None:
    settings = TrainingSettings(epochs=2)
    before = torch.random.get_rng_state()
    one, same, other = (fit(rows, settings, seed).estimator for seed in (1, 1, 2))
    for a, b in zip(one.parameters(), same.parameters(), strict=True):
        assert torch.equal(a, b)
    assert not torch.equal(next(one.parameters()), next(other.parameters()))
    assert not any(p.requires_grad for p in one.parameters())
    assert torch.equal(torch.random.get_rng_state(), before)


def test_the_mean_of_several_fits_depends_less_on_chance(rows: Rows) -> None:
    shares = torch.from_numpy(np.random.default_rng(5).random(len(rows), np.float32))
    z = torch.from_numpy(rows.z)

    def fitted(fits: int) -> tuple[float, float]:
        """How far two seeds are from each other, and the error of both."""
        settings = TrainingSettings(epochs=40, fits=fits)
        both = [fit(rows, settings, seed) for seed in (1, 2)]
        one, other = (each.estimator(shares, z) for each in both)
        errors = [each.report["mae_test"] for each in both]
        return float((one - other).abs().mean()), float(np.mean(errors))

    apart, error = fitted(1)
    apart_by_mean, error_by_mean = fitted(3)
    # Means of three are 1 / sqrt(3) = 0.58 times as far apart, but for what is learnt of them.
    assert apart_by_mean < 0.8 * apart
    assert error_by_mean < 1.02 * error


def test_too_few_rows_are_refused(rows: Rows) -> None:
    few = rows.where(rows.step < 20)
    with pytest.raises(AllocatorError, match=r"\d+ rows of 15 intervals are too few to learn from"):
        fit(few, TrainingSettings(), seed=1)
