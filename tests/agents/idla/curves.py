"""Curves f over x that are known in closed form, in place of an estimator's."""

from __future__ import annotations

from typing import Self

import torch
from torch import Tensor


class Exponential:
    """f(x) = 1 - exp(-a x): log(1 + f) is concave."""

    def __init__(self, rates: Tensor) -> None:
        self.rates = rates  # [C, S]

    def value(self, x: Tensor) -> Tensor:
        return 1 - torch.exp(-self.rates * x)

    def value_and_slope(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.value(x), self.rates * torch.exp(-self.rates * x)

    def of_cells(self, chosen: Tensor, slices: int) -> Self:
        return type(self)(self.rates[chosen])


class Knee(Exponential):
    """f(x) = min(a x, 1): what a share is worth where 1 / a of the cell is enough."""

    def value(self, x: Tensor) -> Tensor:
        return (self.rates * x).clamp(max=1)

    def value_and_slope(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.value(x), self.rates * (self.rates * x < 1)


class Steps(Exponential):
    """f is 0 below a threshold 1 / a and 1 from there on: no slope tells where."""

    def value(self, x: Tensor) -> Tensor:
        return (self.rates * x >= 1 - 1e-6).to(x.dtype)

    def value_and_slope(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.value(x), torch.zeros_like(x)


class NotANumber(Exponential):
    """f is no number in the first cell."""

    def value(self, x: Tensor) -> Tensor:
        value = super().value(x)
        value[..., 0, :] = torch.nan
        return value

    def value_and_slope(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.value(x), super().value_and_slope(x)[1]

    def of_cells(self, chosen: Tensor, slices: int) -> Self:
        assert chosen.tolist() == [0]
        return super().of_cells(chosen, slices)
