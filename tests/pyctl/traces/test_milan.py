"""The Milan format: both forms give the same series; damage is named with its place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pyctl.errors import UsageError
from pyctl.traces import check, load_masks, milan, write_mask_csv
from pyctl.traces.masks import resample

START = 1383260400000
DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
needs_data = pytest.mark.skipif(
    not DATA.is_dir(), reason="the real traces are not beside the repository"
)


def write_rows(path: Path, rows: list[str]) -> Path:
    path.write_text("".join(row + "\n" for row in rows))
    return path


def row(square: int, interval: int, internet: str, country: int = 39) -> str:
    return f"{square}\t{START + 600_000 * interval}\t{country}\t0.1\t\t\t0.2\t{internet}"


def day(square: int, level: float, intervals: int = 144) -> list[str]:
    return [row(square, i, repr(level * (1 + i % 6))) for i in range(intervals)]


def test_country_codes_are_summed_and_empty_is_zero(tmp_path: Path) -> None:
    rows = [row(1, 0, "1.5"), row(1, 0, "2", country=0), row(1, 1, ""), row(7, 0, "4")]
    wide = milan.load(write_rows(tmp_path / "rows.txt", rows))
    assert wide.loc[START, 1] == 3.5
    assert wide.loc[START + 600_000, 1] == 0
    assert wide.loc[START, 7] == 4
    assert np.isnan(wide.loc[START + 600_000, 7])


def test_rows_and_parquet_give_the_same(tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "rows.txt", [*day(3, 2.0), *day(5, 0.3)])
    long = milan.load(rows).stack().rename("internet").reset_index()
    long.columns = ["time_interval", "square_id", "internet"]
    long.to_parquet(tmp_path / "rows.parquet")
    a = load_masks(rows, 90, slice_count=2)
    b = load_masks(tmp_path / "rows.parquet", 90, slice_count=2)
    np.testing.assert_array_equal(a.values, b.values)
    assert a.squares == b.squares == (3, 5)
    assert a.sha256 != b.sha256


def test_a_folder_of_daily_files(tmp_path: Path) -> None:
    write_rows(tmp_path / "2013-11-01.txt", day(3, 2.0, 72))
    write_rows(tmp_path / "2013-11-02.txt", [row(3, 72 + i, "5") for i in range(72)])
    assert len(milan.load(tmp_path)) == 144


def test_resampling_conserves_the_area() -> None:
    values = np.random.default_rng(1).uniform(0, 9, 144)
    quarters = resample(values, 900)
    assert quarters.size == 96
    assert quarters.sum() * 900 == pytest.approx(values.sum() * 600, rel=1e-12)
    # 15 minutes are ten of the first interval and five of the second.
    assert quarters[0] == pytest.approx((2 * values[0] + values[1]) / 3)
    assert quarters[1] == pytest.approx((values[1] + 2 * values[2]) / 3)
    np.testing.assert_allclose(resample(values, 600), values, rtol=1e-12)


def test_masks_are_relative_to_each_peak(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "rows.txt", [*day(3, 2.0), *day(5, 0.3)])
    masks = load_masks(path, 96, squares=[5, 3])
    assert masks.squares == (5, 3)
    np.testing.assert_allclose(masks.values[:, 0], masks.values[:, 1])
    assert masks.values.max() == 1.0
    write_mask_csv(masks, tmp_path / "mask.csv", [1, 4])
    table = pd.read_csv(tmp_path / "mask.csv")
    assert list(table.columns) == ["step", "slice_1", "slice_4"]
    np.testing.assert_allclose(table[["slice_1", "slice_4"]].to_numpy(), masks.values, rtol=1e-15)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["1\t2"], "line 1: 2 columns; 8, tab-separated, are right"),
        ([row(1, 0, "1") + "\t9"], "line 1: 9 columns; 8"),
        ([row(1, 0, "1"), row(1, 1, "much")], "line 2: internet is 'much'; a number of at least 0"),
        ([row(1, 0, "-1")], "line 1: internet is '-1'"),
        ([row(1, 0, "nan")], "line 1: internet is 'nan'"),
        ([row(0, 0, "1")], "line 1: square_id is 0; 1 to 10000 is right"),
        (["x" + row(1, 0, "1")], "line 1: square_id is 'x1'; a whole number is required"),
        ([f"1\t{START + 1}\t39\t\t\t\t\t1"], "line 1: time_interval is 1383260400001; the start"),
        ([], "the file is empty"),
    ],
)
def test_damaged_rows_are_named(tmp_path: Path, rows: list[str], message: str) -> None:
    with pytest.raises(UsageError) as error:
        milan.load(write_rows(tmp_path / "rows.txt", rows))
    assert message in str(error.value)


@pytest.mark.parametrize("columns", [3, 4, 7])
def test_a_file_that_was_cut_off_is_refused(columns: int, tmp_path: Path) -> None:
    whole = "\n".join(day(3, 2.0))
    path = tmp_path / "rows.txt"
    path.write_text("\t".join(whole.split("\t")[: columns - 8]))
    said = f"the file is cut off: its last row has {columns} columns and no end of line; 8 columns"
    for read in (check, milan.load):
        with pytest.raises(UsageError, match=said):
            read(path)
    with pytest.raises(UsageError, match=said):
        load_masks(tmp_path, 10, squares=[3])


def test_the_last_row_may_lack_its_end_or_its_last_fields(tmp_path: Path) -> None:
    path = tmp_path / "rows.txt"
    short = f"3\t{START}\t39\t0.1"
    for text, activity in (
        (row(3, 0, "1.5"), 1.5),
        (row(3, 0, ""), 0),
        (short + "\n", 0),
        (short + "\r\n", 0),
    ):
        path.write_bytes(text.encode())
        assert milan.load(path).loc[START, 3] == activity


def test_other_damage_is_named(tmp_path: Path) -> None:
    gap = write_rows(tmp_path / "gap.txt", [r for i, r in enumerate(day(3, 1.0)) if i != 50])
    with pytest.raises(UsageError, match="square 3 has no row for interval 1383290400000"):
        load_masks(gap, 10, squares=[3])
    whole = write_rows(tmp_path / "whole.txt", day(3, 1.0))
    with pytest.raises(UsageError, match="square 4 is not in it; there are: 3"):
        load_masks(whole, 10, squares=[4])
    with pytest.raises(UsageError, match="square 3 has 96 intervals of 900 s; steps=97"):
        load_masks(whole, 97, squares=[3])
    with pytest.raises(UsageError, match="1 squares have a row in every interval; 2 slices"):
        load_masks(whole, 10, slice_count=2)
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"PAR1 and nothing else")
    with pytest.raises(UsageError, match="damaged Parquet file"):
        milan.load(broken)
    with pytest.raises(UsageError, match="there is no such file or folder"):
        milan.load(tmp_path / "none")


def test_check_says_what_is_there(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "rows.txt", [*day(3, 2.0), *day(5, 0.3, 10)])
    text = "\n".join(check(path))
    assert "squares: 2" in text
    assert "144 from 2013-11-01 00:00 to 2013-11-01 23:50 (Europe/Rome), 0 missing" in text
    assert "squares without gaps: 1 (3)" in text


@needs_data
def test_the_real_parquet_and_rows() -> None:
    masks = load_masks(DATA / "milano_internet.parquet", 2880, slice_count=4)
    assert masks.values.shape == (2880, 4)
    assert masks.values.max(axis=0) == pytest.approx(1)
    raw = load_masks(DATA / "milano_raw_rows_sample.txt", 96, squares=[1, 10, 100])
    # Means of the summed activity, as the data's own description gives them.
    wide = milan.load(DATA / "milano_raw_rows_sample.txt")
    assert wide[1].mean() == pytest.approx(10.47, abs=0.005)
    assert wide[10].mean() == pytest.approx(6.34, abs=0.005)
    assert wide[100].mean() == pytest.approx(19.09, abs=0.005)
    assert raw.values.shape == (96, 3)
