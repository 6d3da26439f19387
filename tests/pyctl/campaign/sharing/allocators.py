"""Allocators for tests of the model server: with a model, that learn, and that go wrong."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from agents.errors import AllocatorError
from agents.models import in_fixed_shape, load_once
from agents.protocol import Allocator, Context, Decision, Feedback, Observation
from pyctl.errors import InvalidAction

FEATURES = 4  # of a cell: the three shares in force, and the time
ENTRY_POINTS = """[slicebed.allocators]
net = tests.pyctl.campaign.sharing.allocators:Net
learner = tests.pyctl.campaign.sharing.allocators:Learner
faulty = tests.pyctl.campaign.sharing.allocators:Faulty
"""


def register(folder: Path) -> None:
    """Makes a package in a folder that has these allocators' entry points."""
    info = folder / "shared-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: shared\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)


def write_model(path: Path, hidden: int = 64) -> None:
    """Writes a small network with weights that are always the same."""
    import torch
    from torch import nn

    torch.manual_seed(5)
    wide = nn.Linear(hidden, hidden)
    net = nn.Sequential(
        *(nn.Linear(FEATURES, hidden), nn.Tanh(), wide, nn.Tanh(), nn.Linear(hidden, 3))
    )
    # Large weights: decisions then depend on the last digits of those before.
    for parameter in net.parameters():
        parameter.data.mul_(4.0)
    torch.save(net, path)


def _load(path: Path, device: str) -> Any:
    import torch

    with Path(f"{path}.loads").open("a") as file:
        file.write(f"{os.getpid()} {torch.get_num_threads()}\n")
    return torch.load(path, map_location=device, weights_only=False).eval()


@dataclass(frozen=True)
class NetSettings:
    model: str = field(default="", metadata={"file": True})
    device: str = "cpu"
    takes_s: float = 0.0  # a pass, at least
    log: bool = True
    rows_at_once: int = 16  # 0 for as many as there are


class Net(Allocator):
    """Shares by a network of the shares in force; writes how many it decided for at once."""

    name: ClassVar[str] = "net"
    summary: ClassVar[str] = "a network"
    Settings: ClassVar[type[Any]] = NetSettings

    def __init__(self, settings: Any = None) -> None:
        super().__init__(settings)
        self._net = load_once(Path(self.settings.model), self.settings.device, _load)

    def act(self, observation: Observation) -> Decision:
        decided = self.act_together([self], [observation])[0]
        assert isinstance(decided, Decision)
        return decided

    @classmethod
    def act_together(
        cls, allocators: Sequence[Self], observations: Sequence[Observation]
    ) -> list[Decision | Exception]:
        import torch

        first = allocators[0]
        time.sleep(first.settings.takes_s)
        rows = torch.from_numpy(np.concatenate([_features(each) for each in observations]))
        rows = rows.to(first.settings.device)
        with torch.inference_mode():
            size = first.settings.rows_at_once
            logits = in_fixed_shape(first._net, rows, size) if size else first._net(rows)
            shares = torch.softmax(logits, dim=1).cpu().numpy()
        cells = [len(each.fields["echo"]) for each in observations]
        parts = np.split(shares, np.cumsum(cells)[:-1])
        if first.settings.log:
            with Path(f"{first.settings.model}.passes").open("a") as file:
                file.write(f"{len(allocators)}\n")
        return [Decision({"prb_max": part}, {"together": len(parts)}) for part in parts]


def _features(observation: Observation) -> Any:
    shares = observation.fields["echo"]
    when = np.full((len(shares), 1), np.cos(observation.step), np.float32)
    return np.concatenate([shares, when], axis=1).astype(np.float32)


class Learner(Allocator):
    """Draws random shares whose spread follows the rewards; how far it looks back it says late."""

    name: ClassVar[str] = "learner"
    summary: ClassVar[str] = "learns from feedback"

    def reset(self, context: Context) -> None:
        self.history_length = 2  # type: ignore[misc]
        self._random = np.random.default_rng([context.seed, 1])
        self._spread = 1.0

    def act(self, observation: Observation) -> Decision:
        past = np.nan_to_num(observation.history["echo"]).sum(axis=0)
        assert observation.history["echo"].shape[0] == 2
        shares = np.exp(self._spread * self._random.random(past.shape) + past)
        return Decision({"prb_max": shares / shares.sum(axis=1, keepdims=True)}, {"past": past})

    def update(self, feedback: Feedback) -> None:
        assert feedback.decision.info["past"].shape == (2, 3)
        self._spread = 0.5 + feedback.reward % 1.0


class OddError(Exception):
    """Can be told apart, and does not survive pickling."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} and {second}")


@dataclass(frozen=True)
class FaultySettings:
    how: str = field(default="", metadata={"help": "it goes wrong"})
    step: int = 3


class Faulty(Allocator):
    """Goes wrong at a step, as its settings say."""

    name: ClassVar[str] = "faulty"
    summary: ClassVar[str] = "goes wrong"
    Settings: ClassVar[type[Any]] = FaultySettings

    def __init__(self, settings: Any = None) -> None:
        super().__init__(settings)
        if self.settings.how == "init":
            raise AllocatorError("init is not possible")

    def reset(self, context: Context) -> None:
        self._shape = context.action[0].shape

    def act(self, observation: Observation) -> Any:
        how = self.settings.how
        if observation.step == self.settings.step:
            if how == "refusal":
                raise AllocatorError("step 3 is refused")
            if how == "odd":
                raise OddError("this", "that")
            if how == "ours":
                raise InvalidAction("not in this way")
            if how == "list":
                return [1, 2]
            if how == "unsendable":
                return Decision({"prb_max": np.zeros(self._shape)}, {"why": lambda: 1})
            if how and not Path(how).exists() and how.endswith(".hung"):
                Path(how).touch()
                time.sleep(1000)
            if how == "nan":
                return Decision({"prb_max": np.full(self._shape, np.nan)})
        return Decision({"prb_max": np.full(self._shape, 0.1, np.float32)})

    def update(self, feedback: Feedback) -> None:
        if self.settings.how == "update" and feedback.step == self.settings.step:
            raise KeyError("no such thing")
