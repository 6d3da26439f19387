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
    """

    summary: str
    entry_point: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


_REGISTERED = {
    "slicebed/Capacity-v0": Registered(
        "slices on one link or in one cell; an action sets what each reserves and who is admitted",
        "pyctl.env.cosim:CoSimEnv",
        {"scenario": "capacity", "over_total": "project"},
    ),
    "slicebed/Cells-v0": Registered(
        "sliced cells on a hexagonal grid; an action sets each slice's PRB ceiling per cell",
        "pyctl.env.cosim:CoSimEnv",
        {"scenario": "cells", "over_total": "project"},
    ),
    "slicebed/E2eSlice-v0": Registered(
        "video slices end to end; an action sets each slice's transport rate and gNB CPU",
        "pyctl.env.cosim:CoSimEnv",
        {"scenario": "e2e-slice", "over_total": "project"},
    ),
    "slicebed/EdgeCloud-v0": Registered(
        "requests to edge nodes and a cloud; an action sets each node's share of the work",
        "pyctl.env.cosim:CoSimEnv",
        {"scenario": "edge-cloud", "over_total": "project"},
    ),
    "slicebed/Loopback-v0": Registered(
        "no network: the action comes back as the observation",
        "pyctl.env.cosim:CoSimEnv",
        {"scenario": "loopback", "over_total": "project"},
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
                order_enforce=False,
            )
