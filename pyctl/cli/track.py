"""The option ``--track``: who shows a run's figures while it lasts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pyctl.tracking.names import TrackerName

Track = Annotated[
    list[str] | None,
    typer.Option(
        "--track",
        help="Show KPIs and rewards live: tensorboard (in OUT/tensorboard), wandb or mlflow; "
        "repeatable.",
        show_default=False,
    ),
]


def trackers(words: list[str] | None) -> tuple[TrackerName, ...]:
    """Reads the option.

    Raises:
        UsageError: there is no such tracker, or its package is not installed.
    """
    if not words:
        return ()
    from pyctl.tracking.names import require_usable

    return require_usable(words)
