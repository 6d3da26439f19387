"""Fits the estimator to rows: MAE, Adam, learning rate along a cosine, split by blocks of time.

    fitted = fit(rows, TrainingSettings(), seed=1)
    fitted.estimator, fitted.report["mae_test"]

Rows of neighbouring intervals share four of five history entries, so a random split would test on
what was learnt. Here blocks of intervals alternate, and training rows near a test block are left
out. Augmented copies are of training rows only; errors are of measured rows only.

A single fit errs by its initial weights and the order of its rows too, and who maximises over it
picks where it errs upwards. So several networks are fitted, and the estimator is one more of the
same form, fitted to their mean (Hinton, Vinyals and Dean 2015, "Distilling the knowledge in a
neural network"). ``fits=1`` takes a single fit, as the paper does.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from agents.errors import AllocatorError
from agents.idla.dataset import Augmentation, Rows, augment, coverage, delay_binds
from agents.idla.estimator import HISTORY, Estimator, Form
from agents.threads import one_thread

BLOCKS = 16  # of time; every fourth is for the test
TEST_EVERY = 4
FEWEST_ROWS = 64
MORE_SHARE, LESS_R = 0.05, 0.01  # f falls with x if it loses more than this for so much more
AUGMENT_STREAM, ORDER_STREAM, SPLIT_STREAM = 11, 12, 16
COPIES = 3  # of the rows that the mean of several fits is asked for
Split = Literal["time", "random"]


@dataclass(frozen=True)
class TrainingSettings:
    """How the estimator is fitted.

    Attributes:
        form: of the network.
        fits: networks that are fitted to the rows; of several, the estimator learns the mean.
        epochs: over all rows.
        batch: rows a step.
        rate: learning rate at the beginning.
        rate_end: at the end.
        split: how test rows are chosen: blocks of ``time``, or at ``random`` as in the paper.
        augmentation: see ``agents.idla.dataset.augment``.
    """

    form: Form = field(default_factory=Form)
    fits: int = 3
    epochs: int = 200
    batch: int = 256
    rate: float = 1e-2
    rate_end: float = 1e-5
    split: Split = "time"
    augmentation: Augmentation = "relabel"


@dataclass(frozen=True, eq=False)
class Fitted:
    """A fitted estimator.

    Attributes:
        estimator: in evaluation mode, its weights frozen.
        report: see ``errors_of``, with counts of rows and coverage of x; plain numbers and lists.
    """

    estimator: Estimator
    report: dict[str, Any]


def is_test(step: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Tells which rows are in the blocks of time that are for the test."""
    tested: npt.NDArray[np.bool_] = _block(step) % TEST_EVERY == TEST_EVERY - 1
    return tested


