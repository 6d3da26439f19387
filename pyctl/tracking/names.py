"""The trackers by name, and whether the packages that they need are installed."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec
from typing import Literal, get_args

from pyctl.errors import UnknownName, UsageError

TrackerName = Literal["tensorboard", "wandb", "mlflow"]
TRACKERS: tuple[TrackerName, ...] = get_args(TrackerName)


def require_usable(words: Iterable[str]) -> tuple[TrackerName, ...]:
    """Makes sure that trackers can be used; imports nothing, for that takes seconds.

    Returns:
        Their names, each once.

    Raises:
        UsageError: there is no such tracker, or its package is not installed.
    """
    names: dict[TrackerName, None] = {}
    for word in words:
        name = next((known for known in TRACKERS if known == word), None)
        if name is None:
            raise UnknownName("tracker", word, TRACKERS)
        _require_installed(name)
        names[name] = None
    return tuple(names)


def _require_installed(name: TrackerName) -> None:
    spec = find_spec(name)
    # A folder of the name, such as the one that W&B writes to, is no package.
    if spec is None or spec.origin is None:
        raise UsageError(
            f"--track {name} needs the package {name}, which is not installed: pip install {name}"
        )
