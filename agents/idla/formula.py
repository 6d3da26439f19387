"""A network of formulas with the KPIs of the scenario `cells`: to time, to try and to test with.

It has no packets and proves nothing of a network; where results are shown from it, they say so.
In a cell, a slice's PRBs carry ``x capacity(CQI)``; what is offered follows a daily wave; delay is
that of an M/M/1 queue, or that of a full buffer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from agents.protocol import Array, Context, FieldSchema, Observation

Floats = npt.NDArray[np.float64]

TARGETS_BPS = (2e6, 1e6, 1.5e6, 0.5e6)
BOUNDS_S = (0.1, 0.1, 0.05, 0.1)
USERS = 4
LOAD = 1.2  # offered by a user at the top of the wave, over its target
CAPACITY_BPS_PER_CQI = 1.6e6  # of a whole cell
DAY = 96
PACKET_BITS = 9600.0
BUFFER_BITS = 400_000.0
DELAY_MAX_S = 10.0
PRBS = 100
STREAM = 15


class FormulaCells:
    """Cells and slices whose KPIs are formulas of the shares."""

    def __init__(self, cells: int, slices: int, seed: int) -> None:
        """Draws a CQI and a phase of the day for each cell and slice.

        Args:
            cells: C.
            slices: S; targets repeat after four.
            seed: of all draws.
        """
        self._rng = np.random.default_rng([seed, STREAM])
        self._shape = (cells, slices)
        self.targets_bps = np.resize(TARGETS_BPS, slices)
        self.bounds_s = np.resize(BOUNDS_S, slices)
        self._cqi_mean = self._rng.uniform(6, 13, self._shape)
        self._cqi = self._cqi_mean.copy()
        self._phase = self._rng.uniform(0, 1, slices)
        self._step = 0

    def context(self, seed: int = 1) -> Context:
        """Describes the network to an allocator."""
        slices = [
            {"id": i + 1, "target_bps": target, "delay_bound_s": bound}
            for i, (target, bound) in enumerate(zip(self.targets_bps, self.bounds_s, strict=True))
        ]
        action = FieldSchema(
            name="prb_max",
            shape=self._shape,
            axes=("cell", "slice"),
            low=np.zeros(self._shape, np.float32),
            high=np.ones(self._shape, np.float32),
            unit="fraction",
            meaning="share of the cell's PRBs",
            sum_axis="slice",
            sum_max=1.0,
        )
        values = {"slices": slices, "prbs": PRBS, "ues_per_slice": USERS}
        return Context("formula", seed, 1.0, (), (action,), values)

    def step(self, shares: Floats, present: npt.NDArray[np.bool_] | None = None) -> dict[str, Any]:
        """Puts shares [C, S] in force for an interval; gives its KPIs [C, S] by name."""
        there = np.ones(self._shape, bool) if present is None else present
        offered = self._offered() * there
        self._cqi += 0.3 * (self._cqi_mean - self._cqi) + self._rng.normal(0, 0.4, self._shape)
        cqi = np.clip(self._cqi, 1, 15)
        capacity = shares * cqi * CAPACITY_BPS_PER_CQI
        served = np.minimum(offered, capacity)
        busy = served / np.maximum(capacity, 1e-9)
        delay = np.minimum(_delay_s(offered, capacity), DELAY_MAX_S)
        wanted = np.minimum(self.targets_bps, offered / USERS)
        met = np.where(offered > 0, served / USERS / np.maximum(wanted, 1e-9), 1)
        r = np.clip(np.minimum(met, self.bounds_s / np.maximum(delay, 1e-9)), 0, 1)
        self._step += 1
        fields = {
            "prb_max": shares,
            "prb_used_dl": busy * shares * PRBS,
            "active_ue": USERS * busy,
            "cqi": cqi,
            "thp_dl": served / USERS,
            "delay_e2e": delay,
            "offered": offered,
            "r": np.where(offered > 0, r, 1),
            "slice_active": there,
            "slice_present": there,
        }
        return {name: np.asarray(values, np.float32) for name, values in fields.items()}

    def _offered(self) -> Floats:
        wave = 0.55 + 0.45 * np.sin(2 * np.pi * (self._step / DAY + self._phase))
        return np.broadcast_to(wave * LOAD * USERS * self.targets_bps, self._shape)


def _delay_s(offered: Floats, capacity: Floats) -> Floats:
    """M/M/1 up to a full buffer; that of a full buffer above."""
    spare = np.maximum(capacity - offered, 1e-9)
    full = BUFFER_BITS / np.maximum(capacity, 1e-9)
    delay: Floats = np.where(offered < capacity, np.minimum(PACKET_BITS / spare, full), full)
    return delay


def record(
    network: FormulaCells, shares: Floats, prbs: float = PRBS
) -> dict[str, npt.NDArray[np.float32] | float]:
    """Plays shares [T, C, S]; gives a data set for ``fit``."""
    steps = [network.step(each) for each in shares]
    return {
        **{name: np.stack([fields[name] for fields in steps]) for name in steps[0]},
        "target_bps": network.targets_bps.astype(np.float32),
        "delay_bound_s": network.bounds_s.astype(np.float32),
        "prbs": prbs,
        "users": USERS,
    }


def observe(step: int, past: Sequence[Mapping[str, Array]], length: int) -> Observation:
    """Makes the observation after ``past``, with the last ``length`` intervals as history."""
    last = past[-length:]
    missing = length - len(last)
    history = {
        name: np.concatenate(
            [np.full((missing, *values.shape), np.nan, np.float32)] * (missing > 0)
            + [np.stack([each[name] for each in last])]
        )
        for name, values in past[-1].items()
    }
    return Observation(step, float(step), past[-1], history)
