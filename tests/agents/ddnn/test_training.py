"""Fitting: the same seed gives the same bytes, the best epoch is kept, weights of exits matter."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from agents.ddnn import network, offload, training
from agents.ddnn.cost import sample_cost
from agents.ddnn.data import Samples, prepare
from agents.ddnn.training import Training, Weights
from agents.errors import AllocatorError

SHORT = Training(learning_rate=3e-3, batch=32, epochs=2, patience=5)


def days(slots: int = 320) -> np.ndarray:
    """A day's wave for each station, with noise."""
    phase = 2 * np.pi * (np.arange(slots)[:, None] / 144 + np.arange(16) / 16)
    noise = np.random.default_rng(1).random((slots, 16))
    return 100 + 60 * np.sin(phase) + 10 * noise


@pytest.fixture(scope="module")
def parts() -> object:
    return prepare(days())


def trained(parts: object, seed: int, weights: Weights) -> network.DistributedLstm:
    net = network.build(seed=seed)
    training.fit(
        net,
        training.joint_loss(weights),
        parts.train.samples,
        parts.validation.samples,
        seed,
        SHORT,
    )
    return net


def test_same_seed_same_bytes(parts: object) -> None:
    one, again, other = (trained(parts, seed, Weights(0.9, 0.1)).state_dict() for seed in (1, 1, 2))
    for name, value in one.items():
        assert value.numpy().tobytes() == again[name].numpy().tobytes()
    assert any(not torch.equal(one[name], other[name]) for name in one)


def test_the_joint_loss_by_hand(parts: object) -> None:
    net = network.build(seed=1).eval()
    windows, demand = (column[:5] for column in parts.train.samples)
    exits = net(windows)
    expected = 0.8 * sample_cost(exits.local, demand) + 0.2 * sample_cost(exits.remote, demand)
    found = training.joint_loss(Weights(0.8, 0.2))(net, windows, demand).detach()
    assert float(found) == pytest.approx(float(expected.detach().mean()), rel=1e-6)


def test_both_exits_train_the_local_lstm_and_a_weight_of_0_trains_nothing(parts: object) -> None:
    windows, demand = (column[:5] for column in parts.train.samples)
    for weights, tail, exit_layer in (((1, 0), False, True), ((0, 1), True, False)):
        net = network.build(seed=1)
        training.joint_loss(Weights(*weights))(net, windows, demand).backward()
        assert bool(net.head.lstm.weight_ih_l0.grad.abs().sum() > 0)
        assert bool(net.head.exit.weight.grad.abs().sum() > 0) == exit_layer
        assert bool(net.tail.exit[-1].weight.grad.abs().sum() > 0) == tail


@pytest.mark.parametrize("weights", [(0.5, 0.4), (1.5, -0.5), (-0.1, 1.1)])
def test_weights_that_are_none(weights: tuple[float, float]) -> None:
    with pytest.raises(AllocatorError, match="between 0 and 1 that sum to 1"):
        Weights(*weights)


class Line(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.slope = nn.Parameter(torch.zeros(()))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return self.slope * inputs


def squares(model: nn.Module, inputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return (model(inputs) - targets).square().mean()


def test_the_best_validation_epoch_is_kept_and_patience_ends() -> None:
    inputs = torch.linspace(-1, 1, 64)
    # Training wants slope 1, validation 0.3: on the way validation is best, then worse.
    settings = Training(learning_rate=0.05, batch=64, epochs=100, patience=3)
    model = Line()
    report = training.fit(
        model, squares, Samples(inputs, inputs), Samples(inputs, 0.3 * inputs), 1, settings
    )
    assert float(model.slope.detach()) == pytest.approx(
        0.3, abs=0.05
    )  # a step of Adam is at most 0.05
    assert len(report.train_loss) == report.best_epoch + 1 + 3
    assert not model.training
    best = min(report.validation_loss)
    assert report.validation_loss[report.best_epoch] == best
    kept = training.mean_loss(model, squares, Samples(inputs, 0.3 * inputs))
    assert kept == pytest.approx(best)


def test_fast_parameters_have_a_rate_of_their_own(parts: object) -> None:
    # The first step of Adam is the rate itself, whatever the gradient.
    net = network.build(seed=1)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    one_step = Training(learning_rate=1e-4, fast_rate=1e-2, batch=64, epochs=1)
    loss = training.joint_loss(Weights(0.5, 0.5))
    samples = parts.train.samples
    training.fit(net, loss, samples, samples, 1, one_step, fast=net.head.parameters())
    moved = {
        name: float((value - before[name]).abs().max()) for name, value in net.state_dict().items()
    }
    # Of its gradient g a step has g / (g + 1e-8) only.
    assert moved["head.lstm.weight_ih_l0"] == pytest.approx(1e-2, rel=0.01)
    assert moved["tail.exit.6.bias"] == pytest.approx(1e-4, rel=0.01)


def test_a_loss_that_is_not_finite() -> None:
    inputs = torch.ones(4)
    with pytest.raises(AllocatorError, match="the loss is nan in epoch 0"):
        training.fit(
            Line(), squares, Samples(inputs, inputs * torch.nan), Samples(inputs, inputs), 1
        )


def test_label_ties_are_local() -> None:
    gain = torch.tensor([0.5, 0.5000001, 0.4999999, -1.0])
    assert offload.labels(gain, 0.5).tolist() == [1, 0, 1, 1]


def test_a_classifier_learns_what_can_be_seen() -> None:
    draws = torch.Generator().manual_seed(1)
    inputs = torch.rand((400, 2, 4), generator=draws)
    gain = inputs[:, 0, 0] - 0.7  # above 0 in three of ten
    settings = Training(learning_rate=1e-2, batch=50, epochs=15, patience=15)
    classifier = offload.fit_classifier(inputs, gain, 0.0, seed=1, settings=settings)
    fresh = torch.rand((400, 2, 4), generator=draws)
    said = classifier.probability(fresh) >= 0.5
    assert float((said == (fresh[:, 0, 0] <= 0.7)).double().mean()) > 0.9


@pytest.mark.parametrize(("price", "constant"), [(9.0, 1.0), (-9.0, 0.0)])
def test_one_class_only_is_a_constant(price: float, constant: float) -> None:
    inputs = torch.rand((20, 2, 4), generator=torch.Generator().manual_seed(1))
    classifier = offload.fit_classifier(inputs, torch.zeros(20), price, seed=1)
    assert classifier.probability(inputs).tolist() == [constant] * 20


def test_gain_regression_learns_in_the_unit_of_the_cost() -> None:
    draws = torch.Generator().manual_seed(1)
    inputs = 100 + 5 * torch.randn((600, 3), generator=draws)
    outcomes = torch.stack([2 * inputs[:, 0] - 200, -0.1 * inputs[:, 1] + 12], dim=1)
    settings = Training(learning_rate=1e-2, batch=102, epochs=40, patience=40)
    model = offload.fit_regression(inputs, outcomes, seed=1, settings=settings)
    fresh = 100 + 5 * torch.randn((600, 3), generator=draws)
    wanted = torch.stack([2 * fresh[:, 0] - 200, -0.1 * fresh[:, 1] + 12], dim=1)
    error = (model.predict(fresh) - wanted).square().mean(dim=0) / wanted.var(dim=0)
    assert float(error.max()) < 0.05  # the mean itself would have 1
