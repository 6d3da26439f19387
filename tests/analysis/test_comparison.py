"""Which runs belong together, what they are called, and bands over seeds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.comparison import bands, compare, samples
from analysis.errors import StoreReadError
from analysis.statistics import bootstrap_mean
from analysis.store_reader import read_store
from tests.analysis.stores import e2e_run, edge_run


def names(store: Path) -> dict[str, list[tuple[str, list[int]]]]:
    return {
        comparison.name: [
            (variant.label, [run.seed for run in variant.runs]) for variant in comparison.variants
        ]
        for comparison in compare(read_store(store))
    }


def test_runs_are_grouped_by_scenario_parameters_allocator_and_seed(tmp_path: Path) -> None:
    edge_run(tmp_path / "a", seed=2)
    edge_run(tmp_path / "b", seed=1)
    edge_run(tmp_path / "c", allocator="traffic")
    e2e_run(tmp_path / "d")
    assert names(tmp_path) == {
        "e2e-slice": [("equal", [1])],
        "edge-cloud": [("equal", [1, 2]), ("traffic", [1])],
    }
    edge_run(tmp_path / "e", parameters={"rate_hz": 300})
    found = names(tmp_path)
    assert len(found) == 3
    digests = [name.removeprefix("edge-cloud-") for name in found if name != "e2e-slice"]
    assert [len(digest) for digest in digests] == [8, 8]
    # A configuration keeps its name, whatever else is in the store.
    edge_run(tmp_path / "f", parameters={"rate_hz": 400})
    assert set(found) < set(names(tmp_path))


@pytest.mark.parametrize(
    ("settings", "labels"),
    [
        ([{"gain": 2.0}], ["static"]),
        ([{"gain": 2.0}, {"gain": 1}], ["static gain=1", "static gain=2.0"]),
        ([{"shares": [0.5, 0.5]}, {"shares": [0, 1.0]}],
         ["static shares=0,1", "static shares=0.5,0.5"]),
        ([{"shares": [0.125] * 8}, {"shares": [1.0]}], ["static 1", "static 2"]),
    ],
)  # fmt: skip
def test_labels_tell_settings_apart(
    settings: list[dict[str, Any]], labels: list[str], tmp_path: Path
) -> None:
    for i, own in enumerate(settings):
        edge_run(tmp_path / str(i), allocator="static", settings=own)
    (comparison,) = compare(read_store(tmp_path))
    assert [variant.label for variant in comparison.variants] == labels
    table = comparison.table()
    assert table["label"].tolist() == labels
    assert table["settings"].str.contains("=").all()


def test_bands_are_means_over_what_is_not_named(tmp_path: Path) -> None:
    edge_run(tmp_path / "a", seed=1)
    edge_run(tmp_path / "b", seed=2)
    edge_run(tmp_path / "c", seed=5)
    (comparison,) = compare(read_store(tmp_path))
    measured = samples(
        comparison,
        lambda run: pd.DataFrame({"step": [1, 2], "value": [float(run.seed), np.nan]}),
    )
    table = bands(measured, ["step"])
    assert table["step"].tolist() == [1]  # a mean of nothing is none
    expected = bootstrap_mean([1.0, 2.0, 5.0])
    assert table["mean"].tolist() == pytest.approx([8 / 3])
    assert (table["low"][0], table["high"][0]) == (expected.low, expected.high)
    assert table["low"][0] < 8 / 3 < table["high"][0]


def test_stores_without_finished_runs(tmp_path: Path) -> None:
    with pytest.raises(StoreReadError, match="nowhere is no folder; that of a run or of a store"):
        read_store(tmp_path / "nowhere")
    (tmp_path / "notes").mkdir()
    with pytest.raises(StoreReadError, match="holds no finished run; `slicebed run` makes one"):
        read_store(tmp_path)
    (tmp_path / "1f2e3d4c5b6a.failed").mkdir()
    with pytest.raises(StoreReadError, match="no finished run; 1 failed or were interrupted; "):
        read_store(tmp_path)
    unfinished = edge_run(tmp_path / "unfinished")
    (unfinished / "summary.json").unlink()
    with pytest.raises(StoreReadError, match=r"no finished run: summary\.json is missing"):
        read_store(unfinished)


def test_runs_that_are_being_written_are_not_read(tmp_path: Path) -> None:
    edge_run(tmp_path / "a")
    edge_run(tmp_path / ".b.1234.partial", seed=2)
    assert [run.seed for run in read_store(tmp_path)] == [1]
