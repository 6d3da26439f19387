"""Rows to learn from: what each slice was given, its state before, and the r that came of it.

    log = Log.of_fields(fields, targets_bps, bounds_s, prbs)   # fields [T, C, S] by KPI name
    rows = rows_of(log)
    rows = augment(rows, np.random.default_rng(1))
    coverage(rows.x)

A row belongs to a cell c, a slice s and an interval t; its state is of the ``HISTORY`` intervals
before t and of none later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from agents.errors import AllocatorError
from agents.idla.estimator import BOUND, HISTORY, MEASURED, STATE, TARGET, State, elements

Floats = npt.NDArray[np.float32]
Share = Literal["used", "ceiling"]
Augmentation = Literal["relabel", "paper"]

SATISFIED = 0.999  # r = 1 up to the rounding of a float32 quotient
SERVED = 0.99  # of what was offered: all but what was on its way
WIDER = 2.0
COVERAGE_BINS = 20
KPIS = ("prb_max", "prb_used_dl", "active_ue", "cqi", "thp_dl", "delay_e2e", "offered", "r")
FIELDS = (*KPIS, "slice_active")


@dataclass(frozen=True, eq=False)
class Log:
    """What was measured in consecutive intervals.

    Attributes:
        fields: arrays [T, C, S] by name, at least ``FIELDS``; units as the scenario has them.
        targets_bps: phi* of the slices, [S].
        bounds_s: d* of the slices, [S].
        prbs: of a cell.
        users: of a slice in a cell.
    """

    fields: Mapping[str, Floats]
    targets_bps: Floats
    bounds_s: Floats
    prbs: float
    users: float

    def __post_init__(self) -> None:
        """Refuses what no row can be made of."""
        require_targets(self.targets_bps, self.bounds_s)
        missing = [name for name in FIELDS if name not in self.fields]
        if missing:
            raise AllocatorError(f"the data set has no {', '.join(missing)}")

    @classmethod
    def of_mapping(cls, dataset: Mapping[str, Any]) -> Log:
        """Takes arrays by name, with ``target_bps``, ``delay_bound_s``, ``prbs`` and ``users``."""
        missing = [k for k in ("target_bps", "delay_bound_s", "prbs", "users") if k not in dataset]
        if missing:
            raise AllocatorError(f"the data set has no {', '.join(missing)}")
        return cls(
            {name: np.asarray(dataset[name], np.float32) for name in FIELDS if name in dataset},
            np.asarray(dataset["target_bps"], np.float32),
            np.asarray(dataset["delay_bound_s"], np.float32),
            float(dataset["prbs"]),
            float(dataset["users"]),
        )


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of a data set; N of them.

    Attributes:
        x: share of the cell's PRBs, [N].
        z: state, see ``agents.idla.estimator``, [N, Z].
        r: satisfaction that was measured, [N].
        thp_bps: throughput of a user that was measured, [N].
        delay_s: mean delay that was measured, [N].
        offered_bps: by a user, [N].
        step: interval t, [N].
        slice: index of the slice, [N].
        augmented: the row was made from another, [N].
    """

    x: Floats
    z: Floats
    r: Floats
    thp_bps: Floats
    delay_s: Floats
    offered_bps: Floats
    step: npt.NDArray[np.int64]
    slice: npt.NDArray[np.int64]
    augmented: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.x)

    def where(self, chosen: npt.NDArray[np.bool_]) -> Rows:
        """Keeps the rows that ``chosen`` marks."""
        return Rows(*(array[chosen] for array in self._arrays()))

    def followed_by(self, others: Rows) -> Rows:
        """Joins two sets of rows."""
        pairs = zip(self._arrays(), others._arrays(), strict=True)
        return Rows(*(np.concatenate(pair) for pair in pairs))

    def _arrays(self) -> tuple[npt.NDArray[Any], ...]:
        return (
            *(self.x, self.z, self.r, self.thp_bps, self.delay_s, self.offered_bps),
            *(self.step, self.slice, self.augmented),
        )


def require_targets(targets_bps: Floats, bounds_s: Floats) -> None:
    """Refuses targets that are not above 0.

    Raises:
        AllocatorError: naming the slice's index and the value.
    """
    named = {"target_bps": targets_bps, "delay_bound_s": bounds_s}
    for name, values in named.items():
        for i, value in enumerate(values):
            if not (np.isfinite(value) and value > 0):
                raise AllocatorError(
                    f"{name} of slice number {i + 1} is {value:g}; a number above 0 is required"
                )


def rows_of(log: Log, share: Share = "used", state: State = "paper") -> Rows:
    """Makes a row of each cell, slice and interval whose slice was present for the whole history.

    Slices to which nothing was offered in the interval make none: r is 1 there by definition.

    Args:
        log: what was measured.
        share: what stands for x: PRBs used (p of the paper) or the ceiling.
        state: what z holds.
    """
    if share not in get_args(Share):
        raise AllocatorError(f"share is {share!r}; {' or '.join(get_args(Share))} is required")
    fields = log.fields
    used = fields["prb_used_dl"] / np.float32(log.prbs)
    x = np.clip(used if share == "used" else fields["prb_max"], 0, 1)
    steps = np.arange(HISTORY, len(x))
    active = fields["slice_active"] > 0
    known = np.all([active[steps - back] for back in range(HISTORY + 1)], axis=0)
    t, cell, own = np.nonzero(known & (fields["offered"][steps] > 0))
    t = steps[t]
    z = np.empty((len(t), elements(state)), np.float32)
    for i in range(HISTORY):
        z[:, i] = fields["active_ue"][t - HISTORY + i, cell, own]
        z[:, HISTORY + i] = fields["cqi"][t - HISTORY + i, cell, own]
    z[:, TARGET] = log.targets_bps[own]
    z[:, BOUND] = log.bounds_s[own]
    if state == "measured":
        for i, name in enumerate(MEASURED, start=STATE):
            z[:, i] = fields[name][t - 1, cell, own]
    at = (t, cell, own)
    return Rows(
        x=x[at],
        z=z,
        r=fields["r"][at],
        thp_bps=fields["thp_dl"][at],
        delay_s=fields["delay_e2e"][at],
        offered_bps=fields["offered"][at] / np.float32(log.users),
        step=t,
        slice=own,
        augmented=np.zeros(len(t), bool),
    )


