"""The allocators ``idla`` and ``grid-on-f`` of paper 001.

    slicebed run cells --allocator idla --allocator-set explore_steps=600 --set steps=1200

explores for 600 intervals (H_0), fits its estimator to what was measured, and goes on with its
decisions, whatever slices come and go. ``--allocator-set model=FILE`` takes an estimator that
``save`` wrote, and needs no exploration.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, get_args

import numpy as np
import numpy.typing as npt

from agents.errors import AllocatorError
from agents.idla.exploration import Explore
from agents.models import load_once
from agents.protocol import Allocator, Array, Context, Decision, Feedback, Observation

if TYPE_CHECKING:
    import torch

    from agents.idla.decide import Decider
    from agents.idla.estimator import Estimator, State

HISTORY = 5  # of agents.idla.estimator, which needs torch: that takes seconds to import
Device = Literal["auto", "cpu", "cuda"]


@dataclass(frozen=True)
class LearntSettings:
    """Settings of the allocators that decide by the estimator."""

    explore_steps: int = field(
        default=0,
        metadata={"help": "intervals of random shares, after which the estimator is fitted"},
    )
    model: str = field(
        default="", metadata={"help": "file of a fitted estimator, instead", "file": True}
    )
    activation: str = field(
        default="softplus", metadata={"help": "of the estimator: relu or softplus"}
    )
    monotone: bool = field(default=False, metadata={"help": "estimates never fall with the share"})
    share: str = field(
        default="ceiling", metadata={"help": "x of the rows: their ceiling, or PRBs used"}
    )
    split: str = field(
        default="time",
        metadata={"help": "test rows of the training: blocks of time, or random as in the paper"},
    )
    augmentation: str = field(
        default="relabel",
        metadata={"help": "copies of rows with other targets: relabel (ours), or as in the paper"},
    )
    fits: int = field(
        default=3,
        metadata={"help": "networks that are fitted; the estimator learns their mean, 1: as one"},
    )
    epochs: int = field(default=200, metadata={"help": "of training"})
    device: str = field(default="auto", metadata={"help": "that decides: auto, cpu or cuda"})

    def __post_init__(self) -> None:
        """Refuses values out of range."""
        if self.explore_steps < 0:
            raise AllocatorError(f"explore_steps is {self.explore_steps}; 0 or more is required")
        for name in ("fits", "epochs"):
            if getattr(self, name) < 1:
                raise AllocatorError(f"{name} is {getattr(self, name)}; 1 or more is required")
        if self.model and self.explore_steps:
            raise AllocatorError("model and explore_steps are both given; drop one")
        choices = {
            "activation": ("relu", "softplus"),
            "share": ("used", "ceiling"),
            "split": ("time", "random"),
            "augmentation": ("relabel", "paper"),
            "device": get_args(Device),
        }
        for name, allowed in choices.items():
            if getattr(self, name) not in allowed:
                raise AllocatorError(
                    f"{name} is {getattr(self, name)!r}; {', '.join(allowed)} are the choices"
                )


@dataclass(frozen=True)
class IdlaSettings(LearntSettings):
    """Settings of ``Idla``."""

    starts: int = field(default=5, metadata={"help": "points that a search begins at (P)"})
    iterations: int = field(default=100, metadata={"help": "of a search, at most (i_max)"})

    def __post_init__(self) -> None:
        """Refuses values out of range."""
        super().__post_init__()
        for name in ("starts", "iterations"):
            if getattr(self, name) < 1:
                raise AllocatorError(f"{name} is {getattr(self, name)}; 1 or more is required")


class LearntAllocator(Allocator):
    """Base of the allocators that explore, fit an estimator, and decide by it.

    Attributes:
        state: inputs of the estimator that ``fit`` makes.
        report: what ``fit`` found out of the estimator; empty before.
    """

    history_length: ClassVar[int] = HISTORY
    state: ClassVar[State] = "paper"

    def __init__(self, settings: Any = None) -> None:
        """Loads the estimator, if a model is given."""
        super().__init__(settings)
        self._estimator: Estimator | None = None
        self._path: Path | None = None  # of the estimator, if it was loaded
        self._decider: Decider | None = None
        self.report: Mapping[str, Any] = {}
        if self.settings.model:
            self.load(Path(self.settings.model))

    def reset(self, context: Context) -> None:
        """Begins an episode.

        Raises:
            AllocatorError: the scenario does not share PRBs among slices with targets, or there is
                neither an estimator nor a time to explore.
        """
        schema = context.action[0]
        if len(context.action) != 1 or schema.axes != ("cell", "slice") or schema.sum_max != 1:
            raise AllocatorError(
                f"allocator {self.name} cannot decide "
                f"{', '.join(each.name for each in context.action)}: it splits 1 among the slices "
                "of each cell"
            )
        self._field = schema.name
        self._asked = _asked(context)
        self._prbs = float(context.values["prbs"])
        self._users = float(context.values["ues_per_slice"])
        self._seed = context.seed
        self._explorer = Explore()
        self._explorer.reset(context)
        self._measured: list[Mapping[str, Array]] = []
        self._decider = None
        if self.settings.explore_steps:
            self._estimator = None
        elif self._estimator is None:
            raise AllocatorError(
                "there is no estimator: give explore_steps=N to fit one to the first N intervals, "
                "or model=FILE"
            )

    def act(self, observation: Observation) -> Decision:
        """Explores, or decides by the estimator."""
        if observation.step < self.settings.explore_steps:
            return self._explorer.act(observation)
        return self._decision(self._ready(observation).decide(observation))

    @classmethod
    def act_together(
        cls, allocators: Sequence[Self], observations: Sequence[Observation]
    ) -> list[Decision | Exception]:
        """Decides by one search for all episodes whose estimator is from the same file."""
        from agents.idla.decide import decide_together

        if not allocators[0].settings.model:
            return super().act_together(allocators, observations)
        groups: dict[tuple[int, int], list[int]] = defaultdict(list)
        deciders = [
            each._ready(observation)
            for each, observation in zip(allocators, observations, strict=True)
        ]
        for i, decider in enumerate(deciders):
            groups[id(decider.estimator), decider.slices].append(i)
        decisions: dict[int, Decision | Exception] = {}
        for group in groups.values():
            found = decide_together([deciders[i] for i in group], [observations[i] for i in group])
            decisions |= {
                i: allocators[i]._decision(each) for i, each in zip(group, found, strict=True)
            }
        return [decisions[i] for i in range(len(allocators))]

    def update(self, feedback: Feedback) -> None:
        """Keeps what was measured while exploring."""
        if feedback.step < self.settings.explore_steps:
            self._measured.append(feedback.observation.fields)

    def fit(self, dataset: Any, seed: int = 0) -> None:
        """Fits the estimator.

        Args:
            dataset: arrays [T, C, S] by field name (``agents.idla.dataset.FIELDS``), with
                ``target_bps`` and ``delay_bound_s`` [S], ``prbs`` and ``users``.
            seed: of initial weights and order.

        Raises:
            AllocatorError: something is missing, or there are too few rows.
        """
        from agents.idla.dataset import Log, rows_of
        from agents.idla.estimator import Form
        from agents.idla.training import TrainingSettings, fit

        settings = self.settings
        form = Form(settings.activation, settings.monotone, self.state)
        rows = rows_of(Log.of_mapping(dataset), settings.share, self.state)
        training = TrainingSettings(
            form=form,
            fits=settings.fits,
            epochs=settings.epochs,
            split=settings.split,
            augmentation=settings.augmentation,
        )
        fitted = fit(rows, training, seed)
        self._estimator, self.report, self._path = fitted.estimator, fitted.report, None

    def evaluate(self, dataset: Any, known: Any) -> Mapping[str, Any]:
        """Holds the estimator against other rows than those it was fitted to.

        Args:
            dataset: as for ``fit``.
            known: of the training; its mean r is the prediction to beat.

        Returns:
            See ``agents.idla.training.errors_of``, and ``slice``: index of each row's slice.
        """
        from agents.idla.dataset import Log, rows_of
        from agents.idla.training import errors_of

        estimator = self._require_estimator()
        rows, old = (
            rows_of(Log.of_mapping(each), self.settings.share, estimator.form.state)
            for each in (dataset, known)
        )
        found = errors_of(estimator, rows, old)
        return {**found, "slice": rows.slice.tolist()}

    def save(self, path: Path) -> None:
        """Writes the estimator."""
        self._require_estimator().save(path)

    def load(self, path: Path) -> None:
        """Reads an estimator."""
        self._path = path
        self._estimator = _loaded(path, "cpu")

    def _require_estimator(self) -> Estimator:
        if self._estimator is None:
            raise AllocatorError(f"allocator {self.name} has no estimator yet: fit or load one")
        return self._estimator

    def _decision(self, decided: tuple[Array, dict[str, Any]]) -> Decision:
        shares, info = decided
        return Decision({self._field: shares}, info)

    def _ready(self, observation: Observation) -> Decider:
        """Gives what decides; made at the first decision, when the estimator can be fitted."""
        if self._decider is None:
            self._decider = self._begin(observation)
        return self._decider

    def _begin(self, observation: Observation) -> Decider:
        from agents.idla.decide import Decider, device_of

        if self._estimator is None:
            self.fit(self._dataset(), self._seed)
            self._measured.clear()
        device = device_of(self.settings.device)
        before = observation.fields["prb_max"] if observation.step > 0 else None
        return Decider(self._on(device), self._asked, device, self._seed, self._solver(), before)

    def _on(self, device: torch.device) -> Estimator:
        if self._path is not None:
            return _loaded(self._path, device.type)
        return copy.deepcopy(self._require_estimator()).to(device)

    def _dataset(self) -> dict[str, Any]:
        from agents.idla.dataset import FIELDS

        names = [name for name in FIELDS if name in self._measured[0]]
        return {
            **{name: np.stack([fields[name] for fields in self._measured]) for name in names},
            "target_bps": self._asked[0],
            "delay_bound_s": self._asked[1],
            "prbs": self._prbs,
            "users": self._users,
        }

    def _solver(self) -> Any:
        """Gives the settings of the search; None for the grid."""
        return None


class Idla(LearntAllocator):
    """Lagrangian search over the estimator."""

    name: ClassVar[str] = "idla"
    summary: ClassVar[str] = "neural QoS estimator and Lagrangian search (paper 001)"
    Settings: ClassVar[type[Any]] = IdlaSettings

    def _solver(self) -> Any:
        from agents.idla.search import SearchSettings

        return SearchSettings(starts=self.settings.starts, iterations=self.settings.iterations)


class IdlaMeasured(Idla):
    """Ours: the estimator also knows what a PRB carried last, and how much was asked for."""

    name: ClassVar[str] = "idla-measured"
    summary: ClassVar[str] = "idla whose estimator knows what was measured last too (ours)"
    state: ClassVar[State] = "measured"


class GridOnF(LearntAllocator):
    """The best of a grid of 0.05, by the same estimator: the paper's "Oracle"."""

    name: ClassVar[str] = "grid-on-f"
    summary: ClassVar[str] = "the best on a grid by the same estimator (paper 001's Oracle)"
    Settings: ClassVar[type[Any]] = LearntSettings


def _loaded(path: Path, device: str) -> Estimator:
    """Loads an estimator, once for all episodes of this process that decide on a device by it."""
    try:
        return load_once(path, device, _load)
    except OSError as error:
        raise AllocatorError(f"model: cannot read {path}: {error.strerror}") from error


def _load(path: Path, device: str) -> Estimator:
    from agents.idla.estimator import Estimator

    return Estimator.load(path).requires_grad_(False).eval().to(device)


def _asked(context: Context) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Takes targets [bit/s] and delay bounds [s] of all slices."""
    from agents.idla.dataset import require_targets

    slices = context.values.get("slices", ())
    if not slices or any(not {"target_bps", "delay_bound_s"} <= set(entry) for entry in slices):
        raise AllocatorError("this scenario's slices have no target_bps and delay_bound_s")
    targets, bounds = (
        np.array([entry[key] for entry in slices], np.float32)
        for key in ("target_bps", "delay_bound_s")
    )
    require_targets(targets, bounds)
    return targets, bounds
