"""Spinning: it lasts for a moment, ends after several in vain, and never happens on one core."""

from __future__ import annotations

import itertools
import os
from types import SimpleNamespace

import pytest

from pyctl.exchange import spin as module
from pyctl.exchange.spin import TRY_AGAIN_AFTER, VAIN_AT_MOST, AdaptiveSpin


@pytest.fixture(autouse=True)
def two_cores_and_a_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    clock_ns = itertools.count(step=1000)
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic_ns=lambda: next(clock_ns)))


class Never:
    """What does not come; counts how often it was looked for."""

    def __init__(self) -> None:
        self.looks = 0

    def __call__(self) -> bool:
        self.looks += 1
        return False


def looks_in_vain(spin: AdaptiveSpin) -> int:
    awaited = Never()
    spin.until(awaited)
    return awaited.looks


def test_it_looks_until_it_comes() -> None:
    looks = iter([False, False, True])
    AdaptiveSpin().until(lambda: next(looks))
    assert next(looks, None) is None  # it has looked three times, and not again


def test_after_several_in_vain_it_is_tried_now_and_then() -> None:
    spin = AdaptiveSpin()
    assert all(looks_in_vain(spin) > 0 for _ in range(VAIN_AT_MOST))
    for _ in range(2):
        assert all(looks_in_vain(spin) == 0 for _ in range(TRY_AGAIN_AFTER - 1))
        assert looks_in_vain(spin) > 0


def test_one_that_pays_begins_anew() -> None:
    spin = AdaptiveSpin()
    for _ in range(VAIN_AT_MOST - 1):
        looks_in_vain(spin)
    spin.until(lambda: True)
    assert all(looks_in_vain(spin) > 0 for _ in range(VAIN_AT_MOST))
    assert looks_in_vain(spin) == 0


def test_never_where_there_is_one_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {1})
    assert looks_in_vain(AdaptiveSpin()) == 0
