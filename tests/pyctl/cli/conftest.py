"""The scenario `tiny` in place of installed binaries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from pyctl.campaign import prepare, runner
from pyctl.errors import UnknownName, UsageError
from pyctl.launch import scenarios
from tests.pyctl.campaign.simulations import TinySimulation, description


def check(name: str, parameters: Mapping[str, Any]) -> None:
    if name != "tiny":
        raise UnknownName("scenario", name, ["tiny"])
    for key, value in parameters.items():
        if key not in ("steps", "mask_file"):
            raise UnknownName("parameter of tiny", key, ["steps", "mask_file"])
        if key == "steps" and not 1 <= int(value) <= 100:
            raise UsageError(f"steps is {value}; a number between 1 and 100 is required")


def describe(name: str, parameters: Mapping[str, Any] | None = None) -> Any:
    return SimpleNamespace(raw=description(int((parameters or {}).get("steps", 3))))


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[int], object]], None]:
    """Makes `tiny` the only scenario; call it to be told each step of the simulation."""

    def open_tiny(on_step: Callable[[int], object]) -> None:
        def opened(prepared: Any, folder: Any) -> TinySimulation:
            steps = int(prepared.description["context"]["steps"])
            (folder / "simulation.log").write_text("tiny\n")
            return TinySimulation(steps, on_step=on_step)

        monkeypatch.setattr(runner, "_open_simulation", opened)

    for module in (prepare, scenarios):
        monkeypatch.setattr(module, "check_parameters", check)
        monkeypatch.setattr(module, "describe", describe)
    monkeypatch.setattr(scenarios, "list_scenarios", lambda: ["tiny"])
    open_tiny(id)
    return open_tiny
