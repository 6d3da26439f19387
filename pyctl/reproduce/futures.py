"""Decisions tried in branches of a simulation: in the future that comes, or in others.

    for r in outcomes(env, tried, at_once): ...
    own = plan(env, shares, cell, present, runs, at_once)

A future of another run has the same users, queues and channel at the border, and draws all that
comes after it anew: arrivals, fading, decoding.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from pyctl.env.cosim import CoSimEnv

Floats = npt.NDArray[np.float32]
Places = npt.NDArray[np.intp]

UNITS = 10  # of which 1 consists: a grid of 0.1


def grid_points(slices: int) -> Iterator[Floats]:
    """Lists all shares in tenths that sum to 1: 66 for three slices, 286 for four."""
    for bars in itertools.combinations(range(UNITS + slices - 1), slices - 1):
        edges = np.array([-1, *bars, UNITS + slices - 1])
        yield ((np.diff(edges) - 1) / UNITS).astype(np.float32)


def outcomes(
    env: CoSimEnv, tried: Sequence[Floats], at_once: int, run: int | None = None
) -> Iterator[Floats]:
    """Puts each of several decisions in force for an interval of a branch.

    Args:
        env: at a border; it stays there.
        tried: ``prb_max`` [C, S] of each branch.
        at_once: branches that run at a time.
        run: of the future that all of them see; None: the one that comes.

    Yields:
        r of each, [C, S].
    """
    for begin in range(0, len(tried), at_once):
        some = tried[begin : begin + at_once]
        twins = env.branch(len(some), None if run is None else [run] * len(some))
        try:
            for twin, shares in zip(twins, some, strict=True):
                twin.send(twin.allowed({"prb_max": shares}))
            for twin in twins:
                yield twin.receive()[0]["r"]
        finally:
            for twin in twins:
                twin.close()


def with_own(shares: Floats, cell: int, present: Places, own: Floats) -> Floats:
    """Gives the present slices of one cell other shares."""
    changed = shares.copy()
    changed[cell, present] = own
    return changed


def plan(
    env: CoSimEnv,
    shares: Floats,
    cell: int,
    present: Places,
    runs: Sequence[int],
    at_once: int,
) -> Floats:
    """Finds the shares of a cell that are best on the mean of several futures.

    A ceiling is its slice's own: what another leaves of its PRBs is nobody's. So r of a slice
    depends on its own share alone, but for which of the PRBs it gets, and a few splits tell r of
    all slices at all tenths, and so what each split of the grid comes to.

    Args:
        env: at a border; it stays there.
        shares: in force in the other cells, [C, S].
        cell: whose shares are planned.
        present: indices of its slices, at least one.
        runs: of the futures.
        at_once: branches that run at a time.

    Returns:
        Shares of the present slices, of the grid.
    """
    levels = np.arange(UNITS + 1) / UNITS
    gains = np.zeros((len(present), UNITS + 1))
    for pair in _pairs(len(present)):
        splits = np.zeros((UNITS + 1, len(present)), np.float32)
        splits[:, pair[-1]] = 1 - levels
        splits[:, pair[0]] = levels
        tried = [with_own(shares, cell, present, own) for own in splits]
        r = np.mean(
            [np.log1p([r[cell, present] for r in outcomes(env, tried, at_once, k)]) for k in runs],
            axis=0,
        )
        gains[pair[-1]] = r[::-1, pair[-1]]
        gains[pair[0]] = r[:, pair[0]]
    points = list(grid_points(len(present)))
    units = np.rint(UNITS * np.stack(points)).astype(int)
    best: Floats = points[int(np.argmax(gains[np.arange(len(present)), units].sum(axis=1)))]
    return best


def _pairs(slices: int) -> list[tuple[int, int]]:
    """Puts slices in pairs, one of which gets what the other leaves; an odd one has the first."""
    pairs = [(i, i + 1) for i in range(0, slices - 1, 2)]
    return pairs if slices % 2 == 0 else [*pairs, (0, slices - 1)]
