"""Figures of a run: KPIs, decisions and reward of each interval, and its summary."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from agents.protocol import Array, Context, FieldSchema
from pyctl.campaign.digest import run_id
from pyctl.campaign.histograms import axis_ids, is_histogram
from pyctl.campaign.recorder import DECIDED, IntervalRecord
from pyctl.tracking.names import TrackerName
from pyctl.tracking.tracker import End, Subject, Trackers

SLICE = "slice"


class RunTracking:
    """Tells trackers of a run, and at the end of ``with`` how it ended."""

    def __init__(
        self,
        names: Sequence[TrackerName],
        out: Path,
        config: Mapping[str, Any],
        context: Context,
    ) -> None:
        """Takes what is tracked; ``begin`` opens the trackers, which may take long.

        Args:
            names: of them.
            out: the store.
            config: of the run; its id is the name.
            context: of the run.
        """
        self._names, self._subject = names, Subject(out, run_id(config), config)
        self._trackers = Trackers((), self._subject)
        self._context = context

    def begin(self) -> None:
        """Opens the trackers."""
        self._trackers = Trackers(self._names, self._subject)

    def interval(self, record: IntervalRecord) -> None:
        """Takes the record of an interval."""
        if self._trackers.any:
            self._trackers.scalars(interval_scalars(record, self._context), record.step)

    def summary(self, summary: Mapping[str, Any]) -> None:
        """Takes the run's summary."""
        if self._trackers.any:
            self._trackers.summary(summary_scalars(summary))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._trackers.close(_end(kind))


def _end(raised: type[BaseException] | None) -> End:
    if raised is None:
        return "ok"
    return "interrupted" if issubclass(raised, KeyboardInterrupt) else "failed"


def interval_scalars(record: IntervalRecord, context: Context) -> dict[str, float]:
    """Collects what a run's tables say of an interval.

    Returns:
        ``FIELD/slice ID``: mean of the slice's elements; ``FIELD/all`` of a field without slices;
        NaN elements do not count. ``interval/...``: reward, time of the decision [s], repairs.
    """
    values: dict[str, float] = {
        "interval/reward": record.reward,
        "interval/decision_s": record.decision_s,
        "interval/repairs": record.repairs.count,
    }
    for schema in context.observation:
        if not is_histogram(schema):
            array = record.observed[schema.name]
            values.update(_means(schema.name, schema, array, context))
    for schema in context.action:
        array = record.decided[schema.name]
        values.update(_means(schema.name + DECIDED, schema, array, context))
    return values


def summary_scalars(summary: Mapping[str, Any], prefix: str = "") -> dict[str, float]:
    """Flattens a summary to its numbers: ``repairs/clipped``, ``per_slice/1/r_mean``."""
    values: dict[str, float] = {}
    for key, value in summary.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            values.update(summary_scalars(value, f"{name}/"))
        elif isinstance(value, int | float):
            values[name] = float(value)
    return values


def _means(name: str, schema: FieldSchema, array: Array, context: Context) -> dict[str, float]:
    if SLICE not in schema.axes:
        return {f"{name}/all": _mean(array)}
    at = schema.axes.index(SLICE)
    ids = axis_ids(context.values, SLICE, schema.shape[at])
    rows = np.moveaxis(array, at, 0)
    return {f"{name}/slice {i}": _mean(row) for i, row in zip(ids, rows, strict=True)}


def _mean(values: Array) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of nothing but NaN the mean is NaN
        return float(np.nanmean(values, dtype=np.float64))
