"""What is run for paper 003 at each scale, besides the study by formula."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pyctl.campaign.prepare import RunConfig
from pyctl.studies.ddnn_files import compute_ms, remote_ms

if TYPE_CHECKING:
    from pyctl.studies.ddnn_files import Files

SCENARIO = "edge-ddnn"
Group = Literal["cost", "half", "share", "load", "outage"]

COST_POLICIES = (
    *("oracle", "expected", "adaptive", "gain", "ml"),
    *("always-local", "always-remote"),
)
HALF_POLICIES = ("oracle", "expected", "gain", "ml", "confidence", "random")
LOAD_POLICIES = ("adaptive", "expected", "ml", "always-remote", "always-local")
OUTAGE_POLICIES = ("adaptive", "expected", "always-remote")
TABLE_II_BLOCK = "ml"  # whose local part every decision of Table II takes
UNDER, OVER = 50, 1  # c1 and c2 of equation 3
MOST = 1.5  # largest allocation over a site's peak

# What an allocation of 1 lets pass in an interval of 1 s [Mbit]. Costs and violations need bytes
# that tell small gaps: a bucket that fills while nothing comes (3,200 bytes) and a packet that may
# wait are 0.9 % of 4 Mbit. A queue that keeps an interval's excess would make all that follows
# late. For times the load of the sites does not matter, and is small.
UNIT_MBPS: Mapping[Group, float] = {
    "cost": 4.0,
    "half": 4.0,
    "load": 2.0,
    "share": 0.5,
    "outage": 0.5,
}
SITES: Mapping[str, Any] = {"packet_bytes": 1400, "queue_packets": 1, "delay_bound_ms": 1000}
LOADED_WAN_MBPS = 10  # a load of it has a tenth of the packets that the default has


@dataclass(frozen=True)
class Cell:
    """A run, but for its length.

    Attributes:
        group: costs by policy at C_T = 0 (``cost``) and where about half of the decisions are
            local (``half``), times by local share (``share``), times by load of the
            WAN (``load``), the WAN down for a while (``outage``).
        policy: of the allocator; ``oracle`` is an allocator of its own.
        x: local share of ``share``, load of ``load``; else 0.
        seed: of the run and of its networks.
    """

    group: Group
    policy: str
    x: float
    seed: int


@dataclass(frozen=True)
class Scale:
    """How much is run.

    Attributes:
        seeds: how many.
        cost_slots: intervals of the runs that tell costs.
        time_slots: intervals of the runs that tell times.
        shares: local shares of Table II.
        loads: of the WAN by others, each way.
        outage: intervals of a run, and from which to which the WAN is down.
        epochs: of every training; None for the study's own settings.
        made_up_slots: of a made-up trace; 0 for the one that is given.
    """

    seeds: int
    cost_slots: int
    time_slots: int
    shares: tuple[float, ...]
    loads: tuple[float, ...]
    outage: tuple[int, int, int]
    epochs: int | None = None
    made_up_slots: int = 0

    @property
    def slots(self) -> int:
        """Intervals that the load must last."""
        return max(self.cost_slots, self.time_slots, self.outage[0])


PAPERS_SHARES = (0.0, 0.05, 0.2, 0.4, 0.5, 0.6, 0.8, 0.95, 1.0)
LOADS = (0.0, 0.3, 0.6, 0.8, 0.9)
SCALES = {
    "ci": Scale(
        seeds=1,
        cost_slots=8,
        time_slots=8,
        shares=(0.0, 0.5, 1.0),
        loads=(0.0, 0.8),
        outage=(10, 2, 7),
        epochs=1,
        made_up_slots=300,
    ),
    "small": Scale(5, 288, 96, PAPERS_SHARES, LOADS, (72, 24, 48)),
    "full": Scale(5, 864, 432, PAPERS_SHARES, LOADS, (144, 48, 96)),
}


def cells_of(scale: Scale) -> list[Cell]:
    """Lists all runs, seed by seed."""
    return [cell for seed in range(1, scale.seeds + 1) for cell in _of_seed(scale, seed)]


def _of_seed(scale: Scale, seed: int) -> Iterator[Cell]:
    for policy in COST_POLICIES:
        yield Cell("cost", policy, 0.0, seed)
    for policy in HALF_POLICIES:
        yield Cell("half", policy, 0.0, seed)
    for share in scale.shares:
        yield Cell("share", "random", share, seed)
    for load in scale.loads:
        for policy in LOAD_POLICIES:
            yield Cell("load", policy, load, seed)
    for policy in OUTAGE_POLICIES:
        yield Cell("outage", policy, 0.0, seed)


def request_of(cell: Cell, scale: Scale, files: Files) -> RunConfig:
    """Makes the run of a cell."""
    allocator = "ddnn-oracle" if cell.policy == "oracle" else "ddnn"
    return RunConfig(
        SCENARIO, allocator, _parameters(cell, scale, files), _settings(cell, files), cell.seed
    )


def unit_mbps(group: Group) -> float:
    """Gives the rate of a normalised demand of 1 [Mbit/s]."""
    return UNIT_MBPS[group]


def _parameters(cell: Cell, scale: Scale, files: Files) -> dict[str, Any]:
    peak_mbps = _plain(unit_mbps(cell.group) * files.peak)
    common = {
        **SITES,
        "mask_file": str(files.mask),
        "peak_mbps": peak_mbps,
        "most_mbps": _plain(MOST * peak_mbps),
        # What was short is counted in peaks: with these the cost is that of equation 3.
        "under_cost": _plain(UNDER * files.peak**2),
        "over_cost": _plain(OVER * files.peak),
        "control_latency_ms": 0,
        "local_compute_ms": compute_ms(TABLE_II_BLOCK if cell.group == "share" else cell.policy),
        "remote_compute_ms": remote_ms(),
        "wan_background": 0,
        "time_mode": "stretch",
        "steps": scale.time_slots,
    }
    steps, begin, end = scale.outage
    costs = {"time_mode": "scaled", "steps": scale.cost_slots}
    own: dict[Group, dict[str, Any]] = {
        "cost": costs,
        "half": costs,
        "share": {},
        "load": {"wan_mbps": LOADED_WAN_MBPS, "wan_background": cell.x},
        "outage": {"failures": f"{begin}-{end}", "steps": steps},
    }
    return {**common, **own[cell.group]}


def _plain(value: float) -> float:
    """Drops what rounding leaves behind the sixth decimal: a peak has two."""
    return round(value, 6)


def _settings(cell: Cell, files: Files) -> dict[str, Any]:
    settings: dict[str, Any] = {"network": files.network, "demands": str(files.demands)}
    half = files.thresholds[cell.seed]
    if cell.policy != "oracle":
        settings["policy"] = cell.policy
    if cell.policy in files.models:
        settings["model"] = files.models[cell.policy]
    if cell.policy == "confidence":
        settings["eta"] = half.eta
    if cell.policy == "random":
        settings["probability"] = cell.x if cell.group == "share" else 0.5
    if cell.group == "half" and cell.policy == "ml":
        settings["model"] = files.half_classifier
    if cell.group == "half" and cell.policy in half.prices:
        settings["transmission_cost"] = half.prices[cell.policy]
    return settings
