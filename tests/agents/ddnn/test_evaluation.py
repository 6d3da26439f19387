"""Trade-off curves against hand values; the random curve is the straight line."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from agents.ddnn.evaluation import Costs, Curve, random_curve, score_curve
from agents.ddnn.policies import Random
from agents.ddnn.view import View
from agents.ddnn.wan import LinkState

# Gains 3, -1, 0 and 2.
COSTS = Costs(
    torch.tensor([4.0, 1.0, 2.0, 3.0], dtype=torch.float64),
    torch.tensor([1.0, 2.0, 2.0, 1.0], dtype=torch.float64),
)


def test_costs_of_exits() -> None:
    demand = torch.tensor([[0.5, 0.5]])
    costs = Costs.of(torch.tensor([[0.4, 0.5]]), torch.tensor([[0.5, 0.75]]), demand)
    assert float(costs.local) == pytest.approx(0.5, rel=1e-6)  # 50 * 0.1^2; 0.4 is a float32
    assert float(costs.remote) == 0.25
    assert float(costs.gain) == pytest.approx(0.25, rel=1e-6)


def test_the_oracles_curve() -> None:
    curve = score_curve(COSTS, COSTS.gain)
    assert curve.share.tolist() == [0, 0.25, 0.5, 0.75, 1]
    # All remote 6; then the samples with gain -1, 0, 2, 3 become local; a mean of four.
    assert curve.cost.tolist() == [6 / 4, 5 / 4, 5 / 4, 7 / 4, 10 / 4]


def test_samples_of_one_score_change_together() -> None:
    curve = score_curve(COSTS, torch.tensor([1.0, 0.0, 1.0, 1.0]))
    assert curve.share.tolist() == [0, 0.25, 1]
    assert curve.cost.tolist() == [6 / 4, 5 / 4, 10 / 4]


def test_a_curve_through_settings() -> None:
    decisions = [
        torch.tensor([False, True, False, False]),
        torch.tensor([True, False, False, False]),  # the same share: 9 and 5 are 7 on average
        torch.tensor([False, True, True, True]),
    ]
    curve = Curve.through(COSTS, decisions)
    assert curve.share.tolist() == [0, 0.25, 0.75, 1]
    assert curve.cost.tolist() == [6 / 4, 7 / 4, 7 / 4, 10 / 4]


def test_area_between_curves() -> None:
    oracle, chance = score_curve(COSTS, COSTS.gain), random_curve(COSTS)
    # Trapezia of width 1/4 under 6, 5, 5, 7, 10 quarters: (3 + 5 + 5 + 7 + 5) / 16; under the
    # line from 6 to 10 quarters: 8 / 4. The grid of 1000 steps holds the corners.
    assert chance.area_over(oracle) == pytest.approx(8 / 4 - 25 / 16, abs=1e-9)
    assert oracle.area_over(oracle) == 0


def test_the_largest_share_at_a_cost() -> None:
    oracle = score_curve(COSTS, COSTS.gain)
    assert oracle.largest_share(6 / 4) == pytest.approx(0.5 + 0.25 / 2)  # between 5 and 7 quarters
    assert oracle.largest_share(1.0) is None
    assert oracle.largest_share(99.0) == 1


def test_random_decisions_lie_on_the_straight_line() -> None:
    draws = np.random.default_rng(5)
    costs = Costs(*(torch.from_numpy(draws.random(4000)) for _ in range(2)))
    nothing = torch.zeros((4000, 1, 1))
    view = View(nothing, nothing, nothing[:, 0], nothing[:, 0])
    line = random_curve(costs)
    deviation = float(costs.gain.std()) / np.sqrt(4000)
    for i in range(21):
        chosen = [
            Random(i / 20, seed=100 * i + k).stays_local(view, LinkState()) for k in range(20)
        ]
        found = np.mean([costs.total(stays) / 4000 for stays in chosen])
        share = np.mean([float(stays.double().mean()) for stays in chosen])
        # The mean cost at a share has a deviation of at most deviation / 2 a draw, of 20 draws
        # deviation / 9; five of these.
        assert found == pytest.approx(float(line.at(share)), abs=5 * deviation / 9)


def test_the_oracle_is_below_every_other_curve() -> None:
    draws = np.random.default_rng(6)
    costs = Costs(*(torch.from_numpy(draws.random(300)) for _ in range(2)))
    oracle = score_curve(costs, costs.gain)
    grid = np.linspace(0, 1, 301)
    for seed in range(5):
        guess = torch.from_numpy(np.random.default_rng(seed).random(300))
        other = score_curve(costs, guess)
        assert (oracle.at(grid) <= other.at(grid) + 1e-12).all()
        assert other.area_over(oracle) > 0
    assert oracle.cost.min() < min(oracle.cost[0], oracle.cost[-1])
