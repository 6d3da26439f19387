"""The environments' ids for ``gymnasium.make``.

``import pyctl.env`` registers them; so does the module prefix in
``gymnasium.make("pyctl.env:slicebed/Cells-v0", params={"steps": 10})``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Registered:
    """One id.

    Attributes:
        summary: one line.
        entry_point: imported when an environment is made, not before.
        arguments: of its constructor, besides the user's.
        vector_entry_point: that ``gymnasium.make_vec`` uses by itself; None where there is none.
    """

    summary: str
    entry_point: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    vector_entry_point: str | None = None


def _of_scenario(scenario: str, summary: str) -> Registered:
    return Registered(
        summary,
        "pyctl.env.cosim:CoSimEnv",
        {"scenario": scenario, "over_total": "project"},
        "pyctl.env.vector:CoSimVectorEnv",
    )


_REGISTERED = {
    "slicebed/Capacity-v0": _of_scenario(
        "capacity",
        "slices on one link or in one cell; an action sets what each reserves and who is admitted",
    ),
    "slicebed/Cells-v0": _of_scenario(
        "cells",
        "sliced cells on a hexagonal grid; an action sets each slice's PRB ceiling per cell",
    ),
    "slicebed/E2eSlice-v0": _of_scenario(
        "e2e-slice",
        "video slices end to end; an action sets each slice's transport rate and gNB CPU",
    ),
    "slicebed/EdgeCloud-v0": _of_scenario(
        "edge-cloud",
        "requests to edge nodes and a cloud; an action sets each node's share of the work",
    ),
    "slicebed/EdgeDdnn-v0": _of_scenario(
        "edge-ddnn",
        "sites behind an edge and a cloud; an action sets allocations and whether to ask the cloud",
    ),
    "slicebed/Loopback-v0": _of_scenario(
        "loopback",
        "no network: the action comes back as the observation",
    ),
    "slicebed/Ns3Gym-v0": Registered(
        "any simulation that speaks the ns3-gym wire",
        "pyctl.env.foreign:Ns3GymEnv",
    ),
}
ENVIRONMENTS = {name: entry.summary for name, entry in _REGISTERED.items()}


def register_envs() -> None:
    """Registers the ids with gymnasium; may be called again."""
    from gymnasium.envs.registration import register, registry

    for name, entry in _REGISTERED.items():
        if name not in registry:
            register(
                id=name,
                entry_point=entry.entry_point,
                kwargs=dict(entry.arguments),
                vector_entry_point=entry.vector_entry_point,
                order_enforce=False,
            )
