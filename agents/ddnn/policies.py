"""Offloading policies: which samples stay on the edge.

    policy = Confidence(eta=0.03, exit_layer=network.head.exit, seed=1)
    offloader = Offloader(policy)
    stays = offloader.stays_local(view)        # True: the local exit decides

A decision is for all stations together. Ties go local. Above every policy stands one rule: with
the WAN down all is local, and counted.
"""

from __future__ import annotations

import abc
from typing import ClassVar

import torch
from torch import Tensor, nn

from agents.ddnn import confidence
from agents.ddnn.expected import ExpectedCosts
from agents.ddnn.offload import Classifier, Regression, labels
from agents.ddnn.view import View
from agents.ddnn.wan import LinkState
from agents.errors import AllocatorError


class Policy(abc.ABC):
    """Decides sample by sample.

    Attributes:
        name: in tables and figures.
        needs_truth: whether it is an oracle, which gets ``View.gain``.
        follows_link: whether it depends on the link's state and the allocation in force.
    """

    name: ClassVar[str]
    needs_truth: ClassVar[bool] = False
    follows_link: ClassVar[bool] = False

    @abc.abstractmethod
    def stays_local(self, view: View, link: LinkState) -> Tensor:
        """Tells for each sample whether the local exit decides, (samples,) of bool."""


class AlwaysLocal(Policy):
    """The cloud is never asked."""

    name: ClassVar[str] = "always-local"

    def stays_local(self, view: View, link: LinkState) -> Tensor:
        """All."""
        return torch.ones(len(view), dtype=torch.bool)


class AlwaysRemote(Policy):
    """The cloud is always asked."""

    name: ClassVar[str] = "always-remote"

    def stays_local(self, view: View, link: LinkState) -> Tensor:
        """None."""
        return torch.zeros(len(view), dtype=torch.bool)


class Random(Policy):
    """Each sample is local with the same probability, whatever it is."""

    name: ClassVar[str] = "random"

    def __init__(self, probability: float, seed: int) -> None:
        if not 0 <= probability <= 1:
            raise AllocatorError(f"probability is {probability}; 0 to 1 is required")
        self._probability = probability
        self._draws = torch.Generator().manual_seed(seed)

    def stays_local(self, view: View, link: LinkState) -> Tensor:
        """Draws."""
        return torch.rand(len(view), generator=self._draws) < self._probability


class Oracle(Policy):
    """Knows both costs: local where C_L - C_R <= C_T (the paper prints the rule backwards)."""

    name: ClassVar[str] = "oracle"
    needs_truth: ClassVar[bool] = True

    def __init__(self, transmission_cost: float) -> None:
        self._transmission_cost = _cost(transmission_cost)

    def stays_local(self, view: View, link: LinkState) -> Tensor:
        """Compares true gains with C_T."""
        if view.gain is None:
            raise AllocatorError("the oracle needs the gain of each sample, and was told none")
        return labels(view.gain, self._transmission_cost) > 0


class Confidence(Policy):
    """Local where the local exit varies little under dropout: U < eta."""

    name: ClassVar[str] = "confidence"

    def __init__(self, eta: float, exit_layer: nn.Linear, seed: int) -> None:
        self._eta = _cost(eta, "eta")
        self._exit = exit_layer
        self._seed = seed

    def stays_local(self, view: View, link: LinkState) -> Tensor:
        """Compares U with eta; every call has dropout of its own."""
        self._seed += 1
        return confidence.uncertainty(view.z, self._exit, self._seed) < self._eta


class Learned(Policy):
    """The paper's: a classifier that was fitted for one C_T; local where p >= 0.5."""

    name: ClassVar[str] = "ml"

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier

    def stays_local(self, view: View, link: LinkState) -> Tensor:
        """Classifies the raw windows."""
        return self._classifier.probability(view.windows) >= 0.5


class GainRegression(Policy):
    """Ours: local where the guessed gain is at most C_T; one model for every C_T."""

    name: ClassVar[str] = "gain"

    def __init__(self, model: Regression, transmission_cost: float) -> None:
        self._model = model
        self._transmission_cost = _cost(transmission_cost)

    def stays_local(self, view: View, link: LinkState) -> Tensor:
        """Compares guessed gains with C_T."""
        return self._model.predict(view.features())[:, 0] <= self._transmission_cost


class Expected(Policy):
    """Ours: local where the expected gain is at most C_T."""

    name: ClassVar[str] = "expected"

    def __init__(self, model: ExpectedCosts, transmission_cost: float) -> None:
        self._model = model
        self._transmission_cost = _cost(transmission_cost)

    def stays_local(self, view: View, link: LinkState) -> Tensor:
        """Compares expected gains with C_T."""
        return self._model.gain(view) <= self._transmission_cost


class Adaptive(Policy):
    """Ours: C_T is what an offload costs at this moment, by measured response times and losses.

    Until an answer comes the allocation in force stays. With the answer late for a share s of the
    slot, lost with probability q (then the local allocation is used after a share s_o), and
    h = E[C_in_force - C_L] the harm of waiting, an offload is worth (1 - q) ((1 - s) gain - s h)
    - q s_o h, which is above the price c of a message where

        gain > C_T = (((1 - q) s + q s_o) h + c) / ((1 - q) (1 - s)).

    Args:
        model: of expected gain and harm.
        message_price: c, in the unit of the cost.
    """

    name: ClassVar[str] = "adaptive"
    follows_link: ClassVar[bool] = True

    def __init__(self, model: ExpectedCosts, message_price: float = 0.0) -> None:
        self._model = model
        self._price = _cost(message_price, "message_price")

    def stays_local(self, view: View, link: LinkState) -> Tensor:
        """Compares expected gains with the C_T of this moment."""
        price = momentary_cost(self._model.harm(view), link, self._price)
        return self._model.gain(view) <= price


def momentary_cost(harm: Tensor, link: LinkState, message_price: float = 0.0) -> Tensor:
    """Computes C_T of this moment, see ``Adaptive``.

    Args:
        harm: h of each sample, (samples,); below 0 it counts as 0: nobody asks in order to wait.
        link: state of the way to the cloud.
        message_price: c.

    Returns:
        C_T, (samples,); infinite where no answer can be in time.
    """
    answered = 1 - link.loss
    useful = answered * (1 - link.lateness)
    waiting = answered * link.lateness + link.loss * link.timeout
    if useful <= 0:
        return torch.full_like(harm, torch.inf)
    return (waiting * harm.clamp(min=0) + message_price) / useful


class Offloader:
    """A policy under the rule that stands above all: with the WAN down, local.

    Attributes:
        decided: samples so far.
        local: of these, decided on the edge.
        forced: of these, on the edge only because the WAN was down.
    """

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.decided = self.local = self.forced = 0

    def stays_local(self, view: View, link: LinkState) -> Tensor:
        """Decides, (samples,) of bool, and counts."""
        wished = self.policy.stays_local(view, link)
        stays = wished if link.up else torch.ones_like(wished)
        self.decided += len(stays)
        self.local += int(stays.sum())
        self.forced += int((stays & ~wished).sum())
        return stays


def _cost(value: float, name: str = "transmission_cost") -> float:
    # Infinite is allowed: then all is local, or remote.
    if value != value:
        raise AllocatorError(f"{name} is {value}; a number is required")
    return value
