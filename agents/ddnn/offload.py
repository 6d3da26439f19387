"""Models that guess, from what the edge knows, whether the cloud is worth its round trip.

    classifier = fit_classifier(inputs, gain, transmission_cost=0.2, seed=1)   # one for each C_T
    model = fit_regression(features, outcomes, seed=1)     # ours: of gains, one for every C_T

The gain of a sample is C_L - C_R (equation 8). Classes: 1 is local, where the gain is at most
C_T; 0 is remote.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from agents.ddnn.data import Samples
from agents.ddnn.network import seeded
from agents.ddnn.training import Training, fit

CLASSIFIER_LAYERS = (128, 32)  # and one output: the paper says three layers, not their sizes
GAIN_LAYERS = (64, 32)
MEMBERS = 5  # of a regression: gains are mostly noise, and the mean of several varies less
LEARNING = Training(learning_rate=1e-3, batch=64, epochs=30, patience=6)
HELD_OUT = 0.15  # of the samples, the last ones, tell when to end


def labels(gain: Tensor, transmission_cost: float) -> Tensor:
    """Gives the class of each sample: 1 (local) where gain <= C_T, else 0 (remote)."""
    return (gain <= transmission_cost).to(torch.float32)


class Classifier(nn.Module):
    """Three linear layers on whatever the edge knows (Fig. 2b: the raw window).

    Args:
        inputs: values of a sample.
        constant: the class of all training samples, where they have but one; then nothing was
            learnt and every sample gets it.
    """

    def __init__(self, inputs: int, constant: float | None = None) -> None:
        super().__init__()
        first, second = CLASSIFIER_LAYERS
        self.constant = constant
        self.layers = nn.Sequential(
            nn.Flatten(),
            nn.Linear(inputs, first),
            nn.ReLU(),
            nn.Linear(first, second),
            nn.ReLU(),
            nn.Linear(second, 1),
        )

    def forward(self, inputs: Tensor) -> Tensor:
        """Computes the logit of p for inputs (samples, ...); returns (samples,)."""
        logits: Tensor = self.layers(inputs)
        return logits.squeeze(-1)

    def probability(self, inputs: Tensor) -> Tensor:
        """Computes p, the probability of class 1 (local), (samples,)."""
        if self.constant is not None:
            return torch.full((len(inputs),), self.constant)
        with torch.no_grad():
            return torch.sigmoid(self(inputs))


def fit_classifier(
    inputs: Tensor,
    gain: Tensor,
    transmission_cost: float,
    seed: int,
    settings: Training = LEARNING,
) -> Classifier:
    """Fits the classifier of one C_T.

    Both classes weigh the same for each sample: were the rarer one raised to the other, about half
    of the samples would be local at every C_T, and the share could not be steered by it.

    Args:
        inputs: what the edge knows, (samples, ...), in the order of time.
        gain: of each sample, (samples,).
        transmission_cost: C_T, in the unit of the cost.
        seed: of weights and order.
        settings: of the fit.
    """
    classes = labels(gain, transmission_cost)
    width = inputs[0].numel()
    learnt, held_out = _split(inputs, classes)
    share = float(learnt.targets.mean())
    if share in (0.0, 1.0):
        return Classifier(width, constant=share).eval()

    def loss(network: nn.Module, chunk: Tensor, targets: Tensor) -> Tensor:
        return functional.binary_cross_entropy_with_logits(network(chunk), targets)

    with seeded(seed):
        classifier = Classifier(width).to(inputs.device)
    fit(classifier, loss, learnt, held_out, seed, settings)
    return classifier


class MemberLinear(nn.Module):
    """A linear layer of each of several networks, computed at once."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        bound = 1 / math.sqrt(inputs)  # as nn.Linear begins
        self.weight = nn.Parameter(torch.empty(MEMBERS, inputs, outputs).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(MEMBERS, 1, outputs).uniform_(-bound, bound))

    def forward(self, inputs: Tensor) -> Tensor:
        """Maps (members, samples, inputs) to (members, samples, outputs)."""
        return torch.baddbmm(self.bias, inputs, self.weight)


class Regression(nn.Module):
    """Regression of a sample's outcomes, such as its gain (ours: one model serves every C_T).

    The mean of several networks of three linear layers, which differ in their first weights.
    Inputs and outcomes are standardised by those it learns from.
    """

    mean: Tensor
    scale: Tensor
    outcome_mean: Tensor
    outcome_scale: Tensor

    def __init__(self, inputs: int, outcomes: int = 1) -> None:
        super().__init__()
        first, second = GAIN_LAYERS
        self.layers = nn.Sequential(
            MemberLinear(inputs, first),
            nn.ReLU(),
            MemberLinear(first, second),
            nn.ReLU(),
            MemberLinear(second, outcomes),
        )
        self.register_buffer("mean", torch.zeros(inputs))
        self.register_buffer("scale", torch.ones(inputs))
        self.register_buffer("outcome_mean", torch.zeros(outcomes))
        self.register_buffer("outcome_scale", torch.ones(outcomes))

    def standardise(self, samples: Samples) -> None:
        """Takes mean and deviation of inputs and outcomes; a constant one is only centred."""
        for values, mean, scale in (
            (samples.inputs, self.mean, self.scale),
            (samples.targets, self.outcome_mean, self.outcome_scale),
        ):
            deviation = values.std(dim=0)
            mean.copy_(values.mean(dim=0))
            scale.copy_(torch.where(deviation > 0, deviation, torch.ones_like(deviation)))

    def forward(self, inputs: Tensor) -> Tensor:
        """Computes standardised outcomes (members, samples, outcomes) of (samples, inputs)."""
        standard = (inputs - self.mean) / self.scale
        outcomes: Tensor = self.layers(standard.expand(MEMBERS, -1, -1))
        return outcomes

    def predict(self, inputs: Tensor) -> Tensor:
        """Computes outcomes in their unit, (samples, outcomes)."""
        with torch.no_grad():
            mean: Tensor = self(inputs).mean(dim=0)
            return mean * self.outcome_scale + self.outcome_mean


def fit_regression(
    inputs: Tensor, outcomes: Tensor, seed: int, settings: Training = LEARNING
) -> Regression:
    """Fits the regression.

    Args:
        inputs: what the edge knows, (samples, inputs), in the order of time.
        outcomes: of each sample, (samples, outcomes).
        seed: of weights and order.
        settings: of the fit.
    """
    learnt, held_out = _split(inputs, outcomes)
    with seeded(seed):
        model = Regression(inputs.shape[1], outcomes.shape[1]).to(inputs.device)
    model.standardise(learnt)

    def loss(network: nn.Module, chunk: Tensor, targets: Tensor) -> Tensor:
        wanted = (targets - model.outcome_mean) / model.outcome_scale
        return functional.mse_loss(network(chunk), wanted.expand(MEMBERS, -1, -1))

    fit(model, loss, learnt, held_out, seed, settings)
    return model


def _split(inputs: Tensor, targets: Tensor) -> tuple[Samples, Samples]:
    border = round(len(inputs) * (1 - HELD_OUT))
    return Samples(inputs[:border], targets[:border]), Samples(inputs[border:], targets[border:])
