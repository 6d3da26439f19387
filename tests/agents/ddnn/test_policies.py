"""Who stays local: rules by hand, ties, the oracle's order, the WAN down."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from agents.ddnn import policies
from agents.ddnn.confidence import expected_uncertainty, uncertainty
from agents.ddnn.evaluation import Costs
from agents.ddnn.network import build
from agents.ddnn.offload import Classifier, Regression, labels
from agents.ddnn.policies import Offloader
from agents.ddnn.view import View
from agents.ddnn.wan import LinkState
from agents.errors import AllocatorError

UP, DOWN = LinkState(), LinkState(up=False)
COSTS = arrays.arrays(np.float64, 12, elements=st.floats(0, 10))


def view(samples: int = 4, gain: list[float] | None = None) -> View:
    draws = torch.Generator().manual_seed(1)
    windows = torch.rand((samples, 16, 144), generator=draws)
    with torch.no_grad():
        z, local = build(seed=1).head(windows)
    known = None if gain is None else torch.tensor(gain, dtype=torch.float64)
    return View(windows, z, local, windows[:, :, -1], known)


def constant_model(value: float, inputs: int = 144) -> Regression:
    """Guesses the same for every sample."""
    model = Regression(inputs)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        model.layers[-1].bias.fill_(value)
    return model.eval()


def test_the_oracle_offloads_where_the_cloud_saves_more_than_the_trip() -> None:
    # Gains 0.1, 0.3, 0.30001 and -1 at C_T = 0.3: the tie goes local.
    stays = policies.Oracle(0.3).stays_local(view(gain=[0.1, 0.3, 0.30001, -1.0]), UP)
    assert stays.tolist() == [True, True, False, True]


def test_the_oracle_needs_the_truth() -> None:
    assert policies.Oracle.needs_truth
    assert not any(
        policy.needs_truth
        for policy in (policies.Learned, policies.Confidence, policies.GainRegression)
    )
    with pytest.raises(AllocatorError, match="needs the gain"):
        policies.Oracle(0.3).stays_local(view(), UP)


@given(local=COSTS, remote=COSTS, first=st.floats(-5, 5), second=st.floats(-5, 5))
def test_a_dearer_trip_keeps_more_local(
    local: np.ndarray, remote: np.ndarray, first: float, second: float
) -> None:
    gain = torch.from_numpy(local - remote)
    cheap, dear = (labels(gain, price) > 0 for price in sorted((first, second)))
    assert bool((dear | ~cheap).all())  # what was local stays so


@given(local=COSTS, remote=COSTS)
def test_at_no_price_the_oracle_is_never_worse_than_either_exit(
    local: np.ndarray, remote: np.ndarray
) -> None:
    costs = Costs(torch.from_numpy(local), torch.from_numpy(remote))
    total = costs.total(labels(costs.gain, 0.0) > 0)
    assert total <= min(local.sum(), remote.sum()) + 1e-9  # sums in another order
    assert total == pytest.approx(np.minimum(local, remote).sum())


def test_infinite_prices() -> None:
    gains = view(gain=[-5.0, 0.0, 2.0, 9.0])
    assert policies.Oracle(torch.inf).stays_local(gains, UP).all()
    assert not policies.Oracle(-torch.inf).stays_local(gains, UP).any()
    with pytest.raises(AllocatorError, match="transmission_cost is nan; a number"):
        policies.Oracle(float("nan"))


def test_always() -> None:
    assert policies.AlwaysLocal().stays_local(view(), UP).tolist() == [True] * 4
    assert policies.AlwaysRemote().stays_local(view(), UP).tolist() == [False] * 4


def test_random_share_and_seed() -> None:
    many = view(2000)
    first, again, other = (policies.Random(0.3, seed).stays_local(many, UP) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    # Binomial: standard deviation of the share sqrt(0.21 / 2000) = 0.0102; four of them.
    assert float(first.double().mean()) == pytest.approx(0.3, abs=0.041)
    with pytest.raises(AllocatorError, match=r"probability is 1.5; 0 to 1"):
        policies.Random(1.5, 1)


def test_a_classifier_is_right_on_the_border() -> None:
    # p = 0.5 exactly (all weights 0): class 1, local.
    classifier = Classifier(16 * 144)
    with torch.no_grad():
        for parameter in classifier.parameters():
            parameter.zero_()
    assert policies.Learned(classifier.eval()).stays_local(view(), UP).all()
    assert not policies.Learned(Classifier(16 * 144, constant=0.0)).stays_local(view(), UP).any()


def test_gain_regression_compares_with_the_price() -> None:
    for price, stays in ((0.2, False), (0.5, True), (0.6, True)):
        policy = policies.GainRegression(constant_model(0.5), price)
        assert policy.stays_local(view(), UP).tolist() == [stays] * 4


def test_uncertainty_tells_the_level_of_the_signal() -> None:
    exit_layer = build(seed=2).head.exit
    z = torch.rand((50, 16, 1), generator=torch.Generator().manual_seed(3)) * 2 - 1
    many = uncertainty(z, exit_layer, seed=1, passes=4000)
    # The deviation of 4000 draws is right within some 1 / sqrt(2 * 4000) = 1.1 % for each
    # station, of 16 stations together 0.3 %; five of these.
    assert many.numpy() == pytest.approx(expected_uncertainty(z, exit_layer).numpy(), rel=0.015)
    weight = float(exit_layer.weight.detach())
    by_hand = 0.8164966 * abs(weight) * z.abs().mean(dim=(1, 2))
    assert expected_uncertainty(z, exit_layer).numpy() == pytest.approx(by_hand.numpy(), rel=1e-5)


def test_confidence_by_hand() -> None:
    # One station, z = 0.6, w = 1: outputs are 0 or 1. Their deviation is sqrt(k (J - k)) / J.
    exit_layer = torch.nn.Linear(1, 1)
    with torch.no_grad():
        exit_layer.weight.fill_(1.0)
        exit_layer.bias.fill_(5.0)
    z = torch.full((200, 1, 1), 0.6)
    found = uncertainty(z, exit_layer, seed=1)
    possible = [np.sqrt(k * (10 - k)) / 10 for k in range(11)]
    assert all(min(abs(value - u) for u in possible) < 1e-6 for value in found.tolist())
    assert torch.equal(found, uncertainty(z, exit_layer, seed=1))
    assert not torch.equal(found, uncertainty(z, exit_layer, seed=2))


def test_confidence_keeps_what_is_below_the_threshold() -> None:
    exit_layer = build(seed=1).head.exit
    everything = policies.Confidence(torch.inf, exit_layer, seed=1)
    nothing = policies.Confidence(0.0, exit_layer, seed=1)
    assert everything.stays_local(view(), UP).all()
    assert not nothing.stays_local(view(), UP).any()


class Told:
    """Expected costs that a test tells."""

    def __init__(self, gain: float, harm: float) -> None:
        self._gain, self._harm = gain, harm

    def gain(self, samples: View) -> torch.Tensor:
        return torch.full((len(samples),), self._gain)

    def harm(self, samples: View) -> torch.Tensor:
        return torch.full((len(samples),), self._harm)


def test_expected_gains_are_compared_with_the_price() -> None:
    for price, stays in ((0.2, False), (0.5, True), (0.6, True)):
        policy = policies.Expected(Told(0.5, 0.0), price)
        assert policy.stays_local(view(), UP).tolist() == [stays] * 4


def test_adaptive_cost_by_hand() -> None:
    # Harm 2 of waiting, answers after 0.1 of a slot, a fifth lost, given up after half a slot:
    # C_T = ((0.8 * 0.1 + 0.2 * 0.5) * 2 + 0.06) / (0.8 * 0.9) = 0.42 / 0.72 = 0.5833
    link = LinkState(lateness=0.1, loss=0.2, timeout=0.5)
    found = policies.momentary_cost(torch.tensor([2.0]), link, 0.06)
    assert float(found) == pytest.approx(0.42 / 0.72)
    assert policies.Adaptive(Told(0.58, 2.0), 0.06).stays_local(view(), link).all()
    assert not policies.Adaptive(Told(0.59, 2.0), 0.06).stays_local(view(), link).any()


def test_adaptive_asks_for_every_gain_where_answers_are_at_once() -> None:
    assert policies.momentary_cost(torch.tensor([9.0]), UP).tolist() == [0]
    assert not policies.Adaptive(Told(0.1, 9.0)).stays_local(view(), UP).any()


@given(lateness=st.floats(0, 1), longer=st.floats(0, 1), loss=st.floats(0, 1))
def test_later_answers_never_make_the_trip_cheaper(
    lateness: float, longer: float, loss: float
) -> None:
    harm = torch.tensor([3.0], dtype=torch.float64)
    first, second = (
        float(policies.momentary_cost(harm, LinkState(lateness=late, loss=loss), 0.01))
        for late in sorted((lateness, longer))
    )
    assert first <= second * (1 + 1e-9)


def test_a_harm_below_nothing_counts_as_nothing() -> None:
    found = policies.momentary_cost(torch.tensor([-3.0]), LinkState(lateness=0.5))
    assert found.tolist() == [0]


@pytest.mark.parametrize("link", [LinkState(lateness=1.0), LinkState(loss=1.0)])
def test_no_answer_in_time_is_no_reason_to_ask(link: LinkState) -> None:
    assert policies.Adaptive(Told(100.0, 0.0)).stays_local(view(), link).all()


def test_wan_down_is_local_and_counted() -> None:
    offloader = Offloader(policies.Oracle(0.0))
    gains = view(gain=[1.0, -1.0, 1.0, 1.0])
    assert offloader.stays_local(gains, UP).tolist() == [False, True, False, False]
    assert offloader.stays_local(gains, DOWN).tolist() == [True] * 4
    # One of the four would have been local anyhow.
    assert (offloader.decided, offloader.local, offloader.forced) == (8, 5, 3)
