"""The trackers by name, and whether the packages that they need are installed."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec
from typing import Literal

from pyctl.errors import UsageError

TrackerName = Literal["tensorboard", "wandb", "mlflow"]


def require_installed(names: Iterable[TrackerName]) -> None:
    """Makes sure that trackers can be used; imports nothing, for that takes seconds.

    Raises:
        UsageError: the package of one of them is not installed.
    """
    for name in names:
        spec = find_spec(name)
        # A folder of the name, such as the one that W&B writes to, is no package.
        if spec is None or spec.origin is None:
            raise UsageError(
                f"--track {name} needs the package {name}, which is not installed: "
                f"pip install {name}"
            )
