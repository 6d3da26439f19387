"""Collects what a run measured and decided, interval by interval, as tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from agents.protocol import Array, Context, FieldSchema
from pyctl.campaign.digest import kpi_sha256
from pyctl.campaign.guard import RepairReport
from pyctl.campaign.histograms import axis_ids, histogram_table, is_histogram

if TYPE_CHECKING:
    import pandas as pd

# An action field often has the name of the observation that says what is in force.
DECIDED = "_decided"


@dataclass(frozen=True, eq=False)
class IntervalRecord:
    """One interval: what was decided for it and what came of it.

    Attributes:
        step: counted from 1.
        t_sim_s: at its end [s].
        observed: observation fields at its end.
        decided: action fields put in force for it.
        reward: of the interval.
        decision_s: wall time that the allocator took [s].
        repairs: what the guard changed.
    """

    step: int
    t_sim_s: float
    observed: Mapping[str, Array]
    decided: Mapping[str, Array]
    reward: float
    decision_s: float
    repairs: RepairReport


class Recorder:
    """The records of one run."""

    def __init__(
        self, context: Context, listener: Callable[[IntervalRecord], None] | None = None
    ) -> None:
        """Takes what stays the same during a run.

        Args:
            context: with the fields' schemas and the ids of cells and slices.
            listener: gets each record too.
        """
        self._context = context
        self._listener = listener
        self.records: list[IntervalRecord] = []

    def add(self, record: IntervalRecord) -> None:
        """Takes the record of the interval that ended."""
        self.records.append(record)
        if self._listener is not None:
            self._listener(record)

    def kpi_sha256(self) -> str:
        """Digests all observations."""
        return kpi_sha256((record.step, record.observed) for record in self.records)

    def steps(self) -> pd.DataFrame:
        """Makes the table of all fields but histograms.

        Returns:
            One row for each step and element (cell, slice): ``step``, ``t_sim_s``, the axes' ids,
            observation fields by name, action fields as ``<name>_decided``.
        """
        import pandas as pd

        axes = self._row_axes()
        columns: dict[str, npt.NDArray[Any]] = {
            "step": self._spread([record.step for record in self.records], axes),
            "t_sim_s": self._spread([record.t_sim_s for record in self.records], axes),
        }
        columns.update(self._axis_columns(axes))
        for schema in self._row_fields():
            arrays = [record.observed[schema.name] for record in self.records]
            columns[schema.name] = _column(arrays, schema, axes)
        for schema in self._context.action:
            arrays = [record.decided[schema.name] for record in self.records]
            columns[schema.name + DECIDED] = _column(arrays, schema, axes)
        return pd.DataFrame(columns)

    def intervals(self) -> pd.DataFrame:
        """Makes the table of what belongs to an interval as a whole: one row for each step."""
        import pandas as pd

        rows = [
            {
                "step": record.step,
                "t_sim_s": record.t_sim_s,
                "reward": record.reward,
                "decision_s": record.decision_s,
                **record.repairs.counts(),
            }
            for record in self.records
        ]
        columns = ["step", "t_sim_s", "reward", "decision_s", *RepairReport().counts()]
        return pd.DataFrame(rows, columns=columns)

    def histograms(self) -> pd.DataFrame | None:
        """Makes the table of what was counted by bin; None if the scenario has nothing such."""
        borders = [(record.step, record.t_sim_s, record.observed) for record in self.records]
        return histogram_table(self._context, borders)

    def _row_fields(self) -> list[FieldSchema]:
        """Lists the observation fields that are columns of ``steps``."""
        return [schema for schema in self._context.observation if not is_histogram(schema)]

    def _row_axes(self) -> dict[str, int]:
        """Lists the axes of these and of decisions, with their lengths, as they first appear."""
        axes: dict[str, int] = {}
        for schema in (*self._row_fields(), *self._context.action):
            axes.update(zip(schema.axes, schema.shape, strict=True))
        return axes

    def _spread(self, values: Sequence[float], axes: Mapping[str, int]) -> npt.NDArray[Any]:
        return np.repeat(np.array(values), int(np.prod([*axes.values()])))

    def _axis_columns(self, axes: Mapping[str, int]) -> dict[str, npt.NDArray[Any]]:
        """Gives each row its cell's and slice's id; the index where an axis has no ids."""
        shape = (len(self.records), *axes.values())
        columns = {}
        for i, (axis, length) in enumerate(axes.items()):
            ids = np.array(axis_ids(self._context.values, axis, length))
            along = [1] * len(shape)
            along[i + 1] = length
            columns[axis] = np.broadcast_to(ids.reshape(along), shape).ravel()
        return columns


def _column(arrays: list[Array], schema: FieldSchema, axes: Mapping[str, int]) -> npt.NDArray[Any]:
    """Lines up a field with the rows; a field without one of the axes repeats along it."""
    if not arrays:
        return np.empty(0, dtype=np.float32)
    order = [schema.axes.index(axis) for axis in axes if axis in schema.axes]
    stacked = np.stack([np.transpose(array, order) for array in arrays])
    lengths = [axes[axis] if axis in schema.axes else 1 for axis in axes]
    full = (len(arrays), *axes.values())
    return np.broadcast_to(stacked.reshape(len(arrays), *lengths), full).ravel()
