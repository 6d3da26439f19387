"""Equation 3: hand values, and the gradient against finite differences."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from agents.ddnn.cost import Prices, element_cost, over_provision, sample_cost, violations


@pytest.mark.parametrize(
    ("allocation", "demand", "cost"),
    [
        (0.5, 0.5, 0.0),
        (0.4, 0.5, 0.5),  # 50 * 0.1^2
        (0.7, 0.5, 0.2),  # 1 * 0.2
        (0.0, 1.0, 50.0),
        (1.5, 1.0, 0.5),
    ],
)
def test_by_hand(allocation: float, demand: float, cost: float) -> None:
    found = element_cost(torch.tensor(allocation).double(), torch.tensor(demand).double())
    assert float(found) == pytest.approx(cost, rel=1e-6)  # inputs such as 0.4 are float32


def test_other_prices() -> None:
    allocation, demand = torch.tensor([0.0, 1.0]), torch.tensor([1.0, 0.0])
    assert element_cost(allocation, demand, Prices(under=2, over=3)).tolist() == [2, 3]


def test_a_sample_costs_what_its_stations_do() -> None:
    allocation = torch.tensor([[0.5, 0.5], [0.0, 0.0]])
    demand = torch.tensor([[0.25, 1.0], [0.0, 0.0]])
    # 0.25 over, and 50 * 0.5^2 under
    assert sample_cost(allocation, demand).tolist() == [0.25 + 12.5, 0]


@given(gap=st.floats(-2, 2).filter(lambda gap: abs(gap) > 1e-3), demand=st.floats(0, 1))
def test_gradient_is_that_of_finite_differences(gap: float, demand: float) -> None:
    allocation = torch.tensor(demand + gap, dtype=torch.float64, requires_grad=True)
    wanted = torch.tensor(demand, dtype=torch.float64)
    element_cost(allocation, wanted).backward()
    step = 1e-5
    ends = [float(element_cost(allocation.detach() + sign * step, wanted)) for sign in (1.0, -1.0)]
    # Central differences are exact for a parabola; rounding leaves 1e-16 * 200 / 1e-5 = 2e-9.
    assert float(allocation.grad) == pytest.approx((ends[0] - ends[1]) / (2 * step), abs=1e-7)


def test_gradient_at_equality_is_zero() -> None:
    allocation = torch.tensor(0.3, requires_grad=True)
    element_cost(allocation, torch.tensor(0.3)).backward()
    assert float(allocation.grad) == 0


def test_the_best_allocation_of_a_noisy_demand() -> None:
    # E f is least where P(d < y) = 2 (c1 / c2) E max(d - y, 0): for Gaussian noise with s = 0.1 at
    # y = mean + 1.0 s, for s = 0.005 at mean - 0.44 s.
    noise = torch.from_numpy(norm.ppf((np.arange(5000) + 0.5) / 5000))
    candidates = torch.linspace(-2, 2, 401, dtype=torch.float64)
    for deviation, best in ((0.1, 1.0), (0.005, -0.44)):
        costs = element_cost(candidates[:, None] * deviation, noise * deviation).mean(dim=1)
        assert float(candidates[costs.argmin()]) == pytest.approx(best, abs=0.05)


def test_violations_have_a_tolerance() -> None:
    demand = torch.tensor([0.5, 0.5, 0.5, 0.5])
    allocation = torch.tensor([0.495, 0.48, 0.5, 0.7])
    assert float(violations(allocation, demand)) == 0.25
    assert float(over_provision(allocation, demand)) == pytest.approx(0.05)
