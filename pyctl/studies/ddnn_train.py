"""Trains the networks of the distributed-LSTM study, each once: what is there is not trained again.

    for plan in plans(seeds=range(1, 6)):
        train(plan, parts, out)          # out/<plan.name>.pt

On CPUs a network is trained by one thread, so that the same seed gives the same weights whatever
the number of cores.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from agents.ddnn import deepcog, network, storage
from agents.ddnn.data import Parts
from agents.ddnn.training import Loss, Training, Weights, fit, joint_loss, single_loss

if TYPE_CHECKING:
    from torch import nn

Kind = Literal["ddnn", "central", "central-wide", "deepcog"]
LOCAL_WEIGHTS = (0.9, 0.8, 0.1)  # w_L of Figs. 3a to 3c
# The paper gives neither rate nor length: these end within five minutes on two cores. At 0.01 for
# all of it a network without a local exit stays where it began, at 0.001 the one-unit LSTM is not
# done after a hundred epochs.
TRAINING = Training(learning_rate=3e-3, fast_rate=1e-2, batch=64, epochs=40, patience=10)


@dataclass(frozen=True)
class Plan:
    """One network to train.

    Attributes:
        kind: what it is.
        seed: of weights and order.
        local_weight: w_L of a two-exit network.
        layout: of a two-exit network.
    """

    kind: Kind
    seed: int
    local_weight: float = 0.0
    layout: network.Layout = "stations"

    @property
    def model(self) -> str:
        """What it is, whatever the seed."""
        if self.kind != "ddnn":
            return self.kind
        return f"ddnn-{self.layout}-{self.local_weight:g}"

    @property
    def name(self) -> str:
        """Of its file, without the suffix."""
        return f"{self.model}-seed{self.seed}"


def plans(
    seeds: Iterable[int], layouts: Iterable[network.Layout] = ("stations",)
) -> Iterator[Plan]:
    """Lists what the figures need, seed by seed."""
    for seed in seeds:
        for layout in layouts:
            for weight in LOCAL_WEIGHTS:
                yield Plan("ddnn", seed, weight, layout)
        yield Plan("central", seed)
        yield Plan("central-wide", seed)
        yield Plan("deepcog", seed)


def make(plan: Plan, parts: Parts) -> nn.Module:
    """Makes the network of a plan with fresh weights."""
    if plan.kind == "ddnn":
        return network.build(plan.layout, plan.seed)
    if plan.kind == "deepcog":
        return deepcog.build(deepcog.arrange(parts.train.demand.numpy()), seed=plan.seed)
    with network.seeded(plan.seed):
        return network.CentralLstm(bottleneck=plan.kind == "central")


def train(
    plan: Plan, parts: Parts, out: Path, settings: Training = TRAINING, device: str = "cpu"
) -> Path:
    """Trains a network and writes it, unless its file is there.

    Args:
        plan: of the network.
        parts: of the demands.
        out: folder of the networks.
        settings: of the training.
        device: where.

    Returns:
        The path of its file.
    """
    path = out / f"{plan.name}.pt"
    if path.exists():
        return path
    made = make(plan, parts).to(device)
    start = time.process_time()
    report = fit(
        made,
        _loss(plan),
        parts.train.samples,
        parts.validation.samples,
        plan.seed,
        _settings(plan, settings),
        fast=_bottleneck(made),
    )
    cpu_s = time.process_time() - start
    print(
        f"{plan.name}: {len(report.train_loss)} epochs in {cpu_s:.0f} s of one core, best after "
        f"{report.best_epoch + 1}: validation {report.validation_loss[report.best_epoch]:.4f}",
        file=sys.stderr,
    )
    about = {
        "layout": plan.layout,
        "seed": plan.seed,
        "local_weight": plan.local_weight,
        "best_epoch": report.best_epoch,
        "train_loss": list(report.train_loss),
        "validation_loss": list(report.validation_loss),
        "cpu_s": cpu_s,
    }
    out.mkdir(parents=True, exist_ok=True)
    storage.save(path, made.cpu(), parts.normaliser, about)
    return path


def load(plan: Plan, parts: Parts, out: Path) -> nn.Module:
    """Reads a trained network, in evaluation mode."""
    made = make(plan, parts)
    storage.load_into(out / f"{plan.name}.pt", made)
    return made


def _settings(plan: Plan, settings: Training) -> Training:
    """Gives DeepCog the rate and batches of its authors."""
    if plan.kind != "deepcog":
        return settings
    return replace(settings, learning_rate=deepcog.LEARNING_RATE, batch=deepcog.BATCH)


def _bottleneck(made: nn.Module) -> list[nn.Parameter]:
    """Lists the parameters of the one-unit LSTM, where there is one."""
    if isinstance(made, network.DistributedLstm):
        return list(made.head.parameters())
    if isinstance(made, network.CentralLstm) and made.lstm.hidden_size == 1:
        return list(made.lstm.parameters())
    return []


def _loss(plan: Plan) -> Loss:
    if plan.kind != "ddnn":
        return single_loss()
    return joint_loss(Weights(plan.local_weight, 1 - plan.local_weight))
