"""The trade-off between total cost and the share that is decided locally (equation 9).

costs = Costs.of(exits, demand)
curve = score_curve(costs, costs.gain)           # the oracle, all C_T at once
curve.area_over(oracle), curve.largest_share(cost_of_the_centralised)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from agents.ddnn.cost import PAPER, Prices, sample_cost

Floats = npt.NDArray[np.float64]
STEPS = 1001  # points at which curves are compared


@dataclass(frozen=True, eq=False)
class Costs:
    """Costs of both exits, (samples,), in double precision."""

    local: Tensor
    remote: Tensor

    @classmethod
    def of(cls, local: Tensor, remote: Tensor, demand: Tensor, prices: Prices = PAPER) -> Costs:
        """Computes them of allocations and demand, (samples, stations)."""
        own, other = (sample_cost(one.double(), demand.double(), prices) for one in (local, remote))
        return cls(own, other)

    @property
    def gain(self) -> Tensor:
        """What the cloud saves, C_L - C_R (equation 8)."""
        return self.local - self.remote

    def total(self, stays_local: Tensor) -> float:
        """Total cost (equation 9, without C_T)."""
        return float(torch.where(stays_local, self.local, self.remote).sum())


@dataclass(frozen=True, eq=False)
class Curve:
    """Mean cost of a sample over the share decided locally.

    Attributes:
        share: ascending from 0 to 1.
        cost: mean of a sample, in the unit of the cost.
    """

    share: Floats
    cost: Floats

    @classmethod
    def through(cls, costs: Costs, decisions: Iterable[Tensor]) -> Curve:
        """Draws the curve of a policy from its decisions at several settings.

        The ends are those of all remote and all local. Settings with the same share count with
        their mean.
        """
        count = len(costs.local)
        ends = (torch.zeros(count, dtype=torch.bool), torch.ones(count, dtype=torch.bool))
        found: dict[int, list[float]] = {}
        for stays in (*ends, *decisions):
            found.setdefault(int(stays.sum()), []).append(costs.total(stays) / count)
        number = sorted(found)
        return cls(
            np.array(number) / count, np.array([float(np.mean(found[local])) for local in number])
        )

    def at(self, share: Floats) -> Floats:
        """Cost at other shares, linear between points."""
        return np.interp(share, self.share, self.cost)

    def area_over(self, other: Curve) -> float:
        """Area between this curve and another below it, share times cost of a sample."""
        grid = np.linspace(0, 1, STEPS)
        return float(np.trapezoid(self.at(grid) - other.at(grid), grid))

    def largest_share(self, cost: float) -> float | None:
        """The largest share at which the cost is at most the given one; None where it never is."""
        grid = np.linspace(0, 1, STEPS)
        fit = np.flatnonzero(self.at(grid) <= cost)
        return float(grid[fit[-1]]) if fit.size else None


def score_curve(costs: Costs, score: Tensor) -> Curve:
    """Draws the curve of a policy that stays local where a score is at most a threshold.

    All thresholds at once: samples become local in the order of their score, those with the same
    score together.

    Args:
        costs: of the samples.
        score: of each, (samples,): the gain or a guess of it, or the uncertainty.
    """
    order = torch.argsort(score, stable=True)
    ranked = score[order]
    steps = torch.cumsum(costs.gain[order], dim=0)
    last = torch.ones(len(score), dtype=torch.bool)  # of those with the same score
    last[:-1] = ranked[1:] > ranked[:-1]
    count = len(score)
    share = (torch.arange(1, count + 1)[last]).numpy() / count
    cost = (costs.remote.sum() + steps[last]).numpy() / count
    return Curve(
        np.concatenate([[0.0], share]), np.concatenate([[float(costs.remote.mean())], cost])
    )


def random_curve(costs: Costs) -> Curve:
    """The expectation of deciding at random: the straight line between both ends."""
    ends = [float(costs.remote.mean()), float(costs.local.mean())]
    return Curve(np.array([0.0, 1.0]), np.array(ends))
