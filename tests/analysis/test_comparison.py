"""Which runs belong together, what they are called, and bands over seeds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.comparison import bands, compare, describe, samples, settings_of, told_apart
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


def with_arrivals(folder: Path, digest: str, **more: Any) -> Path:
    """Writes a run that replayed a log of requests."""
    edge_run(folder, **more)
    change(folder / "config.json", arrivals_sha256=digest)
    return folder


def change(path: Path, **values: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def test_runs_on_other_data_are_not_mixed(tmp_path: Path) -> None:
    with_arrivals(tmp_path / "a", "1a" * 32)
    with_arrivals(tmp_path / "b", "2b" * 32)
    edge_run(tmp_path / "c", seed=3)
    comparisons = compare(read_store(tmp_path))
    assert sorted(run.folder.name for one in comparisons for run in one.runs) == ["a", "b", "c"]
    assert len({one.name for one in comparisons}) == 3
    apart = told_apart(comparisons)
    assert sorted(describe(apart[one.name]) for one in comparisons) == [
        "arrivals_sha256 1a1a1a1a", "arrivals_sha256 2b2b2b2b", "arrivals_sha256 none"
    ]  # fmt: skip
    assert {one.conditions.get("arrivals_sha256") for one in comparisons} == {
        "1a" * 32, "2b" * 32, None
    }  # fmt: skip


def test_conditions_that_all_share_tell_nothing_apart(tmp_path: Path) -> None:
    for folder, cells in (("a", 2), ("b", 3)):
        edge_run(tmp_path / folder, parameters={"cells": cells, "x": {"y": [1]}, "note": "n"})
    e2e_run(tmp_path / "c", parameters={"rate": 1})
    comparisons = compare(read_store(tmp_path))
    told = told_apart(comparisons)
    assert sorted(map(describe, told.values())) == ["", "cells 2", "cells 3"]
    edge = comparisons[1].conditions
    assert edge == {"cells": edge["cells"], "x.y": [1], "note": "n"}


def test_a_seed_that_was_run_twice(tmp_path: Path) -> None:
    edge_run(tmp_path / "a", summary={"kpi_sha256": "a", "wall_s": 1})
    edge_run(tmp_path / "copy", summary={"kpi_sha256": "a", "wall_s": 2})
    (comparison,) = compare(read_store(tmp_path))
    assert [run.folder.name for run in comparison.runs] == ["a"]
    change(tmp_path / "copy" / "summary.json", kpi_sha256="b")
    with pytest.raises(StoreReadError, match=r"a and .*copy are both equal with seed 1 .* keep"):
        compare(read_store(tmp_path))
    # Of runs that do not tell what they measured nothing is known.
    for folder in ("a", "copy"):
        (tmp_path / folder / "summary.json").write_text("{}")
    with pytest.raises(StoreReadError, match="did not measure the same"):
        compare(read_store(tmp_path))


def test_settings_that_differ_in_a_late_digit_are_two(tmp_path: Path) -> None:
    for folder, share in (("a", 0.12345671), ("b", 0.12345672)):
        edge_run(tmp_path / folder, settings={"shares": [share]})
    (comparison,) = compare(read_store(tmp_path))
    assert len(comparison.variants) == 2


def with_model(folder: Path, path: str, digest: str, **more: Any) -> None:
    """Writes a run whose allocator loaded a file."""
    edge_run(folder, settings={"model": path}, **more)
    change(folder / "config.json", files_sha256={"model": digest})


def test_a_model_file_of_other_content_is_another_variant(tmp_path: Path) -> None:
    with_model(tmp_path / "a", "/m.pt", "1a" * 32)
    with_model(tmp_path / "b", "/m.pt", "2b" * 32)
    edge_run(tmp_path / "c", allocator="static")
    (comparison,) = compare(read_store(tmp_path))
    assert sorted(settings_of(variant.runs[0]) for variant in comparison.variants) == [
        "", 'model="/m.pt"@1a1a1a1a', 'model="/m.pt"@2b2b2b2b'
    ]  # fmt: skip


def test_model_files_that_each_seed_has_for_itself_are_one_variant(tmp_path: Path) -> None:
    for seed, digest in ((1, "1a" * 32), (2, "2b" * 32)):
        with_model(tmp_path / f"model{seed}", "/{seed}.pt", digest, seed=seed)
        edge_run(tmp_path / f"other{seed}", allocator="static", seed=seed)
    (comparison,) = compare(read_store(tmp_path))
    assert [len(variant.runs) for variant in comparison.variants] == [2, 2]
