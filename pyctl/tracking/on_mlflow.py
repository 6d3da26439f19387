"""MLflow: a run of the experiment ``slicebed``, or of that in MLFLOW_EXPERIMENT_NAME.

Where it is kept, MLFLOW_TRACKING_URI says, or else MLflow's own default.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from pyctl.tracking.tracker import End, Subject

EXPERIMENT = "slicebed"
STATUS: Mapping[End, str] = {"ok": "FINISHED", "failed": "FAILED", "interrupted": "KILLED"}
# MLflow itself tries for minutes, at each call; a network that is down must not hold up runs.
PATIENCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "10"}


class MLflow:
    """Logs to a run of MLflow."""

    def __init__(self, subject: Subject) -> None:
        for name, value in PATIENCE.items():
            os.environ.setdefault(name, value)
        import mlflow

        self._api: Any = mlflow
        self._step = 0
        self._api.set_experiment(os.environ.get("MLFLOW_EXPERIMENT_NAME", EXPERIMENT))
        self._api.start_run(run_name=subject.name)
        self._api.log_params(dict(subject.config))

    def scalars(self, values: Mapping[str, float], step: int) -> None:
        """Logs metrics."""
        self._step = max(self._step, step)
        self._api.log_metrics(dict(values), step=step)

    def summary(self, values: Mapping[str, float]) -> None:
        """Logs metrics at the last step."""
        named = {f"summary/{name}": value for name, value in values.items()}
        self._api.log_metrics(named, step=self._step)

    def close(self, end: End) -> None:
        """Ends the run."""
        self._api.end_run(status=STATUS[end])
