"""Expected costs against hand values and against what is drawn."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from agents.ddnn import expected
from agents.ddnn.cost import sample_cost
from agents.ddnn.expected import ExpectedCosts
from agents.ddnn.offload import Regression
from agents.ddnn.training import Training
from agents.ddnn.view import View


def constant(inputs: int, value: float) -> Regression:
    model = Regression(inputs, 16)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        model.layers[-1].bias.fill_(value)
    return model


def view(local: float, in_force: float, samples: int = 2) -> View:
    allocation = torch.full((samples, 16), local)
    return View(
        torch.zeros((samples, 16, 144)),
        torch.zeros((samples, 16, 1)),
        allocation,
        torch.full((samples, 16), in_force),
    )


def test_costs_by_hand() -> None:
    # A forecast of 0.5 with errors of -0.1 and 0.1, each in half of the cases.
    model = ExpectedCosts(16)
    model.forecast = constant(View.features_of(16), 0.5)
    model.remote_guess = constant(16, 0.6)
    model.spread.copy_(torch.tensor([0.05, 0.1]).expand(16, 2))  # 0.05 + 0.1 * 0.5
    model.errors.copy_(torch.tensor([-1.0, 1.0]).repeat(50)[:, None].expand(100, 16))
    some = view(local=0.5, in_force=0.4)
    # At 0.5 half 0.1 too much, half 50 * 0.1^2; at 0.6 half 0.2 too much; at 0.4 half 50 * 0.2^2.
    costs = {0.5: 16 * (0.05 + 0.25), 0.6: 16 * 0.1, 0.4: 16 * 1.0}
    for allocation, cost in costs.items():
        found = model.cost(torch.full((2, 16), allocation), some)
        assert found.tolist() == pytest.approx([cost] * 2, rel=1e-4)  # of float32
    assert model.gain(some).tolist() == pytest.approx([costs[0.5] - costs[0.6]] * 2, rel=1e-4)
    assert model.harm(some).tolist() == pytest.approx([costs[0.4] - costs[0.5]] * 2, rel=1e-4)


def test_the_fit_finds_the_mean_cost_of_what_was_drawn() -> None:
    draws = np.random.default_rng(1)
    level = draws.uniform(0.2, 0.8, (1200, 16)).astype(np.float32)
    demand = torch.from_numpy(level + (0.02 + 0.1 * level) * draws.standard_normal((1200, 16)))
    windows = torch.from_numpy(np.repeat(level[:, :, None], 144, axis=2))
    z = torch.from_numpy(level)[..., None] - 0.5
    local = torch.from_numpy(level)
    seen = View(windows, z, local, local)
    learning = Training(learning_rate=1e-2, batch=204, epochs=20, patience=20)
    model = expected.fit_expected([seen], 0.5 * local + 0.3, demand.float(), 1, learning)
    guess = model.remote_guess.predict(z.flatten(1))
    assert float((guess - (0.5 * local + 0.3)).abs().mean()) < 0.02
    for allocation in (local, local + 0.1):
        drawn = float(sample_cost(allocation, demand).mean())
        # The mean of 1200 samples of 16 stations is right within 1 %; the fit adds some.
        assert float(model.cost(allocation, seen).mean()) == pytest.approx(drawn, rel=0.1)