def augment(rows: Rows, rng: np.random.Generator, how: Augmentation = "relabel") -> Rows:
    """Adds copies of rows that say what else their measurement tells (section IV-A).

    (1) What was achieved tells r for other targets too. ``paper``: had a row with r < 1 been asked
    for what it achieved, its r would have been 1. ``relabel`` (ours): any row is asked for random
    targets, and r follows by eq. 3. The paper's copies have r = 1 without exception, so that f
    learns that targets it does not know are always met, and starves each new slice.

    (2) r = 1: with any larger share it would be 1 too.

    A row that delivered nothing tells neither.

    Args:
        rows: as measured.
        rng: of random targets and shares.
        how: of rule 1.
    """
    delivered = (rows.thp_bps > 0) & (rows.delay_s > 0) & np.isfinite(rows.delay_s)
    short = rows.r < SATISFIED
    if how == "paper":
        other = _marked(rows.where(short & delivered))
        other.z[:, TARGET] = other.thp_bps
        other.z[:, BOUND] = other.delay_s
        other.r[:] = 1
    else:
        other = _asked_otherwise(_marked(rows.where(delivered)), rng)
    generous = _marked(rows.where(~short))
    generous.x[:] = rng.uniform(generous.x, 1).astype(np.float32)
    return rows.followed_by(other).followed_by(generous)


def _asked_otherwise(rows: Rows, rng: np.random.Generator) -> Rows:
    """Gives rows random targets, up to ``WIDER`` times beyond those that are known."""
    if len(rows) == 0:
        return rows
    for column in (TARGET, BOUND):
        low, high = np.log(rows.z[:, column].min()), np.log(rows.z[:, column].max())
        wider = np.log(WIDER)
        rows.z[:, column] = np.exp(rng.uniform(low - wider, high + wider, len(rows)))
    # As the scenario counts: who asks for less than the target is content with that.
    wanted = np.minimum(rows.z[:, TARGET], rows.offered_bps)
    met = np.where(rows.thp_bps >= SERVED * rows.offered_bps, 1, rows.thp_bps / wanted)
    rows.r[:] = np.clip(np.minimum(met, rows.z[:, BOUND] / rows.delay_s), 0, 1)
    return rows


def _marked(rows: Rows) -> Rows:
    copies = Rows(*(array.copy() for array in rows._arrays()))
    copies.augmented[:] = True
    return copies


def coverage(x: Floats, bins: int = COVERAGE_BINS) -> float:
    """Tells how much of [0, 1] shares x cover: part of equal bins with any of them in it."""
    return float((np.histogram(x, bins=bins, range=(0, 1))[0] > 0).mean())


def delay_binds(rows: Rows) -> float:
    """Tells in what part of the rows with r < 1 the delay, not the throughput, is what is short."""
    short = rows.where(rows.r < SATISFIED)
    if len(short) == 0:
        return 0.0
    by_delay = short.z[:, BOUND] / short.delay_s
    return float(np.isclose(short.r, by_delay, rtol=1e-3).mean())


def state_of(
    history: Mapping[str, Floats],
    present: npt.NDArray[np.bool_],
    asked: Sequence[Floats],
    state: State = "paper",
) -> Floats:
    """Makes the state of all cells and slices at a border.

    Where a slice has no history in an interval (it was not there, or it is too early), its CQI is
    the mean of the cell's slices there, and its users too: 0 users would say that a new slice needs
    nothing. The same holds of what was measured. Where there is nothing at all, all are 0.

    Args:
        history: last ``HISTORY`` intervals, oldest first, [H, C, S], NaN where there was none;
            ``active_ue``, ``cqi``, ``slice_active`` and, for a measured state, ``MEASURED``.
        present: slices in the coming interval, [C, S].
        asked: target [bit/s] and delay bound [s] of the slices, each [S].
        state: what z holds.

    Returns:
        z, [C, S, Z].
    """
    z = np.empty((*present.shape, elements(state)), np.float32)
    active = history["slice_active"] > 0
    for first, name in ((0, "active_ue"), (HISTORY, "cqi")):
        values = _completed(history[name], active)
        z[..., first : first + HISTORY] = np.moveaxis(values, 0, -1)
    for i, values in ((TARGET, asked[0]), (BOUND, asked[1])):
        z[..., i] = values
    if state == "measured":
        for i, name in enumerate(MEASURED, start=STATE):
            z[..., i] = _completed(history[name][-1:], active[-1:])[0]
    return z


def _completed(values: Floats, active: npt.NDArray[np.bool_]) -> Floats:
    """Fills gaps by the slice's own mean, else by the cell's, else by 0."""
    known = np.where(active, values, 0)
    own = _mean(known, active, (0,))
    cell = _mean(known, active, (0, 2))
    substitute = np.where(active.any(axis=0, keepdims=True), own, cell)
    return np.where(active, values, substitute)


def _mean(known: Floats, active: npt.NDArray[np.bool_], axis: tuple[int, ...]) -> Floats:
    count = active.sum(axis=axis, keepdims=True)
    total: Floats = known.sum(axis=axis, keepdims=True) / np.maximum(count, 1)
    return total
