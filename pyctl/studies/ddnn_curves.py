"""What a trained two-exit network does under every policy, by the paper's formula.

table, facts = curves(network, parts, seed=1)       # policy, share, cost
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from agents.ddnn import offload
from agents.ddnn.confidence import expected_uncertainty, uncertainty
from agents.ddnn.cost import over_provision, sample_cost, violations
from agents.ddnn.data import Part, Parts
from agents.ddnn.evaluation import Costs, Curve, random_curve, score_curve
from agents.ddnn.expected import ExpectedCosts, fit_expected
from agents.ddnn.network import DistributedLstm, require_inference
from agents.ddnn.training import Training, exits_of
from agents.ddnn.view import View

if TYPE_CHECKING:
    import pandas as pd

# C_T of the paper's classifiers, one each: quantiles of the training gains.
QUANTILES = (0.1, 0.3, 0.4, 0.5, 0.55, 0.6, 0.7, 0.8, 0.9)
GRID = np.linspace(0, 1, 101)  # shares at which curves are kept


@dataclass(frozen=True, eq=False)
class Evaluated:
    """Both exits of a network on a part of the data.

    Attributes:
        view: what the edge knows; in force is the local allocation of the slot before.
        remote: allocation of the remote exit, (samples, stations).
        demand: of the slot, (samples, stations).
        costs: of both exits.
    """

    view: View
    remote: Tensor
    demand: Tensor
    costs: Costs

    @classmethod
    def of(cls, network: DistributedLstm, part: Part) -> Evaluated:
        """Runs a network, in evaluation mode, over a part."""
        require_inference(network)
        z, local, remote = exits_of(network, part.windows)
        view = View(part.windows, z, local, held(local))
        return cls(view, remote, part.demand, Costs.of(local, remote, part.demand))

    @property
    def gain(self) -> Tensor:
        """C_L - C_R as float32."""
        return self.costs.gain.float()


def held(allocation: Tensor) -> Tensor:
    """Gives what is in force when a slot begins: the allocation of the slot before.

    The first sample has none before it and gets its own.
    """
    return torch.cat([allocation[:1], allocation[:-1]])


def fit_expected_costs(
    learnt: tuple[Evaluated, ...], seed: int, settings: Training
) -> ExpectedCosts:
    """Fits the model of expected costs on parts of the data, in the order of time."""
    remote = torch.cat([part.remote for part in learnt])
    demand = torch.cat([part.demand for part in learnt])
    return fit_expected([part.view for part in learnt], remote, demand, seed, settings)


def fit_gain_model(
    learnt: tuple[Evaluated, ...], seed: int, settings: Training
) -> offload.Regression:
    """Fits the gain regression on parts of the data, in the order of time."""
    features = torch.cat([part.view.features() for part in learnt])
    gain = torch.cat([part.gain for part in learnt])
    return offload.fit_regression(features, gain[:, None], seed, settings)


def curves(
    network: DistributedLstm, parts: Parts, seed: int, settings: Training = offload.LEARNING
) -> tuple[pd.DataFrame, dict[str, float]]:
    """Draws all curves on the test part.

    The paper's classifiers learn from the training part. ``ml-held-out``, a variant, learns from
    the validation part, whose samples the network was not fitted to; the regressions of ours learn
    from both.

    Args:
        network: trained, in evaluation mode.
        parts: of the demands.
        seed: of classifiers, regression and dropout.
        settings: of the fits of classifiers and regression.

    Returns:
        Mean cost of a sample by ``policy`` and ``share`` decided locally; facts of the network.
    """
    import pandas as pd

    train, validation, test = (
        Evaluated.of(network, part) for part in (parts.train, parts.validation, parts.test)
    )
    doubt = uncertainty(test.view.z, network.head.exit, seed)
    model = fit_gain_model((train, validation), seed, settings)
    guess = model.predict(test.view.features())[:, 0]
    expected = fit_expected_costs((train, validation), seed, settings).gain(test.view)
    found = {
        "oracle": score_curve(test.costs, test.gain),
        "random": random_curve(test.costs),
        "confidence": score_curve(test.costs, doubt),
        "ml": Curve.through(test.costs, _classified(train, test, seed, settings)),
        "ml-held-out": Curve.through(test.costs, _classified(validation, test, seed, settings)),
        "gain": score_curve(test.costs, guess),
        "expected": score_curve(test.costs, expected),
    }
    table = pd.concat(
        pd.DataFrame({"policy": name, "share": GRID, "cost": curve.at(GRID)})
        for name, curve in found.items()
    )
    facts = {
        **{f"area_{name}": curve.area_over(found["oracle"]) for name, curve in found.items()},
        **exit_facts(test),
        "confidence_level_correlation": _correlation(doubt, test.view.z.abs().mean(dim=(1, 2))),
        "confidence_expected": _correlation(
            doubt, expected_uncertainty(test.view.z, network.head.exit)
        ),
        "gain_correlation": _correlation(guess, test.gain),
        "expected_correlation": _correlation(expected, test.gain),
    }
    return table, facts


def exit_facts(test: Evaluated) -> dict[str, float]:
    """Costs, violations and over-provision of each exit, and whether z lives at all."""
    return {
        "cost_local": float(test.costs.local.mean()),
        "cost_remote": float(test.costs.remote.mean()),
        **allocation_facts(test.view.local, test.demand, "_local"),
        **allocation_facts(test.remote, test.demand, "_remote"),
        "z_deviation": float(test.view.z.std()),
        "share_gain_positive": float((test.gain > 0).double().mean()),
    }


def allocation_facts(allocation: Tensor, demand: Tensor, suffix: str = "") -> dict[str, float]:
    """Share of elements with a violation and mean over-provision."""
    return {
        f"violations{suffix}": float(violations(allocation, demand)),
        f"over_provision{suffix}": float(over_provision(allocation, demand)),
    }


def single_facts(network: torch.nn.Module, part: Part) -> dict[str, float]:
    """Mean cost of a sample of a network with one exit, violations and over-provision."""
    require_inference(network)
    with torch.no_grad():
        allocation = torch.cat([network(chunk) for chunk in torch.split(part.windows, 512)])
    cost = sample_cost(allocation.double(), part.demand.double())
    return {"cost": float(cost.mean()), **allocation_facts(allocation, part.demand)}


def fit_classifiers(
    learnt: Evaluated, seed: int, settings: Training
) -> dict[float, offload.Classifier]:
    """Fits the paper's classifiers: one for each C_T, by its quantile among the gains."""
    prices = {quantile: float(torch.quantile(learnt.gain, quantile)) for quantile in QUANTILES}
    windows, gain = learnt.view.windows, learnt.gain
    return {
        quantile: offload.fit_classifier(windows, gain, price, seed, settings)
        for quantile, price in prices.items()
    }


def _classified(
    learnt: Evaluated, test: Evaluated, seed: int, settings: Training
) -> Iterator[Tensor]:
    for classifier in fit_classifiers(learnt, seed, settings).values():
        yield classifier.probability(test.view.windows) >= 0.5


def _correlation(one: Tensor, other: Tensor) -> float:
    return float(torch.corrcoef(torch.stack([one.double(), other.double()]))[0, 1])
