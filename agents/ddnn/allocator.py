"""The allocators ``ddnn`` and ``ddnn-oracle`` of paper 003, which drive scenario ``edge-ddnn``.

    slicebed run edge-ddnn --allocator ddnn --allocator-set network=N.pt --allocator-set
        demands=D.json --allocator-set policy=expected --allocator-set model=M.pt

At each border the last 144 demands of each site go through the local part, a policy decides, and
where it asks the cloud z is packed, the remote part computes from these bytes, and what it answers
is ``remote`` of the decision: the simulation carries it as packets. Response times and losses are
what the simulation measured.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from agents.errors import AllocatorError
from agents.protocol import Allocator, Context, Decision, Observation

if TYPE_CHECKING:
    from agents.ddnn.player import Player

# Settings that belong to a policy besides network and demands: torch takes seconds to import, so
# that the policies themselves are not asked.
POLICIES: Mapping[str, tuple[str, ...]] = {
    "ml": ("model",),
    "gain": ("model", "transmission_cost"),
    "expected": ("model", "transmission_cost"),
    "adaptive": ("model", "message_price"),
    "confidence": ("eta",),
    "random": ("probability",),
    "always-local": (),
    "always-remote": (),
}
SEED = "{seed}"
SITES = 16


@dataclass(frozen=True)
class NetworkSettings:
    """Settings of both allocators."""

    network: str = field(
        metadata={
            "help": f"file of the trained two-exit network; {SEED} in it is the run's seed",
            "file": True,
        }
    )
    demands: str = field(
        metadata={"help": "file of the day before the run, and of its unit", "file": True}
    )
    transmission_cost: float = field(
        default=0.0, metadata={"help": "C_T of oracle, gain and expected [unit of the cost]"}
    )

    def __post_init__(self) -> None:
        """Refuses what is no finite number: for all one way there are policies of their own."""
        _require_finite("transmission_cost", self.transmission_cost)


@dataclass(frozen=True)
class DdnnSettings(NetworkSettings):
    """Settings of ``Ddnn``."""

    policy: str = field(default="always-remote", metadata={"help": ", ".join(POLICIES)})
    model: str = field(
        default="",
        metadata={
            "help": f"fitted file of ml, gain, expected and adaptive; {SEED} as in network",
            "file": True,
        },
    )
    eta: float = field(default=0.0, metadata={"help": "of confidence: local where U is below it"})
    probability: float = field(default=0.0, metadata={"help": "of random: to decide locally"})
    message_price: float = field(default=0.0, metadata={"help": "c of adaptive [unit of the cost]"})

    def __post_init__(self) -> None:
        """Refuses unknown policies, values out of range, and settings of other policies."""
        super().__post_init__()
        if self.policy not in POLICIES:
            raise AllocatorError(
                f"policy is {self.policy!r}; one of {', '.join(POLICIES)} is required "
                "(the oracle is an allocator of its own, ddnn-oracle)"
            )
        own = POLICIES[self.policy]
        given = {
            "model": self.model,
            "transmission_cost": self.transmission_cost,
            "eta": self.eta,
            "probability": self.probability,
            "message_price": self.message_price,
        }
        for name, value in given.items():
            if value and name not in own:
                raise AllocatorError(f"{name} is {value!r}, and policy={self.policy} has none")
            if isinstance(value, float):
                _require_finite(name, value)
        if "model" in own and not self.model:
            raise AllocatorError(f"policy={self.policy} needs the setting model, a fitted file")
        if not 0 <= self.probability <= 1:
            raise AllocatorError(f"probability is {self.probability:g}; 0 to 1 is required")


class DistributedAllocator(Allocator):
    """Base of both: checks the scenario, and lets a player decide."""

    def __init__(self, settings: Any = None) -> None:
        super().__init__(settings)
        self.player: Player | None = None

    @classmethod
    def files(cls, settings: Mapping[str, Any], seed: int) -> dict[str, Path]:
        """Puts the seed into the paths."""
        named = super().files(settings, seed)
        return {name: Path(str(path).replace(SEED, str(seed))) for name, path in named.items()}

    def reset(self, context: Context) -> None:
        """Reads network, demands and model, and begins an episode.

        Raises:
            AllocatorError: the scenario is none of 16 sites with a cloud, or a file does not fit.
        """
        _require_scenario(self.name, context)
        from agents.ddnn.player import Player

        self.player = Player(self._files(context.seed), context)

    def act(self, observation: Observation) -> Decision:
        """Decides by what was measured."""
        if self.player is None:
            raise AllocatorError(f"allocator {self.name} decides in an episode: reset it first")
        bps = None if observation.future is None else observation.future.get("offered")
        return Decision(self.player.decide(observation, bps))

    def _files(self, seed: int) -> DdnnFiles:
        settings = self.settings
        named = self.files(dataclasses.asdict(settings), seed)
        return DdnnFiles(
            network=named["network"],
            demands=named["demands"],
            model=named.get("model", Path()),
            policy=getattr(settings, "policy", "oracle"),
            choice={
                name: getattr(settings, name, 0.0)
                for name in ("transmission_cost", "eta", "probability", "message_price")
            },
        )


@dataclass(frozen=True)
class DdnnFiles:
    """What a player is made of.

    Attributes:
        network: file of the trained network.
        demands: file of the day before.
        model: file of what the policy was fitted to; the empty path where it needs none.
        policy: its name.
        choice: its parameters.
    """

    network: Path
    demands: Path
    model: Path
    policy: str
    choice: Mapping[str, float]


class Ddnn(DistributedAllocator):
    """Decides by what an edge can know."""

    name: ClassVar[str] = "ddnn"
    summary: ClassVar[str] = "distributed LSTM, a policy decides at edge or in cloud (paper 003)"
    Settings: ClassVar[type[Any]] = DdnnSettings


class DdnnOracle(DistributedAllocator):
    """Knows the coming demand: local where the true C_L - C_R, by the formula, is at most C_T."""

    name: ClassVar[str] = "ddnn-oracle"
    summary: ClassVar[str] = "distributed LSTM, asks the cloud by its true gain (knows the future)"
    needs_future: ClassVar[bool] = True
    Settings: ClassVar[type[Any]] = NetworkSettings


def _require_finite(name: str, value: float) -> None:
    if not math.isfinite(value):
        raise AllocatorError(f"{name} is {value}; a finite number is required")


def _require_scenario(name: str, context: Context) -> None:
    shapes = {schema.name: schema.shape for schema in context.action}
    wanted = {"local": (SITES,), "offload": (1,), "remote": (SITES,)}
    if shapes != wanted:
        told = ", ".join(f"{key} {shape}" for key, shape in shapes.items())
        raise AllocatorError(
            f"allocator {name} decides local and remote of {SITES} sites, and offload (scenario "
            f"edge-ddnn); this scenario decides {told}"
        )
    peaks = np.array([site["peak_bps"] for site in context.values["sites"]])
    if not (peaks > 0).all():
        raise AllocatorError(f"peak_bps of the sites are {peaks}; numbers above 0 are required")
