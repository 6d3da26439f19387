"""What is run for paper 001 at each scale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pyctl.campaign.prepare import RunConfig

SCENARIO = "cells"
SLICES, NEW_SLICE = "1,2,4", 3
REFERENCE = "equal"
LEARNERS = ("idla", "idla-measured", "grid-on-f", "td3", "td3-shared")
ALLOCATORS = (*LEARNERS, "traffic", REFERENCE)

# A quarter of the paper's 20 MHz, with as few users: the load of a PRB is what counts, and it is
# chosen by what equal shares give (docs/idla.md, "Load").
PARAMETERS: Mapping[str, Any] = {
    "bandwidth_mhz": 5,
    "ues_per_slice": 3,
    "rlc_buffer_bytes": 20_000,
}


@dataclass(frozen=True)
class Scale:
    """How much is run.

    Attributes:
        periods: intervals of H_0, H_1 and H_2.
        seeds: how many.
        epochs: of training.
        relearn_steps: that TD3 explores for after slice 3 came.
        oracle_slots: looked at by the simulator's oracle in H_1 and in H_2, of each seed.
        parameters: of the scenario, beside ``PARAMETERS``.
    """

    periods: tuple[int, int, int]
    seeds: int
    epochs: int = 200
    relearn_steps: int = 100
    oracle_slots: tuple[int, int] = (8, 4)
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def steps(self) -> int:
        """Intervals of a run."""
        return sum(self.periods)

    @property
    def change(self) -> int:
        """Intervals before slice 3 comes."""
        return self.periods[0] + self.periods[1]


SCALES = {
    "ci": Scale(
        periods=(100, 16, 16),
        seeds=1,
        epochs=150,
        relearn_steps=4,
        oracle_slots=(1, 1),
        parameters={"sites": 1, "ues_per_slice": 2, "interval_s": 0.4},
    ),
    "small": Scale(periods=(600, 600, 600), seeds=3),
    "full": Scale(periods=(1000, 2000, 2000), seeds=1, oracle_slots=(25, 25)),
}


def parameters_of(scale: Scale) -> dict[str, Any]:
    """Gives the scenario's parameters of all runs of a scale."""
    return {
        **PARAMETERS,
        "steps": scale.steps,
        "slices": SLICES,
        "slice_events": f"+{NEW_SLICE}@{scale.change}",
        **scale.parameters,
    }


def settings_of(allocator: str, scale: Scale) -> dict[str, Any]:
    """Gives the settings of an allocator: learners explore for the whole of H_0."""
    if allocator not in LEARNERS:
        return {}
    settings: dict[str, Any] = {"explore_steps": scale.periods[0]}
    if allocator.startswith("td3"):
        return {**settings, "relearn_steps": scale.relearn_steps}
    return {**settings, "epochs": scale.epochs, "device": "cpu"}


def requests_of(scale: Scale) -> list[RunConfig]:
    """Lists all runs, seed by seed."""
    parameters = parameters_of(scale)
    return [
        RunConfig(SCENARIO, name, parameters, settings_of(name, scale), seed)
        for seed in range(1, scale.seeds + 1)
        for name in ALLOCATORS
    ]
