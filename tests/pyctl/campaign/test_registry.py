"""Allocators by name: ours, another package's, and broken ones."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from pyctl.campaign.registry import allocator_names, list_allocators, load_allocator
from pyctl.errors import SlicebedError, UnknownName

PLUGIN = """
from agents.protocol import Allocator, Decision

class Mine(Allocator):
    name = "mine"
    summary = "of another package"

    def act(self, observation):
        return Decision({})

class Unfinished(Allocator):
    name = "unfinished"
    summary = "no act"
"""
ENTRY_POINTS = """[slicebed.allocators]
mine = other_package:Mine
unfinished = other_package:Unfinished
gone = other_package:Gone
broken = broken_package:Any
number = math:pi
"""


@pytest.fixture
def other_distribution(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "other_package.py").write_text(PLUGIN)
    (tmp_path / "broken_package.py").write_text("raise RuntimeError('no licence')\n")
    info = tmp_path / "other-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: other\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()


def test_the_baselines_are_registered() -> None:
    assert {"equal", "static", "traffic"} <= set(allocator_names())
    assert load_allocator("traffic").needs_future


@pytest.mark.usefixtures("other_distribution")
def test_another_packages_allocator_is_found() -> None:
    assert load_allocator("mine").summary == "of another package"


@pytest.mark.usefixtures("other_distribution")
def test_broken_ones_are_reported_and_do_not_hide_the_others() -> None:
    faults = {entry.name: entry.fault for entry in list_allocators()}
    assert faults["equal"] == faults["mine"] == ""
    assert faults["broken"] == "broken_package:Any: RuntimeError: no licence"
    assert "other_package:Gone: AttributeError" in faults["gone"]
    assert faults["unfinished"] == "other_package:Unfinished does not define act"
    assert faults["number"] == "math:pi is not a class that extends agents.protocol.Allocator"


@pytest.mark.usefixtures("other_distribution")
def test_loading_a_broken_one_says_why() -> None:
    with pytest.raises(SlicebedError, match=r"allocator broken cannot be loaded: .*no licence"):
        load_allocator("broken")


def test_an_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(UnknownName, match=r"trafic.*traffic"):
        load_allocator("trafic")


def test_two_packages_with_one_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, target in enumerate(("math:pi", "math:e")):
        info = tmp_path / f"twin{number}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: twin{number}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[slicebed.allocators]\ntwin = {target}\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(SlicebedError, match=r"registered twice, as math:.* and math:"):
        load_allocator("twin")