def _block(step: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    first, last = int(step.min()), int(step.max())
    return (step - first) * BLOCKS // (last - first + 1)


def _near_test(step: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Tells which rows share intervals with a test row: what one has as history, or measured."""
    tested = np.unique(step[is_test(step)])
    distance = np.abs(step[:, None] - tested[None, :]).min(axis=1)
    near: npt.NDArray[np.bool_] = distance <= HISTORY
    return near


def split(rows: Rows, how: Split = "time", seed: int = 0) -> tuple[Rows, Rows]:
    """Splits rows into those for training and for the test.

    Args:
        rows: as measured.
        how: ``time`` leaves out those near the borders of blocks; ``random`` takes any row, though
            most of its history is that of a row on the other side.
        seed: of the random split.

    Raises:
        AllocatorError: there are too few rows.
    """
    if len(rows) < FEWEST_ROWS or np.ptp(rows.step) < BLOCKS * HISTORY // 2:
        raise AllocatorError(
            f"{len(rows)} rows of {np.unique(rows.step).size} intervals are too few to learn from; "
            f"{FEWEST_ROWS} of {BLOCKS * HISTORY // 2 + 1} or more are required"
        )
    if how == "random":
        tested = np.random.default_rng([seed, SPLIT_STREAM]).random(len(rows)) < 1 / TEST_EVERY
        return rows.where(~tested), rows.where(tested)
    return rows.where(~_near_test(rows.step)), rows.where(is_test(rows.step))


def fit(rows: Rows, settings: TrainingSettings, seed: int) -> Fitted:
    """Trains an estimator on three quarters of the time and tests it on the others.

    Args:
        rows: as measured, none augmented.
        settings: of the training.
        seed: of initial weights, order of rows and augmentation.

    Raises:
        AllocatorError: there are too few rows.
    """
    train_rows, test_rows = split(rows, settings.split, seed)
    rng = np.random.default_rng([seed, AUGMENT_STREAM])
    order = torch.Generator().manual_seed(seed * 100 + ORDER_STREAM)
    augmented = [augment(train_rows, rng, settings.augmentation) for _ in range(settings.fits)]
    with _reproducible(seed):
        several = [_train(each, settings, order) for each in augmented]
        estimator = several[0]
        if len(several) > 1:
            lessons = _mean_of(several, augmented, rng)
            # COPIES times the rows, without noise: half the epochs do.
            less = replace(settings, epochs=math.ceil(settings.epochs / 2))
            estimator = _train(lessons, less, order)
    report = {
        "rows": len(rows),
        "rows_train": len(train_rows),
        "rows_augmented": len(augmented[0]) - len(train_rows),
        "rows_test": len(test_rows),
        "x_coverage": coverage(rows.x),
        "delay_binds": delay_binds(rows),
        **errors_of(estimator, test_rows, train_rows),
    }
    return Fitted(estimator, report)


def errors_of(estimator: Estimator, rows: Rows, known: Rows) -> dict[str, Any]:
    """Holds an estimator against measured rows.

    Args:
        estimator: to be judged.
        rows: measured, not of the training.
        known: of the training; the mean r of each slice there is the prediction to beat.

    Returns:
        ``mae_test``, ``mae_slice_mean``, ``errors`` (absolute, of each row), ``falls`` (share of
        rows in which f falls with x).
    """
    with torch.no_grad():
        x, z = torch.from_numpy(rows.x), torch.from_numpy(rows.z)
        r = estimator(x, z)
        more = estimator((x + MORE_SHARE).clamp(max=1), z)
    errors = np.abs(r.numpy() - rows.r)
    return {
        "mae_test": float(errors.mean()),
        "mae_slice_mean": float(np.abs(_slice_means(known, rows) - rows.r).mean()),
        "errors": [round(float(error), 6) for error in errors],
        "falls": float((more < r - LESS_R).float().mean()),
    }


def _slice_means(known: Rows, rows: Rows) -> npt.NDArray[np.float64]:
    """Predicts each row by its slice's mean; an unseen slice's by the mean of all."""
    overall = float(known.r.mean())
    means = {int(s): float(known.r[known.slice == s].mean()) for s in np.unique(known.slice)}
    return np.array([means.get(int(s), overall) for s in rows.slice])


@contextmanager
def _reproducible(seed: int) -> Iterator[None]:
    """One thread and torch's generator on a seed: the same weights on every run."""
    with one_thread(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


def _mean_of(
    several: Sequence[Estimator], augmented: Sequence[Rows], rng: np.random.Generator
) -> Rows:
    """Gives rows whose r is the mean of estimators: as augmented, and copies at any share."""
    lessons = augmented[0]
    for i in range(1, COPIES):
        copy = augmented[i % len(augmented)]
        anywhere = rng.random(len(copy), np.float32)
        lessons = lessons.followed_by(replace(copy, x=anywhere))
    x, z = torch.from_numpy(lessons.x), torch.from_numpy(lessons.z)
    with torch.no_grad():
        mean = torch.stack([estimator(x, z) for estimator in several]).mean(dim=0)
    return replace(lessons, r=mean.numpy())


def _train(rows: Rows, settings: TrainingSettings, order: torch.Generator) -> Estimator:
    estimator = Estimator(settings.form)
    z = torch.from_numpy(rows.z)
    estimator.scale_by(z)
    inputs = torch.cat([torch.from_numpy(rows.x).unsqueeze(1), estimator.scaled(z)], dim=1)
    wanted = torch.from_numpy(rows.r)
    optimiser = torch.optim.Adam(estimator.parameters(), lr=settings.rate, fused=True)
    for epoch in range(settings.epochs):
        optimiser.param_groups[0]["lr"] = _rate(epoch, settings)
        shuffled = torch.randperm(len(wanted), generator=order)
        _epoch(estimator, optimiser, inputs[shuffled], wanted[shuffled], settings.batch)
    return estimator.requires_grad_(False).eval()


def _epoch(
    estimator: Estimator, optimiser: torch.optim.Adam, inputs: Tensor, wanted: Tensor, batch: int
) -> None:
    batches = zip(torch.split(inputs, batch), torch.split(wanted, batch), strict=True)
    for some, target in batches:
        optimiser.zero_grad(set_to_none=True)
        functional.l1_loss(estimator.unclamped(some), target).backward()  # type: ignore[no-untyped-call]
        optimiser.step()


def _rate(epoch: int, settings: TrainingSettings) -> float:
    along = epoch / max(settings.epochs - 1, 1)
    span = settings.rate - settings.rate_end
    return settings.rate_end + span * (1 + math.cos(math.pi * along)) / 2
