"""Alibaba's GenAI log: CSV and Parquet give the same requests; damage is named with its row."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pyctl.errors import UsageError
from pyctl.traces import arrivals_csv, check, detect, load_arrivals

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
needs_data = pytest.mark.skipif(
    not DATA.is_dir(), reason="the real traces are not beside the repository"
)
HEADER = "gmt_create,predict_type,predict_status,exec_time_seconds,groupId"
# Ten requests in 900 s, of 10 s on average.
ROWS = [
    (second, seconds, group)
    for second, seconds, group in zip(
        (0, 10, 10, 60, 300, 301, 600, 660, 890, 900),
        (5, 20, 0, 10, 10, 10, 10, 10, 15, 10),
        "abcdaefgab",
        strict=True,
    )
]
RUN = {"edges": 3, "rate_hz": 2.0, "cycles_mean": 1e6, "interval_s": 1.0}


def write_csv(path: Path, rows: list[tuple[object, object, object]] | None = None) -> Path:
    lines = [HEADER]
    for second, seconds, group in ROWS if rows is None else rows:
        at = (
            pd.Timestamp("2024-11-15 16:57:50") + pd.Timedelta(seconds=second)
            if isinstance(second, int)
            else second
        )
        lines.append(f"{at},TXT_2_IMG,SUCCEED,{seconds},{group}")
    path.write_text("\n".join(lines) + "\n")
    return path


def test_time_is_compressed_and_work_scaled(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "log.csv")
    assert detect(path) == "genai"
    arrivals = load_arrivals(path, steps=5, **RUN)  # type: ignore[arg-type]
    # 10 requests at 2/s take 5 s: 900 s are compressed 180 times. The last one is at 5 s: beyond.
    assert arrivals.compression == pytest.approx(180)
    assert arrivals.times_s.tolist() == pytest.approx([row[0] / 180 for row in ROWS[:9]])
    assert arrivals.cycles.tolist() == [500_000, 2_000_000, 1, *[1_000_000] * 5, 1_500_000]
    assert arrivals.edges.tolist() == [0, 1, 2, 0, 0, 1, 2, 0, 0]  # d is the fourth group
    text = arrivals_csv(arrivals).splitlines()
    assert text[0] == "time_s,edge,cycles"
    assert text[5] == f"{300 / 180!r},0,1000000"
    assert "compressed 180 times (2/s on average)" in arrivals.description


def test_csv_and_parquet_give_the_same(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "log.csv")
    frame = pd.read_csv(path)
    frame["gmt_create"] = pd.to_datetime(frame["gmt_create"])
    frame.to_parquet(tmp_path / "log.parquet")
    assert detect(tmp_path / "log.parquet") == "genai"
    a, b = (
        load_arrivals(tmp_path / name, steps=5, **RUN)  # type: ignore[arg-type]
        for name in ("log.csv", "log.parquet")
    )
    assert arrivals_csv(a) == arrivals_csv(b)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ((5, 10, "a"), "row 3: gmt_create is .*; no time before the row above's is required"),
        (("", 10, "a"), "row 3: gmt_create is nan; a date and time is required"),
        (("soon", 10, "a"), "row 3: gmt_create is soon; a date and time is required"),
        ((20, -1, "a"), "row 3: exec_time_seconds is -1; a number of at least 0 is required"),
        ((20, "", "a"), "row 3: exec_time_seconds is nan; a number of at least 0 is required"),
        ((20, "inf", "a"), "row 3: exec_time_seconds is inf; a number of at least 0"),
        ((20, 10, ""), "row 3: groupId is nan; a name is required"),
    ],
)
def test_damaged_rows_are_refused(
    row: tuple[object, object, object], said: str, tmp_path: Path
) -> None:
    path = write_csv(tmp_path / "log.csv", [*ROWS[:3], row, *ROWS[4:]])
    with pytest.raises(UsageError, match=said):
        check(path)


def test_logs_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "log.csv")
    with pytest.raises(UsageError, match=r"10 requests end after 5 s at 2/s; steps=7 of 1 s go on"):
        load_arrivals(path, steps=7, **RUN)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="rate_hz is 0; more than 0 is required"):
        load_arrivals(path, steps=5, **{**RUN, "rate_hz": 0.0})  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="no rows; one a request is required"):
        check(write_csv(tmp_path / "empty.csv", []))
    one = write_csv(tmp_path / "one.csv", [ROWS[0]])
    with pytest.raises(UsageError, match="1 requests in 0 s of 5 s each; more than 0 s"):
        load_arrivals(one, steps=1, **RUN)  # type: ignore[arg-type]
    missing = tmp_path / "missing.csv"
    missing.write_text("gmt_create,groupId\n2024-11-15 16:57:50,a\n")
    with pytest.raises(UsageError, match="column exec_time_seconds is missing; gmt_create, exec"):
        check(missing)


def test_check_says_what_is_in_it(tmp_path: Path) -> None:
    assert check(write_csv(tmp_path / "log.csv"))[1:] == [
        "requests: 10 of 7 groups in 0.01 days",
        "execution: mean 10.00 s, max 20 s",
    ]


@needs_data
def test_the_real_data() -> None:
    path = DATA / "alibaba_genai_requests.parquet"
    arrivals = load_arrivals(path, edges=6, rate_hz=450, cycles_mean=1e7, steps=12, interval_s=5.0)
    assert len(arrivals.times_s) == 26_823
    assert arrivals.compression == pytest.approx(1_989_367 * 450 / 26_823)
    assert arrivals.cycles.mean() == pytest.approx(1e7, rel=1e-6)
    assert (np.diff(arrivals.times_s) >= 0).all()
