"""What runs occupy: shares of GPUs by their allocators' devices."""

from __future__ import annotations

import sys

import pytest

from pyctl.campaign.backends import needs
from pyctl.campaign.backends.backend import Needs
from pyctl.campaign.backends.needs import most_workers, needs_of
from pyctl.campaign.planned import PlannedRun
from pyctl.campaign.prepare import RunConfig


def on(device: str | None) -> PlannedRun:
    settings = {} if device is None else {"device": device}
    return PlannedRun("x", RunConfig("s", "a"), {"allocator_settings": settings}, None)


@pytest.mark.parametrize(
    ("devices", "gpus_here", "share"),
    [
        ([None, "cpu"], 2, 0.0),
        (["cpu", "cuda"], 0, 0.25),
        (["cuda:1"], 2, 0.25),
        (["auto"], 0, 0.0),
        (["auto"], 1, 0.25),
        ([], 1, 0.0),
    ],
)
def test_needs(
    monkeypatch: pytest.MonkeyPatch, devices: list[str | None], gpus_here: int, share: float
) -> None:
    monkeypatch.setattr(needs, "gpus_here", lambda: gpus_here)
    assert needs_of(map(on, devices), 0.25) == Needs(gpus=share)


@pytest.mark.parametrize(
    ("share", "gpus_here", "most"),
    [(0.0, 2, sys.maxsize), (0.25, 2, 8), (0.1, 1, 10), (0.3, 1, 3), (1.0, 1, 1), (0.5, 0, None)],
)
def test_as_many_workers_as_the_gpus_have_room_for(
    monkeypatch: pytest.MonkeyPatch, share: float, gpus_here: int, most: int | None
) -> None:
    # Without a GPU the allocator itself says what it lacks.
    monkeypatch.setattr(needs, "gpus_here", lambda: gpus_here)
    assert most_workers(Needs(gpus=share)) == (sys.maxsize if most is None else most)
