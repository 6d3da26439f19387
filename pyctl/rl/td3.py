"""The DRL baseline of paper 001: TD3 agents that share a cell's PRBs (stable-baselines3).

    slicebed run cells --allocator td3 --allocator-set explore_steps=600 --set steps=1200

``td3`` has an agent of its own in each cell, as in the paper; ``td3-shared`` has one that all cells
share and that learns from all of them (ours). An agent sees what was measured in its cell in the
last interval, by slice: users, CQI, PRBs used, throughput over target, delay bound over delay. It
says a logit a slice, of which a softmax makes shares; its reward is the least r of its slices.

In the first ``explore_steps`` intervals shares are those of the allocator ``explore`` and fill the
replay buffer; nothing is learnt. When slices come or go an agent's inputs and outputs change: it
is replaced by a new one with an empty buffer, which explores for ``relearn_steps``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from agents.errors import AllocatorError
from agents.protocol import Allocator, Array, Context, Decision, Feedback, Observation
from pyctl.campaign.registry import load_allocator

if TYPE_CHECKING:
    from pyctl.rl.agent import Td3Agent

Floats = npt.NDArray[np.float32]

NOISE_STREAM = 14
LOGIT_SPAN = 2.0  # of actions in [-1, 1]: one slice may get e^4 times what another one does
QUANTITIES = 5  # that an agent sees of each slice
RATIO_MAX = 2.0  # of throughput over target and of bound over delay, as they are seen


@dataclass(frozen=True)
class Td3Settings:
    """Settings of the TD3 allocators."""

    explore_steps: int = field(
        default=100, metadata={"help": "intervals of random shares before learning begins"}
    )
    relearn_steps: int = field(default=100, metadata={"help": "the same after slices came or went"})
    noise: float = field(
        default=0.1, metadata={"help": "standard deviation of exploration, at its beginning"}
    )
    noise_decay: float = field(default=0.998, metadata={"help": "of it by interval"})
    gamma: float = field(default=0.3, metadata={"help": "discount of an interval"})
    gradient_steps: int = field(
        default=4,
        metadata={"help": "of each cell's agent in an interval; td3-shared makes them all"},
    )

    def __post_init__(self) -> None:
        """Refuses values out of range."""
        for name in ("explore_steps", "relearn_steps", "gradient_steps"):
            if getattr(self, name) < 1:
                raise AllocatorError(f"{name} is {getattr(self, name)}; 1 or more is required")
        if not 0 <= self.noise <= 1:
            raise AllocatorError(f"noise is {self.noise:g}; a number from 0 to 1 is required")
        for name in ("noise_decay", "gamma"):
            if not 0 <= getattr(self, name) <= 1:
                raise AllocatorError(
                    f"{name} is {getattr(self, name):g}; a number from 0 to 1 is required"
                )


class Td3(Allocator):
    """A TD3 agent in each cell."""

    name: ClassVar[str] = "td3"
    summary: ClassVar[str] = "a TD3 agent in each cell (DRL of paper 001); needs slicebed[rl]"
    Settings: ClassVar[type[Any]] = Td3Settings
    shared: ClassVar[bool] = False

    def reset(self, context: Context) -> None:
        """Begins an episode with agents that know nothing.

        Raises:
            AllocatorError: the extra ``rl`` is missing, or the scenario shares no PRBs among slices
                with targets.
        """
        _require_library()
        slices = context.values.get("slices", ())
        if not slices or any("target_bps" not in entry for entry in slices):
            raise AllocatorError("this scenario's slices have no target_bps and delay_bound_s")
        (self._field,) = context.action
        self._targets = np.array([entry["target_bps"] for entry in slices], np.float32)
        self._bounds = np.array([entry["delay_bound_s"] for entry in slices], np.float32)
        self._prbs = float(context.values["prbs"])
        self._users = max(float(context.values["ues_per_slice"]), 1.0)
        self._seed = context.seed
        self._explorer = load_allocator("explore")()
        self._explorer.reset(context)
        self._agents: list[Td3Agent] = []
        self._present: npt.NDArray[np.intp] | None = None
        self._changes = -1
        self._left = 0
        self._learnt = 0
        self._seen: Floats | None = None

    def act(self, observation: Observation) -> Decision:
        """Explores, or lets each cell's agent decide, with noise that decays."""
        present = np.flatnonzero(observation.fields["slice_present"][0] > 0)
        if self._present is None or not np.array_equal(present, self._present):
            self._start_over(present)
        self._seen = self._look(observation.fields)
        if self._left > 0:
            return self._explorer.act(observation)
        noise = self._noise(observation.step)
        actions = np.concatenate(
            [
                self._agent(cell).decide(self._seen[cell : cell + 1])
                for cell in range(len(self._seen))
            ]
        )
        shares = np.zeros(self._field.shape, np.float32)
        shares[:, present] = softmax(np.clip(actions + noise, -1, 1))
        return Decision({self._field.name: shares})

    def update(self, feedback: Feedback) -> None:
        """Keeps what came of a decision, and learns from what is kept."""
        assert self._seen is not None  # noqa: S101 - there was a decision
        assert self._present is not None  # noqa: S101
        fields = feedback.observation.fields
        after = self._look(fields)
        shares = feedback.decision.allocation[self._field.name][:, self._present]
        rewards = fields["r"][:, self._present].min(axis=1)
        for cell, action in enumerate(actions_of(shares)):
            self._agent(cell).keep(self._seen[cell], after[cell], action, float(rewards[cell]))
        if self._left > 0:
            self._left -= 1
            return
        self._learnt += 1
        for agent in self._agents:
            agent.learn()

    def _start_over(self, present: npt.NDArray[np.intp]) -> None:
        from pyctl.rl.agent import Td3Agent

        self._present = present
        self._changes += 1
        self._left = (
            self.settings.explore_steps if self._changes == 0 else self.settings.relearn_steps
        )
        self._learnt = 0
        count = 1 if self.shared else self._field.shape[0]
        self._agents = [
            Td3Agent(
                QUANTITIES * len(present),
                len(present),
                gamma=self.settings.gamma,
                seed=(self._seed * 1000 + self._changes * 100 + i) % 2**31,
                steps_a_turn=self.settings.gradient_steps * self._field.shape[0] // count,
            )
            for i in range(count)
        ]

    def _agent(self, cell: int) -> Td3Agent:
        return self._agents[0 if self.shared else cell]

    def _look(self, fields: Mapping[str, Array]) -> Floats:
        """Gives what each cell's agent sees, between 0 and 1; [C, 5 S]."""
        seen = [
            fields["active_ue"] / self._users,
            fields["cqi"] / 15,
            fields["prb_used_dl"] / self._prbs,
            np.minimum(fields["thp_dl"] / self._targets, RATIO_MAX) / RATIO_MAX,
            np.minimum(self._bounds / np.maximum(fields["delay_e2e"], 1e-6), RATIO_MAX) / RATIO_MAX,
        ]
        stacked = np.stack([each[:, self._present] for each in seen], axis=2)
        return stacked.reshape(len(stacked), -1).astype(np.float32)

    def _noise(self, step: int) -> Floats:
        assert self._present is not None  # noqa: S101 - set before
        rng = np.random.default_rng([self._seed, NOISE_STREAM, step])
        deviation = self.settings.noise * self.settings.noise_decay**self._learnt
        shape = (self._field.shape[0], len(self._present))
        return rng.normal(0, deviation, shape).astype(np.float32)


class SharedTd3(Td3):
    """One TD3 agent for all cells: their experience together."""

    name: ClassVar[str] = "td3-shared"
    summary: ClassVar[str] = "one TD3 agent that all cells share (ours); needs slicebed[rl]"
    shared: ClassVar[bool] = True


def softmax(actions: Floats) -> Floats:
    """Makes shares that sum to 1 of actions in [-1, 1]; [C, S]."""
    weights = np.exp(LOGIT_SPAN * (actions - actions.max(axis=1, keepdims=True)))
    shares: Floats = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return shares


def actions_of(shares: Floats) -> Floats:
    """Gives actions whose softmax is near the shares, the largest being 1; [C, S]."""
    logits = np.log(np.maximum(shares, np.exp(-2 * LOGIT_SPAN))) / LOGIT_SPAN
    actions: Floats = np.clip(logits - logits.max(axis=1, keepdims=True) + 1, -1, 1)
    return actions


def _require_library() -> None:
    try:
        import stable_baselines3  # noqa: F401 - whether it is there
    except ImportError as error:
        raise AllocatorError(
            "stable-baselines3 is not installed: pip install 'slicebed[rl]'"
        ) from error
