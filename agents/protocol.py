"""What an allocator sees, decides and is told, and the class that every allocator extends.

Arrays are float32 and have the axes that their schema names, mostly ``(cell, slice)``: C cells and
S slices. S counts all slices that are ever present in the run; the observation field
``slice_present`` says which are present. Units are those of the schema.

    class Halves(Allocator):
        name = "halves"
        summary = "half of every cell to the first slice"

        def act(self, observation):
            return Decision({"prb_max": ...})

Registered as an entry point of the group ``slicebed.allocators``, it runs with every command.
"""

from __future__ import annotations

import abc
import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from agents.errors import AllocatorError

Array = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class FieldSchema:
    """One named array of the observation or of the action.

    Attributes:
        name: key in ``Observation.fields`` or ``Decision.allocation``.
        shape: lengths of the axes.
        axes: names of the axes, such as ``("cell", "slice")``.
        low: smallest value of each element, of shape ``shape``, in ``unit``.
        high: largest value of each element, of shape ``shape``, in ``unit``.
        unit: such as ``bit/s`` or ``fraction``.
        meaning: one sentence.
        sum_axis: the axis along which the elements share a total, or None.
        sum_max: the largest total along ``sum_axis``, in ``unit``, or None.
    """

    name: str
    shape: tuple[int, ...]
    axes: tuple[str, ...]
    low: Array
    high: Array
    unit: str
    meaning: str
    sum_axis: str | None = None
    sum_max: float | None = None


@dataclass(frozen=True, eq=False)
class Context:
    """What stays the same during an episode.

    Attributes:
        scenario: name of the scenario.
        seed: of the run; an allocator that draws random numbers derives its generator from it.
        interval_s: simulated time between two decisions [s].
        observation: schemas of the observation.
        action: schemas of the decision.
        values: facts of the scenario, such as ``cells`` and ``slices`` (with their targets).
    """

    scenario: str
    seed: int
    interval_s: float
    observation: tuple[FieldSchema, ...]
    action: tuple[FieldSchema, ...]
    values: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Observation:
    """What is known at a decision border.

    Attributes:
        step: number of intervals that are over; 0 before the first decision.
        t_sim_s: simulated time [s].
        fields: measurements of the interval that just ended, by field name; shapes as in
            ``Context.observation``. Before the first decision there was no interval.
        history: the last ``history_length`` intervals by field name, oldest first and the one that
            just ended last; shape ``(history_length, *shape)``, NaN where there was none.
        future: true values of the coming interval by name (``offered``: bit/s, shape (C, S)); None
            unless the allocator declares ``needs_future``.
    """

    step: int
    t_sim_s: float
    fields: Mapping[str, Array]
    history: Mapping[str, Array]
    future: Mapping[str, Array] | None = None


@dataclass(frozen=True, eq=False)
class Decision:
    """What shall be in force in the coming interval.

    Attributes:
        allocation: one array for each schema of ``Context.action``, by field name.
        info: diagnostics, kept with the run.
    """

    allocation: Mapping[str, Array]
    info: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Feedback:
    """What came of a decision.

    Attributes:
        step: the border at which the decision was made.
        decision: as it was put in force, after the guard's repairs.
        observation: at the next border.
        reward: of the interval between.
    """

    step: int
    decision: Decision
    observation: Observation
    reward: float


@dataclass(frozen=True)
class NoSettings:
    """Settings of an allocator that has none."""


class Allocator(abc.ABC):
    """Decides at each border what each slice may use in the coming interval.

    ``act`` must not depend on the coming interval, and gives the same decisions for the same seed.

    Attributes:
        name: as users type it.
        summary: one line for lists.
        needs_future: whether it is a perfect-knowledge baseline that gets ``Observation.future``.
        history_length: how many past intervals ``Observation.history`` holds.
        Settings: frozen dataclass of its options; each field has ``metadata={"help": ...}``, and
            ``"file": True`` in it if its text is the path of a file or folder.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    needs_future: ClassVar[bool] = False
    history_length: ClassVar[int] = 0
    Settings: ClassVar[type[Any]] = NoSettings

    def __init__(self, settings: Any = None) -> None:
        """Keeps its settings.

        Args:
            settings: an instance of ``Settings``; None for all defaults.

        Raises:
            AllocatorError: a setting without a default is missing, or ``settings`` is of another
                type.
        """
        self.settings = self._default_settings() if settings is None else settings
        if not isinstance(self.settings, self.Settings):
            raise AllocatorError(
                f"settings of {self.name} are a {type(self.settings).__name__}; "
                f"{self.Settings.__qualname__} is required"
            )

    @classmethod
    def _default_settings(cls) -> Any:
        missing = [
            option.name
            for option in dataclasses.fields(cls.Settings)
            if option.default is dataclasses.MISSING
            and option.default_factory is dataclasses.MISSING
        ]
        if missing:
            raise AllocatorError(f"the setting {', '.join(missing)} is required")
        return cls.Settings()

    @classmethod
    def files(cls, settings: Mapping[str, Any], seed: int) -> dict[str, Path]:  # noqa: ARG003
        """Says which files or folders settings name: what is in them makes the run another one.

        Args:
            settings: values by name.
            seed: of the run; an allocator whose paths follow it overrides this method.

        Returns:
            Paths by the settings whose field has ``metadata={"file": True}``, but for empty texts.
        """
        options = dataclasses.fields(cls.Settings)
        named = [option.name for option in options if option.metadata.get("file")]
        return {name: Path(settings[name]) for name in named if settings.get(name)}

    def reset(self, context: Context) -> None:  # noqa: B027 - a no-op is a good default
        """Begins an episode; may be called again before the first ``act``.

        Raises:
            AllocatorError: the allocator or its settings do not fit the scenario.
        """

    @abc.abstractmethod
    def act(self, observation: Observation) -> Decision:
        """Decides for the coming interval."""

    @classmethod
    def act_together(
        cls, allocators: Sequence[Self], observations: Sequence[Observation]
    ) -> list[Decision | Exception]:
        """Decides for several episodes; an allocator with a model overrides it to use that once.

        The decisions are those that ``act`` gives, but for the rounding of a model that computes
        other rows besides; ``agents.models.in_fixed_shape`` keeps even that the same.

        Args:
            allocators: one an episode, all of this class and with equal settings.
            observations: that each gets.

        Returns:
            For each episode its decision, or the exception that ends it alone; an exception that
            is raised ends all of them.
        """
        return [
            _act_alone(allocator, observation)
            for allocator, observation in zip(allocators, observations, strict=True)
        ]

    def update(self, feedback: Feedback) -> None:  # noqa: B027 - most allocators learn off-line
        """Learns from what came of a decision; called once for each."""

    def fit(self, dataset: Any, seed: int = 0) -> None:
        """Learns from a data set before any run."""
        raise self._does_not_learn()

    def save(self, path: Path) -> None:
        """Writes what was learnt to a file."""
        raise self._does_not_learn()

    def load(self, path: Path) -> None:
        """Reads what was learnt from a file."""
        raise self._does_not_learn()

    def _does_not_learn(self) -> AllocatorError:
        return AllocatorError(f"allocator {self.name} does not learn: nothing to fit or save")


def _act_alone(allocator: Allocator, observation: Observation) -> Decision | Exception:
    try:
        return allocator.act(observation)
    except Exception as error:  # noqa: BLE001 - the others go on
        return error
