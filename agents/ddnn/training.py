"""Fitting: Adam on mini-batches, the weights of the best validation epoch are kept.

    loss = joint_loss(Weights(0.9, 0.1))
    fit(network, loss, parts.train.samples, parts.validation.samples, seed=1)

The same seed gives the same weights on the same machine with the same number of threads.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from agents.ddnn.cost import PAPER, Prices, sample_cost
from agents.ddnn.data import Samples
from agents.ddnn.network import DistributedLstm, seeded
from agents.errors import AllocatorError

EVALUATION_BATCH = 512


@dataclass(frozen=True)
class Weights:
    """Weights of the exits in the joint loss (equation 7).

    Attributes:
        local: w_L.
        remote: w_R, which is 1 - w_L.
    """

    local: float
    remote: float

    def __post_init__(self) -> None:
        """Refuses weights that the equation does not allow."""
        if not (0 <= self.local <= 1 and abs(self.local + self.remote - 1) < 1e-9):
            raise AllocatorError(
                f"weights of the exits are {self.local:g} and {self.remote:g}; two numbers between "
                "0 and 1 that sum to 1 are required"
            )


@dataclass(frozen=True)
class Training:
    """How long and how fast; the paper gives none of these.

    Attributes:
        learning_rate: of Adam.
        fast_rate: of the parameters that ``fit`` gets as fast ones.
        batch: samples of a step.
        epochs: at most.
        patience: epochs without a better validation loss, after which it ends.
        clip_norm: largest norm of a gradient.
    """

    learning_rate: float = 1e-3
    fast_rate: float = 1e-2
    batch: int = 64
    epochs: int = 100
    patience: int = 10
    clip_norm: float = 1.0


@dataclass(frozen=True)
class FitReport:
    """What became of a fit.

    Attributes:
        best_epoch: whose weights were kept, from 0.
        train_loss: mean of each epoch.
        validation_loss: after each epoch.
    """

    best_epoch: int
    train_loss: tuple[float, ...]
    validation_loss: tuple[float, ...]


# Mean loss of a mini-batch: (network, inputs, targets).
Loss = Callable[[nn.Module, Tensor, Tensor], Tensor]


def joint_loss(weights: Weights, prices: Prices = PAPER) -> Loss:
    """Loss of both exits (equation 7): both train the local LSTM."""

    def loss(network: nn.Module, windows: Tensor, demand: Tensor) -> Tensor:
        exits = network(windows)
        local = sample_cost(exits.local, demand, prices)
        remote = sample_cost(exits.remote, demand, prices)
        return (weights.local * local + weights.remote * remote).mean()

    return loss


def single_loss(prices: Prices = PAPER) -> Loss:
    """Loss of a network with one exit."""

    def loss(network: nn.Module, windows: Tensor, demand: Tensor) -> Tensor:
        return sample_cost(network(windows), demand, prices).mean()

    return loss


def fit(
    network: nn.Module,
    loss: Loss,
    train: Samples,
    validation: Samples,
    seed: int,
    settings: Training | None = None,
    fast: Iterable[nn.Parameter] = (),
) -> FitReport:
    """Fits a network on its device; leaves it in evaluation mode, with the best weights.

    Args:
        network: to fit, in place.
        loss: of a mini-batch.
        train: samples to learn from.
        validation: samples that tell when to end.
        seed: of the order of samples and of dropout.
        settings: None for the defaults.
        fast: parameters that learn at ``fast_rate``: a single unit that all must pass through has
            a longer way to go than one among hundreds.

    Raises:
        AllocatorError: the loss is not finite.
    """
    settings = settings or Training()
    device = next(network.parameters()).device
    train, validation = _on(train, device), _on(validation, device)
    optimiser = _optimiser(network, list(fast), settings)
    order = np.random.default_rng(seed)
    best, best_epoch, best_weights = float("inf"), 0, copy.deepcopy(network.state_dict())
    history: list[tuple[float, float]] = []
    with seeded(seed):
        for epoch in range(settings.epochs):
            learnt = _epoch(network, loss, train, optimiser, order, settings)
            held_out = mean_loss(network, loss, validation)
            history.append((_finite(learnt, epoch), _finite(held_out, epoch)))
            if held_out < best:
                best, best_epoch = held_out, epoch
                best_weights = copy.deepcopy(network.state_dict())
            elif epoch - best_epoch >= settings.patience:
                break
    network.load_state_dict(best_weights)
    network.eval()
    learnt_all, held_out_all = zip(*history, strict=True)
    return FitReport(best_epoch, learnt_all, held_out_all)


def mean_loss(network: nn.Module, loss: Loss, samples: Samples) -> float:
    """Mean loss of all samples, in evaluation mode."""
    network.eval()
    total = 0.0
    chunks = zip(*(torch.split(column, EVALUATION_BATCH) for column in samples), strict=True)
    with torch.no_grad():
        for inputs, targets in chunks:
            total += float(loss(network, inputs, targets)) * len(inputs)
    return total / len(samples.inputs)


def _optimiser(
    network: nn.Module, fast: list[nn.Parameter], settings: Training
) -> torch.optim.Optimizer:
    known = set(fast)
    others = [parameter for parameter in network.parameters() if parameter not in known]
    groups = [(others, settings.learning_rate), (fast, settings.fast_rate)]
    return torch.optim.Adam([{"params": of, "lr": rate} for of, rate in groups if of])


def _epoch(
    network: nn.Module,
    loss: Loss,
    train: Samples,
    optimiser: torch.optim.Optimizer,
    order: np.random.Generator,
    settings: Training,
) -> float:
    network.train()
    total = 0.0
    shuffled = torch.from_numpy(order.permutation(len(train.inputs)))
    for which in torch.split(shuffled, settings.batch):
        optimiser.zero_grad()
        value = loss(network, train.inputs[which], train.targets[which])
        value.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), settings.clip_norm)
        optimiser.step()
        total += float(value.detach()) * len(which)
    return total / len(train.inputs)


def _on(samples: Samples, device: torch.device) -> Samples:
    return Samples(*(column.to(device) for column in samples))


def _finite(value: float, epoch: int) -> float:
    if not np.isfinite(value):
        raise AllocatorError(
            f"the loss is {value} in epoch {epoch}; a smaller learning rate or finite demands are "
            "required"
        )
    return value


def exits_of(network: DistributedLstm, windows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Computes z (samples, stations, 1), local and remote allocations of many windows."""
    with torch.no_grad():
        chunks = [network(chunk) for chunk in torch.split(windows, EVALUATION_BATCH)]
    z, local, remote = (torch.cat(column) for column in zip(*chunks, strict=True))
    return z, local, remote
