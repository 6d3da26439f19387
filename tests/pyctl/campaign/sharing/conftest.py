"""The allocators for tests of the model server, registered."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pyctl.campaign.sharing.allocators import register, write_model

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture
def registered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own, in which this process and its children find the allocators."""
    packages = tmp_path / "packages"
    packages.mkdir()
    register(packages)
    monkeypatch.syspath_prepend(str(packages))
    monkeypatch.syspath_prepend(str(ROOT))
    return tmp_path


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A network's file."""
    path = tmp_path / "net.pt"
    write_model(path)
    return path
