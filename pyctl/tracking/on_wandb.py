"""Weights & Biases: a run of the project ``slicebed``, or of that in WANDB_PROJECT."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from pyctl.tracking.tracker import End, Subject

PROJECT = "slicebed"
ANSWER_S = 30.0  # a network that is down must not hold up each run of a batch for longer


class WeightsAndBiases:
    """Logs to a run of W&B; its files are in the store's folder ``wandb``."""

    def __init__(self, subject: Subject) -> None:
        os.environ.setdefault("WANDB_SILENT", "true")  # some of it does not ask the settings
        import wandb

        api: Any = wandb
        self._run = api.init(
            project=os.environ.get("WANDB_PROJECT", PROJECT),
            name=subject.name,
            config=dict(subject.config),
            dir=str(subject.out),
            # What is printed belongs to the progress of runs.
            settings=api.Settings(silent=True, console="off", init_timeout=ANSWER_S),
        )

    def scalars(self, values: Mapping[str, float], step: int) -> None:
        """Logs scalars."""
        self._run.log(dict(values), step=step)

    def summary(self, values: Mapping[str, float]) -> None:
        """Fills the run's summary."""
        self._run.summary.update(dict(values))

    def close(self, end: End) -> None:
        """Finishes the run."""
        self._run.finish(exit_code=0 if end == "ok" else 1)
