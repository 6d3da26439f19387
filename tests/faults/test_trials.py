"""A signal of each kind to each process at a random moment; `trials.py` does hundreds."""

from __future__ import annotations

import signal

import pytest

from tests.faults.trials import SIGNALS, VICTIMS, try_once


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("victim", VICTIMS)
def test_the_other_side_notices_and_nothing_is_left(victim: str, number: signal.Signals) -> None:
    trial = try_once(seed=VICTIMS.index(victim), victim=victim, number=number)
    assert trial.faults() == [], trial
