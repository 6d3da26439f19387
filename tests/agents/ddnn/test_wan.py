"""Response times and losses as the edge sees them."""

from __future__ import annotations

import pytest

from agents.ddnn.wan import LinkState, ResponseTimes
from agents.errors import AllocatorError


def times() -> ResponseTimes:
    return ResponseTimes(slot_s=1.0, timeout_s=0.5, first_guess_s=0.04)


def test_the_first_answer_replaces_the_guess_and_others_are_smoothed() -> None:
    seen = times()
    assert seen.state() == LinkState(lateness=0.04, timeout=0.5)
    seen.answered(0.1)
    assert seen.state().lateness == pytest.approx(0.1)
    seen.answered(0.18)  # 0.1 + 0.08 / 8
    assert seen.state().lateness == pytest.approx(0.11)


def test_an_answer_after_the_timeout_counts_as_long_as_was_waited() -> None:
    seen = times()
    seen.answered(3.0)
    assert seen.state().lateness == 0.5


def test_losses() -> None:
    seen = times()
    seen.lost()
    seen.lost()
    # 1 / 8, then 1 / 8 + 7 / 8 / 8
    assert seen.state().loss == pytest.approx(15 / 64)
    assert seen.state().up
    seen.lost()
    assert not seen.state().up
    seen.answered(0.05)
    assert seen.state().up
    assert seen.state().loss == pytest.approx((1 - (7 / 8) ** 3) * 7 / 8)


def test_two_losses_after_an_answer_are_not_three_in_a_row() -> None:
    seen = times()
    for answer in (False, False, True, False, False):
        seen.answered(0.05) if answer else seen.lost()
    assert seen.state().up


@pytest.mark.parametrize("wrong", [-1.0, float("nan"), float("inf")])
def test_times_that_are_none(wrong: float) -> None:
    with pytest.raises(AllocatorError, match="response_s is"):
        times().answered(wrong)


def test_settings_that_do_not_fit() -> None:
    with pytest.raises(AllocatorError, match="timeout_s is 2; above 0 and at most the slot, 1 s"):
        ResponseTimes(1.0, 2.0, 0.1)
    with pytest.raises(AllocatorError, match="first_guess_s is 0.6; 0 to 0.5 s"):
        ResponseTimes(1.0, 0.5, 0.6)
    with pytest.raises(AllocatorError, match="loss is 1.5; 0 to 1"):
        LinkState(loss=1.5)
