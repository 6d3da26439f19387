"""Trackers of any kind, for runs and for training code; one that fails is left, with a warning.

with tracker(["tensorboard"], Subject(Path("results"), "estimator", settings)) as tracked:
    fit(..., on_epoch=epochs(tracked))
"""

from __future__ import annotations

import functools
import math
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from pyctl.tracking.names import TrackerName

End = Literal["ok", "failed", "interrupted"]


class Tracker(Protocol):
    """Shows figures while they come."""

    def scalars(self, values: Mapping[str, float], step: int) -> None:
        """Takes figures of a step, by name; ``/`` in names makes groups."""

    def summary(self, values: Mapping[str, float]) -> None:
        """Takes figures of the whole."""

    def close(self, end: End) -> None:
        """Takes how it ended; called once."""


@dataclass(frozen=True)
class Subject:
    """What is tracked.

    Attributes:
        out: the store, or any folder for results.
        name: of the run or training; a file name.
        config: of it, as JSON has it.
    """

    out: Path
    name: str
    config: Mapping[str, Any] = field(default_factory=dict)


class Trackers:
    """Passes figures on to several trackers; nothing that these raise gets out of here."""

    def __init__(self, names: Iterable[TrackerName], subject: Subject) -> None:
        """Opens trackers.

        Args:
            names: of them; none is well, too.
            subject: what is tracked.
        """
        self._open: dict[TrackerName, Tracker] = {}
        for name in dict.fromkeys(names):
            with self._watched(name):
                self._open[name] = _open(name, subject)

    def scalars(self, values: Mapping[str, float], step: int) -> None:
        """Takes figures of a step; those that are not finite are left out."""
        self._each(lambda tracker: tracker.scalars(_finite(values), step))

    def summary(self, values: Mapping[str, float]) -> None:
        """Takes figures of the whole; those that are not finite are left out."""
        self._each(lambda tracker: tracker.summary(_finite(values)))

    def close(self, end: End) -> None:
        """Ends all; a second time does nothing."""
        self._each(lambda tracker: tracker.close(end))
        self._open.clear()

    @property
    def any(self) -> bool:
        """Whether anybody still takes figures."""
        return bool(self._open)

    def _each(self, tell: Callable[[Tracker], None]) -> None:
        for name, tracker in list(self._open.items()):
            with self._watched(name):
                tell(tracker)

    @contextmanager
    def _watched(self, name: TrackerName) -> Iterator[None]:
        """Leaves a tracker that fails: results matter more."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - disks, networks, and code of others
            self._open.pop(name, None)
            cause = str(error).strip().partition("\n")[0]
            _warn(f"{name} takes no figures: {type(error).__name__}: {cause}")


@contextmanager
def tracker(names: Iterable[TrackerName], subject: Subject) -> Iterator[Trackers]:
    """Tracks what is done inside; an exception ends it as failed, Ctrl-C as interrupted."""
    tracked = Trackers(names, subject)
    end: End = "failed"
    try:
        yield tracked
        end = "ok"
    except KeyboardInterrupt:
        end = "interrupted"
        raise
    finally:
        tracked.close(end)


def epochs(tracked: Trackers, group: str = "train") -> Callable[[int, Mapping[str, float]], None]:
    """Makes a callback for training code.

    Args:
        tracked: takes the figures.
        group: before the figures' names.

    Returns:
        Takes an epoch's number and figures, such as ``{"loss": 0.1}``, at its end.
    """

    def on_epoch(epoch: int, figures: Mapping[str, float]) -> None:
        values = {f"{group}/{name}": float(value) for name, value in figures.items()}
        tracked.scalars(values, epoch)

    return on_epoch


def _open(name: TrackerName, subject: Subject) -> Tracker:
    if name == "tensorboard":
        from pyctl.tracking.on_tensorboard import TensorBoard

        return TensorBoard(subject)
    if name == "wandb":
        from pyctl.tracking.on_wandb import WeightsAndBiases

        return WeightsAndBiases(subject)
    from pyctl.tracking.on_mlflow import MLflow

    return MLflow(subject)


def _finite(values: Mapping[str, float]) -> dict[str, float]:
    return {name: value for name, value in values.items() if math.isfinite(value)}


@functools.cache
def _warn(text: str) -> None:
    """Warns once in a process: the runs of a batch mostly meet the same trouble."""
    print(f"slicebed: warning: {text}", file=sys.stderr)
