"""Ours: what either exit, or waiting, is expected to cost, from what the edge knows.

    model = fit_expected(views, remote, demand, seed=1)
    model.gain(view)      # E[C_L - C_R], (samples,)
    model.harm(view)      # E[C_in_force - C_L], (samples,)

Realised gains are mostly noise: a regression of them has little to learn from. Two things can be
learnt well: the remote allocation, which z alone decides, and the coming demand with the spread of
its errors. The costs of equation 3 are then averaged over those errors.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from agents.ddnn.cost import PAPER, Prices, sample_cost
from agents.ddnn.offload import LEARNING, Regression, fit_regression
from agents.ddnn.training import Training
from agents.ddnn.view import View

QUANTILES = 100  # of the errors of the demand, for each station
LEAST_SPREAD = 0.005  # of an error, in units of the normalised demand


class ExpectedCosts(nn.Module):
    """Expected costs over the errors of a forecast.

    An error's spread grows with the forecast, station by station: a_k + b_k max(forecast, 0).

    Args:
        stations: how many.
        prices: c1 and c2.
    """

    spread: Tensor
    errors: Tensor

    def __init__(self, stations: int, prices: Prices = PAPER) -> None:
        super().__init__()
        self.prices = prices
        self.remote_guess = Regression(stations, stations)
        self.forecast = Regression(View.features_of(stations), stations)
        self.register_buffer("spread", torch.zeros(stations, 2))
        self.register_buffer("errors", torch.zeros(QUANTILES, stations))

    def cost(self, allocation: Tensor, view: View) -> Tensor:
        """Expected cost of an allocation (samples, stations) in the coming slot, (samples,)."""
        middle = self.forecast.predict(view.features())
        demand = middle + self.spread_of(middle) * self.errors[:, None, :]  # [errors, samples, k]
        return sample_cost(allocation.expand_as(demand), demand, self.prices).mean(dim=0)

    def gain(self, view: View) -> Tensor:
        """Expected C_L - C_R, (samples,)."""
        remote = self.remote_guess.predict(view.z.flatten(1))
        return self.cost(view.local, view) - self.cost(remote, view)

    def harm(self, view: View) -> Tensor:
        """Expected C_in_force - C_L, (samples,): what it costs to wait for an answer."""
        return self.cost(view.in_force, view) - self.cost(view.local, view)

    def spread_of(self, forecast: Tensor) -> Tensor:
        """Spread of the errors of forecasts (samples, stations)."""
        base, slope = self.spread.unbind(dim=1)
        return (base + slope * forecast.clamp(min=0)).clamp(min=LEAST_SPREAD)


def fit_expected(
    views: Sequence[View],
    remote: Tensor,
    demand: Tensor,
    seed: int,
    settings: Training = LEARNING,
) -> ExpectedCosts:
    """Fits the model.

    Args:
        views: parts of the data, in the order of time.
        remote: allocation of the remote exit for their samples, (samples, stations).
        demand: of their slots, (samples, stations).
        seed: of weights and order.
        settings: of the fits.
    """
    model = ExpectedCosts(demand.shape[1])
    z = torch.cat([view.z.flatten(1) for view in views])
    features = torch.cat([view.features() for view in views])
    model.remote_guess = fit_regression(z, remote, seed, settings)
    model.forecast = fit_regression(features, demand, seed, settings)
    forecast = model.forecast.predict(features)
    model.spread.copy_(_line_through(forecast.clamp(min=0), (demand - forecast).abs()))
    middles = (torch.arange(QUANTILES) + 0.5) / QUANTILES
    standardised = (demand - forecast) / model.spread_of(forecast)
    model.errors.copy_(torch.quantile(standardised, middles, dim=0))
    return model.eval()


def _line_through(forecast: Tensor, error: Tensor) -> Tensor:
    """Fits error = a + b forecast by least squares, station by station; (stations, 2).

    In double precision: how LAPACK rounds depends on where the memory happens to lie, and in single
    precision that shows in the result.
    """
    columns = torch.stack([torch.ones_like(forecast), forecast], dim=-1).transpose(0, 1).double()
    solution: Tensor = torch.linalg.lstsq(columns, error.T[..., None].double()).solution
    return solution.squeeze(-1).float()
