"""Demands of 16 stations over time: gaps, normalisation, windows and a chronological split.

    parts = prepare(demands)            # (slots, 16), raw units
    parts.train.windows                 # (samples, 16, 144)
    parts.normaliser.denormalise(...)   # back to raw units

Errors name the station by its column.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from agents.errors import AllocatorError

STATIONS = 16
LAGS = 144  # one day of 10-minute slots
FILLED_SLOTS = 3  # a longer gap is not bridged
SHARES = (0.6, 0.2, 0.2)  # training, validation, test: in this order in time

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Normaliser:
    """Maps each station's demand to [0, 1] by its least and greatest training value.

    Later values may fall outside: nothing is clipped.

    Attributes:
        low: least value of each station, (stations,).
        high: greatest value, (stations,).
    """

    low: Floats
    high: Floats

    @classmethod
    def of(cls, demands: Floats) -> Normaliser:
        """Takes least and greatest of each column.

        Raises:
            AllocatorError: a station never changes, as one that is switched off.
        """
        low, high = demands.min(axis=0), demands.max(axis=0)
        for station in np.flatnonzero(high <= low):
            raise AllocatorError(
                f"demand of station {station} is {low[station]:g} in every training slot; one that "
                "changes is required"
            )
        return cls(low, high)

    def normalise(self, demands: Floats) -> Floats:
        """Maps raw demands, (..., stations)."""
        return (demands - self.low) / (self.high - self.low)

    def denormalise(self, values: Floats) -> Floats:
        """Maps back, (..., stations)."""
        return values * (self.high - self.low) + self.low


class Samples(NamedTuple):
    """What a model learns from: inputs and targets, both with the samples on the first axis."""

    inputs: Tensor
    targets: Tensor


@dataclass(frozen=True, eq=False)
class Part:
    """Samples of a part of the time.

    Attributes:
        windows: the lags before each sample, oldest first, (samples, stations, lags).
        demand: of the sample's slot, (samples, stations).
        slots: index of the sample's slot in the series, (samples,).
    """

    windows: Tensor
    demand: Tensor
    slots: npt.NDArray[np.int64]

    @property
    def samples(self) -> Samples:
        """Windows, and the demand that they are to tell."""
        return Samples(self.windows, self.demand)


@dataclass(frozen=True, eq=False)
class Parts:
    """The three parts, and how demands were normalised."""

    train: Part
    validation: Part
    test: Part
    normaliser: Normaliser


def prepare(
    demands: Floats, stations: int = STATIONS, lags: int = LAGS, shares: tuple[float, ...] = SHARES
) -> Parts:
    """Fills short gaps, splits by time and makes windows.

    A window may reach back into the part before: it holds what was known by then.

    Args:
        demands: raw, (slots, stations); NaN where one is missing.
        stations: columns that are required.
        lags: slots of a window.
        shares: of the slots, for training, validation and test.

    Raises:
        AllocatorError: the shape is wrong, values are missing or not allowed, a station never
            changes, or there are too few slots.
    """
    filled = fill_forward(_checked(demands, stations))
    first, second = _borders(len(filled), shares)
    if first <= lags:
        raise AllocatorError(
            f"demand has {len(filled)} slots, {first} of them for training; more than {lags} (one "
            "window) are required there"
        )
    normaliser = Normaliser.of(filled[:first])
    values = normaliser.normalise(filled)
    borders = ((lags, first), (first, second), (second, len(values)))
    train, validation, test = (_part(values, lags, *border) for border in borders)
    return Parts(train, validation, test, normaliser)


def fill_forward(demands: Floats, limit: int = FILLED_SLOTS) -> Floats:
    """Fills gaps with the last value before them.

    Args:
        demands: (slots, stations).
        limit: the longest gap that is filled [slots].

    Raises:
        AllocatorError: a gap is longer, or is at the beginning.
    """
    slots = np.arange(len(demands))[:, None]
    known = np.maximum.accumulate(np.where(np.isnan(demands), -1, slots), axis=0)
    wrong = np.argwhere((known < 0) | (slots - known > limit))
    if wrong.size:
        slot, station = wrong[0]
        raise AllocatorError(
            f"demand of station {station} is missing in slot {slot}, with none in the {limit} "
            "slots before to fill it with"
        )
    filled: Floats = np.take_along_axis(demands, known, axis=0)
    return filled


def check_window(window: Floats, stations: int = STATIONS, lags: int = LAGS) -> Floats:
    """Makes one decision's window fit: fills short gaps.

    Args:
        window: (stations, lags), oldest first; NaN where a value is missing.
        stations: that are required.
        lags: that are required.

    Raises:
        AllocatorError: the shape is another, or a value is missing for too long or infinite.
    """
    if window.shape != (stations, lags):
        raise AllocatorError(
            f"window has shape {window.shape}; {(stations, lags)} (stations, slots) is required"
        )
    if np.isinf(window).any():
        station, slot = np.argwhere(np.isinf(window))[0]
        raise AllocatorError(
            f"demand of station {station} is infinite in slot {slot}; a finite number is required"
        )
    return fill_forward(window.T).T


def _checked(demands: Floats, stations: int) -> Floats:
    if demands.ndim != 2 or demands.shape[1] != stations:
        raise AllocatorError(
            f"demand has shape {demands.shape}; (slots, {stations}), a column for each station, "
            "is required"
        )
    wrong = np.argwhere(np.isinf(demands) | (demands < 0))
    if wrong.size:
        slot, station = wrong[0]
        raise AllocatorError(
            f"demand of station {station} is {demands[slot, station]:g} in slot {slot}; a finite "
            "number of at least 0 is required"
        )
    return np.asarray(demands, dtype=np.float64)


def _borders(slots: int, shares: tuple[float, ...]) -> tuple[int, int]:
    first = round(slots * shares[0])
    return first, first + round(slots * shares[1])


def _part(values: Floats, lags: int, start: int, end: int) -> Part:
    known = np.lib.stride_tricks.sliding_window_view(values, lags, axis=0)  # [slots, K, lags]
    slots = np.arange(start, end)
    return Part(
        torch.tensor(known[slots - lags], dtype=torch.float32),
        torch.tensor(values[slots], dtype=torch.float32),
        slots,
    )
