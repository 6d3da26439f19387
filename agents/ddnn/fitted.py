"""Files of fitted offloading models, and policies made of them by name.

save(path, model, normaliser)
policy = make("expected", choice, path, network, seed=1)
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from agents.ddnn import policies, storage
from agents.ddnn.data import LAGS, STATIONS, Normaliser
from agents.ddnn.expected import ExpectedCosts
from agents.ddnn.network import DistributedLstm
from agents.ddnn.offload import Classifier, Regression
from agents.ddnn.policies import Policy
from agents.ddnn.view import View

if TYPE_CHECKING:
    from torch import nn

Fitted = TypeVar("Fitted", Classifier, Regression, ExpectedCosts)


@dataclass(frozen=True)
class Choice:
    """Parameters of the policies; each reads those that are its own.

    Attributes:
        transmission_cost: C_T of oracle, gain and expected, in the unit of the cost.
        eta: of confidence.
        probability: to be local, of random.
        message_price: of adaptive, in the unit of the cost.
    """

    transmission_cost: float
    eta: float
    probability: float
    message_price: float


def save(path: Path, model: nn.Module, normaliser: Normaliser) -> None:
    """Writes a classifier, a gain regression or a model of expected costs."""
    constant = model.constant if isinstance(model, Classifier) else None
    storage.save(path, model, normaliser, {"constant": constant})


def make(name: str, choice: Choice, path: Path, network: DistributedLstm, seed: int) -> Policy:
    """Makes a policy.

    Args:
        name: one of ``agents.ddnn.allocator.POLICIES``.
        choice: its parameters.
        path: of the fitted model of ml, gain, expected and adaptive.
        network: whose local exit confidence drops.
        seed: of random and confidence.

    Raises:
        AllocatorError: the file holds another model, or a parameter is none.
    """
    price = choice.transmission_cost
    if name == "ml":
        return policies.Learned(_classifier(path))
    if name == "gain":
        return policies.GainRegression(load(path, Regression(View.features_of(STATIONS))), price)
    if name == "expected":
        return policies.Expected(load(path, ExpectedCosts(STATIONS)), price)
    if name == "adaptive":
        return policies.Adaptive(load(path, ExpectedCosts(STATIONS)), choice.message_price)
    if name == "confidence":
        return policies.Confidence(choice.eta, network.head.exit, seed)
    if name == "random":
        return policies.Random(choice.probability, seed)
    if name == "oracle":
        return policies.Oracle(price)
    return policies.AlwaysLocal() if name == "always-local" else policies.AlwaysRemote()


def _classifier(path: Path) -> Classifier:
    about = storage.load(path, Classifier.__name__)["about"]
    return load(path, Classifier(STATIONS * LAGS, about["constant"]))


def load(path: Path, model: Fitted) -> Fitted:
    """Reads a fitted model into one of its kind, which is returned.

    Raises:
        AllocatorError: the file holds another one.
    """
    storage.load_into(path, model)
    return model
