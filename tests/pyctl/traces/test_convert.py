"""Conversion of original files: the same series, checked, in a stream, resumable."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pyctl.errors import UsageError
from pyctl.traces import load_arrivals, load_masks, milan
from pyctl.traces.convert import convert
from tests.pyctl.traces.test_milan import START, day, row, write_rows

MB = 1_000_000
COUNTRIES = (0, 39, 33, 44)


def silent(_: Path, __: str) -> None:
    """Is told and says nothing."""


def days(folder: Path) -> Path:
    folder.mkdir()
    write_rows(folder / "1.txt", [*day(3, 2.0, 72), *day(5, 0.3, 72)])
    write_rows(folder / "2.txt", [row(s, 72 + i, "5") for s in (3, 5) for i in range(72)])
    return folder


def test_a_folder_of_days_gives_the_same_masks(tmp_path: Path) -> None:
    source = days(tmp_path / "days")
    told: list[str] = []
    files = convert(source, tmp_path / "out", lambda target, text: told.append(text))
    assert [file.name for file in files] == ["1.parquet", "2.parquet"]
    assert told == ["2 squares, 72 intervals"] * 2
    a, b = (load_masks(path, 90, slice_count=2) for path in (source, tmp_path / "out"))
    np.testing.assert_array_equal(a.values, b.values)
    pd.testing.assert_frame_equal(milan.load(source), milan.load(tmp_path / "out"))


def test_it_goes_on_where_it_was(tmp_path: Path) -> None:
    source, out = days(tmp_path / "days"), tmp_path / "out"
    good = (source / "2.txt").read_text()
    (source / "2.txt").write_text(good + "damage\n")
    with pytest.raises(UsageError, match=r"2\.txt, line 145: 1 columns"):
        convert(source, out, silent)
    assert [entry.name for entry in out.iterdir()] == ["1.parquet"]
    before = (out / "1.parquet").stat().st_mtime_ns
    (source / "2.txt").write_text(good)
    told: list[str] = []
    convert(source, out, lambda target, text: told.append(text))
    assert told == ["is there already", "2 squares, 72 intervals"]
    assert (out / "1.parquet").stat().st_mtime_ns == before


def test_the_same_file_gives_the_same_bytes(tmp_path: Path) -> None:
    source = write_rows(tmp_path / "a.txt", day(3, 0.1) * 3)
    one, two = (convert(source, tmp_path / name, silent)[0].read_bytes() for name in "xy")
    assert one == two


def test_what_is_refused(tmp_path: Path) -> None:
    source = days(tmp_path / "days")
    out = tmp_path / "out"
    out.mkdir()
    (out / "1.parquet").write_text("mine")
    with pytest.raises(UsageError, match=r"1\.parquet: it is there and was not made of"):
        convert(source, out, silent)
    assert (out / "1.parquet").read_text() == "mine"
    write_rows(source / "3.txt", [row(9, 80, "1")])
    interval = START + 80 * 600_000
    with pytest.raises(UsageError, match=rf"3\.txt: interval {interval} is in 2\.txt too"):
        convert(source, tmp_path / "other", silent)
    with pytest.raises(UsageError, match=r"3\.txt: interval .* is in 2\.txt too"):
        milan.activity(source)
    with pytest.raises(UsageError, match="it is Parquet already"):
        convert(tmp_path / "other", tmp_path / "again", silent)
    (tmp_path / "mine").write_text("")
    with pytest.raises(UsageError, match=r"mine: .*; a folder is required"):
        convert(source, tmp_path / "mine", silent)
    write_rows(source / "1.csv", day(3, 1.0))
    with pytest.raises(UsageError, match=r"1\.txt: 1\.csv would give 1\.parquet as well"):
        convert(source, tmp_path / "twice", silent)


def test_planetlab_and_genai(tmp_path: Path) -> None:
    folder = tmp_path / "20110303"
    folder.mkdir()
    for name, level in (("a", 10), ("b", 20)):
        (folder / name).write_text("".join(f"{(level + i) % 101}\n" for i in range(288)))
    convert(folder, tmp_path / "vms", silent)
    a = load_masks(folder, 90, slice_count=2)
    b = load_masks(tmp_path / "vms" / "20110303.parquet", 90, slice_count=2)
    np.testing.assert_array_equal(a.values, b.values)

    log = tmp_path / "log.csv"
    rows = [f"2024-11-15 00:00:{i:02},{1 + i % 3}.5,g{i % 2},more" for i in range(60)]
    log.write_text("gmt_create,exec_time_seconds,groupId,other\n" + "\n".join(rows))
    (file,) = convert(log, tmp_path / "log", silent)
    keys = {"edges": 2, "rate_hz": 10.0, "cycles_mean": 1e9, "steps": 2, "interval_s": 1.0}
    first, second = (load_arrivals(path, **keys) for path in (log, file))
    np.testing.assert_array_equal(first.times_s, second.times_s)
    np.testing.assert_array_equal(first.cycles, second.cycles)
    np.testing.assert_array_equal(first.edges, second.edges)


def converted(source: Path, out: Path) -> tuple[str, int]:
    """Converts by command; returns what it told and its largest memory [byte]."""
    # A process in between: what is asked for is the peak of this child, not of all so far.
    code = "import os, sys; argv = sys.orig_argv[:1] + sys.argv[1:];"
    code += "pid = os.spawnv(os.P_NOWAIT, sys.executable, argv);"
    code += "_, status, used = os.wait4(pid, 0); print(used.ru_maxrss); sys.exit(status >> 8)"
    arguments = ["-m", "pyctl.cli", "data", "convert", str(source), "--out", str(out)]
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
    )
    told, peak_kb = done.stdout.splitlines()
    return told, int(peak_kb) * 1024


def test_a_day_of_the_original_size_is_streamed(tmp_path: Path) -> None:
    source = tmp_path / "day.txt"
    rows = "".join(
        f"{square}\t@\t{country}\t0.0412\t0.0398\t0.0277\t0.0301\t{square / 7:.12f}\n"
        for square in range(1, 10_001)
        for country in COUNTRIES
    )
    with source.open("w") as file:
        for interval in range(144):
            file.write(rows.replace("@", str(START + 600_000 * interval)))
    assert source.stat().st_size > 300 * MB
    small = write_rows(tmp_path / "small.txt", day(3, 1.0))
    _, base = converted(small, tmp_path / "out")
    told, peak = converted(source, tmp_path / "out")
    assert told == f"{tmp_path / 'out' / 'day.parquet'}: 10000 squares, 144 intervals"
    assert peak - base < source.stat().st_size  # the file alone, kept as it is, would be more
    few = milan.load(tmp_path / "out" / "day.parquet", [7, 70])
    assert few.shape == (144, 2)
    np.testing.assert_allclose(few.to_numpy(), [[4.0, 40.0]] * 144, rtol=1e-9)
