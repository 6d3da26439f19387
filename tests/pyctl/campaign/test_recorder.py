"""The tables of a run: rows, ids and columns, by hand."""

from __future__ import annotations

import numpy as np

from agents.protocol import Context, FieldSchema
from pyctl.campaign.guard import RepairReport
from pyctl.campaign.histograms import axis_ids
from pyctl.campaign.recorder import IntervalRecord, Recorder
from pyctl.campaign.schemas import context_of
from tests.pyctl.campaign.simulations import description


def record(step: int, base: float) -> IntervalRecord:
    values = np.array([[base, base + 1], [base + 2, base + 3]], np.float32)
    names = [entry["name"] for entry in description()["observation"]]
    return IntervalRecord(
        step=step,
        t_sim_s=2.0 * step,
        observed=dict.fromkeys(names, values),
        decided={"prb_max": values / 10},
        reward=base,
        decision_s=0.25,
        repairs=RepairReport(clipped=step),
    )


def filled() -> Recorder:
    recorder = Recorder(context_of(description(), seed=1))
    recorder.add(record(1, 0.0))
    recorder.add(record(2, 10.0))
    return recorder


def test_one_row_for_each_step_cell_and_slice() -> None:
    table = filled().steps()
    assert table["step"].tolist() == [1] * 4 + [2] * 4
    assert table["t_sim_s"].tolist() == [2.0] * 4 + [4.0] * 4
    assert table["cell"].tolist() == [0, 0, 1, 1] * 2
    assert table["slice"].tolist() == [1, 4, 1, 4] * 2  # ids, not indices
    assert table["thp_dl"].tolist() == [0, 1, 2, 3, 10, 11, 12, 13]
    assert table["prb_max_decided"].tolist() == [
        np.float32(v) / np.float32(10) for v in (0, 1, 2, 3, 10, 11, 12, 13)
    ]
    assert table["thp_dl"].dtype == np.float32


def test_one_row_for_each_interval() -> None:
    table = filled().intervals()
    assert table.to_dict("list") == {
        "step": [1, 2],
        "t_sim_s": [2.0, 4.0],
        "reward": [0.0, 10.0],
        "decision_s": [0.25, 0.25],
        "clipped": [1, 2],
        "projected": [0, 0],
        "not_finite": [0, 0],
        "malformed": [0, 0],
    }


def test_a_run_without_intervals_has_the_columns_all_the_same() -> None:
    recorder = Recorder(context_of(description(), seed=1))
    assert list(recorder.steps().columns) == list(filled().steps().columns)
    assert len(recorder.steps()) == len(recorder.intervals()) == 0


def field(name: str, shape: tuple[int, ...], axes: tuple[str, ...]) -> FieldSchema:
    zero = np.zeros(shape, np.float32)
    return FieldSchema(name, shape, axes, zero, zero, "1", "")


def test_fields_with_fewer_axes_repeat_along_the_others() -> None:
    context = Context(
        "any",
        1,
        1.0,
        (field("both", (2, 3), ("cell", "slice")), field("of_slice", (3,), ("slice",))),
        (field("turned", (3, 2), ("slice", "cell")),),
        {},
    )
    recorder = Recorder(context)
    both = np.arange(6, dtype=np.float32).reshape(2, 3)
    observed = {"both": both, "of_slice": np.array([7, 8, 9], np.float32)}
    recorder.add(IntervalRecord(1, 1.0, observed, {"turned": both.T}, 0, 0, RepairReport()))
    table = recorder.steps()
    assert table["cell"].tolist() == [0, 0, 0, 1, 1, 1]
    assert table["of_slice"].tolist() == [7, 8, 9, 7, 8, 9]
    assert table["both"].tolist() == table["turned_decided"].tolist() == [0, 1, 2, 3, 4, 5]


def test_histograms_have_a_table_of_their_own() -> None:
    bins = [{"id": 0, "low_s": 0, "high_s": 1}, {"id": 1, "low_s": 1, "high_s": 3}]
    context = Context(
        "any",
        1,
        1.0,
        (
            field("latency", (2,), ("node",)),
            field("latency_histogram", (2, 2), ("node", "latency_bin")),
        ),
        (field("share", (2,), ("node",)),),
        {"nodes": [{"id": 5}, {"id": 6}], "latency_bins": bins},
    )
    recorder = Recorder(context)
    for step, counts in enumerate([[[0, 4], [0, 0]], [[1, 0], [2, 3]]], start=1):
        observed = {
            "latency": np.zeros(2, np.float32),
            "latency_histogram": np.array(counts, np.float32),
        }
        share = {"share": np.zeros(2, np.float32)}
        recorder.add(IntervalRecord(step, 2.0 * step, observed, share, 0, 0, RepairReport()))
    assert list(recorder.steps().columns) == ["step", "t_sim_s", "node", "latency", "share_decided"]
    assert len(recorder.steps()) == 4
    table = recorder.histograms()
    assert table is not None
    assert table.to_dict("list") == {
        "field": ["latency_histogram"] * 4,
        "step": [1, 2, 2, 2],
        "t_sim_s": [2.0, 4.0, 4.0, 4.0],
        "node": [5, 5, 6, 6],
        "bin": [1, 0, 0, 1],
        "low_s": [1.0, 0.0, 0.0, 1.0],
        "high_s": [3.0, 1.0, 1.0, 3.0],
        "count": [4, 1, 2, 3],
    }
    empty = Recorder(context).histograms()
    assert empty is not None
    assert list(empty.columns) == list(table.columns)
    assert filled().histograms() is None


def test_ids_come_from_the_context() -> None:
    values = {"slices": [{"id": 3}, {"id": 1}]}
    assert axis_ids(values, "slice", 2) == [3, 1]
    assert axis_ids(values, "cell", 2) == [0, 1]
