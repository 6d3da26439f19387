"""Reads TensorBoard's event files back, with TensorBoard's own reader."""

from __future__ import annotations

from pathlib import Path

from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from tensorboard.util.tensor_util import make_ndarray


def scalars(folder: Path) -> dict[str, dict[int, float]]:
    """Reads the one event file of a folder: values by tag and step."""
    (path,) = folder.iterdir()
    found: dict[str, dict[int, float]] = {}
    for event in EventFileLoader(str(path)).Load():
        for value in event.summary.value:
            found.setdefault(value.tag, {})[event.step] = float(make_ndarray(value.tensor))
    return found
