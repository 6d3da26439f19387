"""The asymmetric cost of an allocation, equation 3: too little costs more than too much."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

# Demand above the allocation by less than this share of the peak violates nothing: the cost has no
# slope at 0, so its minimiser leaves many tiny gaps.
VIOLATION_TOLERANCE = 0.01


@dataclass(frozen=True)
class Prices:
    """Coefficients of equation 3.

    Attributes:
        under: c1, of the squared gap where the allocation is at most the demand.
        over: c2, of the gap where it is more.
    """

    under: float = 50.0
    over: float = 1.0


PAPER = Prices()


def element_cost(allocation: Tensor, demand: Tensor, prices: Prices = PAPER) -> Tensor:
    """Cost of each element.

    Args:
        allocation: in units of the normalised demand, of any shape.
        demand: of the same shape.
        prices: c1 and c2.

    Returns:
        Costs of that shape. The gradient at equality is 0.
    """
    gap = allocation - demand
    return torch.where(gap > 0, prices.over * gap, prices.under * gap.square())


def sample_cost(allocation: Tensor, demand: Tensor, prices: Prices = PAPER) -> Tensor:
    """Cost of all stations together: the sum over the last axis."""
    return element_cost(allocation, demand, prices).sum(dim=-1)


def violations(allocation: Tensor, demand: Tensor) -> Tensor:
    """Share of the elements whose demand is above the allocation by more than the tolerance."""
    return (demand - allocation > VIOLATION_TOLERANCE).double().mean()


def over_provision(allocation: Tensor, demand: Tensor) -> Tensor:
    """Mean of what is allocated and not demanded, in units of the normalised demand."""
    return (allocation - demand).clamp(min=0).double().mean()
