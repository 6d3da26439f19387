"""The configurations in which the cell model is held to ns-3's LTE stack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# What both stacks have in common. ns-3's UEs report CQI of every subframe from the always-on
# control region, and its eNB has no outer loop.
BASE: Mapping[str, Any] = {
    "mask": "constant",
    "interval_s": 1,
    "warmup_s": 0.2,
    "cqi_interference": "all",
    "cqi_period_slots": 1,
    "olla": False,
}

PEDESTRIAN_KMH = 3


@dataclass(frozen=True)
class Case:
    """One configuration.

    Attributes:
        name: of it.
        cells: 1, 3, 7 or 12.
        shares: PRB ceilings, one a slice.
        ues: of a slice in a cell.
        user_mbps: load that each user offers [Mbit/s].
        placement: of the UEs: uniform, near or far.
        speed_kmh: of the UEs.
        steps: intervals of one second; the first is not looked at.
        quick: whether ``--quick`` runs it.
    """

    name: str
    cells: int
    shares: tuple[float, ...]
    ues: int
    user_mbps: float
    placement: str = "uniform"
    speed_kmh: float = 0
    steps: int = 4
    quick: bool = False

    def parameters(self, radio: str) -> dict[str, Any]:
        """Writes it as parameters of the scenario ``cells``."""
        sites, sectors = {1: (1, 1), 3: (1, 3), 7: (7, 1), 12: (4, 3)}[self.cells]
        ids = range(1, len(self.shares) + 1)
        return {
            **BASE,
            "radio": radio,
            "sites": sites,
            "sectors": sectors,
            "slices": ",".join(map(str, ids)),
            "targets_mbps": ",".join("1" for _ in ids),
            "delay_bounds_ms": ",".join("100" for _ in ids),
            "ues_per_slice": self.ues,
            "load": self.user_mbps,
            "placement": self.placement,
            "speed_kmh": self.speed_kmh,
            "steps": self.steps,
        }


# Loads: light is some 20 % of what the cell carries, capacity about all of it, overload about twice
# as much, full far beyond. Each number of cells has each load; slices are one to four, unequal.
CASES: tuple[Case, ...] = (
    Case("1-light", 1, (1.0,), 4, 3, quick=True),
    Case("1-capacity", 1, (1.0,), 4, 16),
    Case("1-overload-far", 1, (1.0,), 4, 30, "far"),
    Case("1-full-2-slices", 1, (0.6, 0.3), 3, 100, quick=True),
    Case("1-overload-4-slices", 1, (0.4, 0.3, 0.2, 0.1), 2, 16),
    Case("1-ceilings", 1, (0.333, 0.25, 0.117), 2, 100, "near", quick=True),
    Case("3-light-near", 3, (1.0,), 4, 3, "near"),
    Case("3-half-near-2-slices", 3, (0.6, 0.4), 2, 6, "near", speed_kmh=PEDESTRIAN_KMH),
    Case("3-capacity-2-slices", 3, (0.5, 0.5), 2, 12, quick=True),
    Case("3-overload-far-2-slices", 3, (0.7, 0.3), 2, 14, "far"),
    Case("3-full-4-slices", 3, (0.4, 0.3, 0.2, 0.1), 1, 100),
    Case("3-capacity-walking", 3, (0.6, 0.4), 2, 10, speed_kmh=PEDESTRIAN_KMH),
    Case("7-light-far", 7, (1.0,), 4, 1, "far"),
    Case("7-light-near", 7, (0.5, 0.5), 2, 2, "near"),
    Case("7-capacity-walking", 7, (1.0,), 4, 5, speed_kmh=PEDESTRIAN_KMH),
    Case("7-overload-2-slices", 7, (0.65, 0.35), 2, 12),
    Case("7-full", 7, (1.0,), 3, 100),
    Case("12-light-4-slices", 12, (0.4, 0.3, 0.2, 0.1), 1, 1, steps=3),
    Case("12-light-near", 12, (0.5, 0.5), 1, 2, "near", steps=3),
    Case("12-capacity-2-slices", 12, (0.6, 0.4), 2, 4, steps=3),
    Case("12-overload-walking", 12, (0.7, 0.3), 2, 8, speed_kmh=PEDESTRIAN_KMH, steps=3),
    Case("12-full-near", 12, (0.5, 0.5), 1, 100, "near", steps=3),
)
