"""A store as one table, by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analysis.errors import StoreReadError
from analysis.run_table import run_table, write_table


def store_run(out: Path, name: str, config: Any, summary: Any) -> Path:
    folder = out / name
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "summary.json").write_text(json.dumps(summary))
    return folder


@pytest.fixture
def results(tmp_path: Path) -> Path:
    settings = {"shares": [0.5, 0.5]}
    store_run(
        tmp_path, "0" * 12,
        {"seed": 1, "parameters": {"p": 1}, "allocator_settings": settings},
        {"utility_mean": 0.5, "per_slice": {"1": {"r_mean": 0.25}}},
    )  # fmt: skip
    store_run(tmp_path, "1" * 12, {"seed": 2, "parameters": {"p": "x"}}, {"utility_mean": None})
    (tmp_path / ("2" * 12)).mkdir()
    (tmp_path / f"{'3' * 12}.failed").mkdir()
    (tmp_path / "notes.txt").write_text("mine")
    return tmp_path


def test_a_row_for_each_finished_run(results: Path) -> None:
    table = run_table(results)
    assert table["run_id"].tolist() == ["0" * 12, "1" * 12]
    assert table["seed"].tolist() == [1, 2]
    assert table["parameters.p"].tolist() == ["1", "x"]
    assert table.loc[0, "per_slice.1.r_mean"] == 0.25
    assert table.loc[0, "allocator_settings.shares"] == "[0.5, 0.5]"
    assert table["utility_mean"].isna().tolist() == [False, True]


def test_both_forms_hold_the_same(results: Path, tmp_path: Path) -> None:
    table = run_table(results)
    write_table(table, tmp_path / "t.csv", "csv")
    write_table(table, tmp_path / "t.parquet", "parquet")
    read = pd.read_csv(tmp_path / "t.csv", dtype={"run_id": str})
    stored = pd.read_parquet(tmp_path / "t.parquet")
    assert read["run_id"].tolist() == stored["run_id"].tolist() == ["0" * 12, "1" * 12]
    assert list(read.columns) == list(stored.columns)
    assert not [path for path in tmp_path.iterdir() if path.name.endswith(".partial")]


def test_what_cannot_be_read_or_written(results: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreReadError, match="none is no folder"):
        run_table(tmp_path / "none")
    with pytest.raises(StoreReadError, match=r"cannot write .*none/t.csv: Cannot save"):
        write_table(run_table(results), tmp_path / "none" / "t.csv", "csv")
    (results / ("0" * 12) / "summary.json").write_text("{")
    with pytest.raises(StoreReadError, match=r"0/summary.json: "):
        run_table(results)
