"""The PlanetLab format: files, folders and Parquet give the same series; damage is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pyctl.errors import UsageError
from pyctl.traces import check, detect, load_masks, planetlab

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
needs_data = pytest.mark.skipif(
    not DATA.is_dir(), reason="the real traces are not beside the repository"
)


def day(vm: int) -> list[int]:
    """A day of a VM: VM 1 is idle, others go up and down between 10 and 10 + 6 vm."""
    return [0 if vm == 1 else 10 + vm * abs(i % 12 - 6) for i in range(288)]


def write_folder(folder: Path, vms: int = 4) -> Path:
    folder.mkdir()
    for vm in range(vms):
        (folder / f"host{vm}_site").write_text("".join(f"{value}\n" for value in day(vm)))
    return folder


def write_parquet(path: Path, days: list[Any]) -> Path:
    pd.DataFrame({"day": "20110303", "vm": range(len(days)), "cpu": days}).to_parquet(path)
    return path


def test_a_folder_and_parquet_give_the_same(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "20110303")
    parquet = write_parquet(tmp_path / "trace", [day(vm) for vm in range(4)])
    assert detect(folder) == detect(parquet) == "planetlab"
    a, b = (load_masks(path, 288, slice_count=3, interval_real_s=300) for path in (folder, parquet))
    np.testing.assert_array_equal(a.values, b.values)
    assert a.squares == b.squares == (0, 2, 3)  # the idle one is left out
    np.testing.assert_allclose(a.values[:, 1], np.array(day(2)) / 22)
    assert "PlanetLab CPU utilisation of VMs 0, 2, 3" in a.description


def test_one_file_is_one_vm(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "day")
    masks = load_masks(folder / "host3_site", 96, slice_count=1, interval_real_s=900)
    # 15 minutes are three samples: 28, 25, 22 of at most 28, and their mean of at most 25.
    assert masks.values[0, 0] == pytest.approx(1)
    assert masks.values[1, 0] == pytest.approx(np.mean([19, 16, 13]) / 25)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda lines: lines[:287], "287 lines; a day of 5-minute samples has 288"),
        (lambda lines: [*lines, "5"], "289 lines; a day of 5-minute samples has 288"),
        (lambda lines: [*lines[:3], "-1", *lines[4:]], "line 4: '-1'; a whole percentage"),
        (lambda lines: [*lines[:3], "101", *lines[4:]], "line 4: '101'; a whole percentage"),
        (lambda lines: [*lines[:3], "nan", *lines[4:]], "line 4: 'nan'; a whole percentage"),
        (lambda lines: [*lines[:3], "", *lines[4:]], "line 4: ''; a whole percentage"),
        (lambda lines: [*lines[:3], "2.5", *lines[4:]], "line 4: '2.5'; a whole percentage"),
    ],
)
def test_damaged_files_are_refused(
    spoil: Callable[[list[str]], list[str]], said: str, tmp_path: Path
) -> None:
    folder = write_folder(tmp_path / "day")
    bad = folder / "host2_site"
    bad.write_text("\n".join(spoil(bad.read_text().splitlines())) + "\n")
    with pytest.raises(UsageError, match=f"host2_site.*{said}"):
        check(folder)


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ([day(0), day(2)[:100]], "row 1: 100 values; a day of 5-minute samples has 288"),
        ([day(0), None], "row 1: 0 values; a day of 5-minute samples has 288"),
        ([day(0), [float("nan"), *day(2)[1:]]], r"row 1: cpu\[0\] is nan; a percentage"),
        ([[*day(0)[:287], -3]], r"row 0: cpu\[287\] is -3; a percentage"),
        ([[*day(0)[:287], 300]], r"row 0: cpu\[287\] is 300; a percentage"),
        ([], "no rows; one a virtual machine is required"),
    ],
)
def test_damaged_parquet_is_refused(days: list[Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=said):
        check(write_parquet(tmp_path / "trace.parquet", days))


def test_what_is_not_in_the_trace_is_refused(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "day")
    with pytest.raises(UsageError, match="VM 9 is not in it; there are: 0, 1, 2, 3"):
        load_masks(folder, 10, squares=[9])
    with pytest.raises(UsageError, match="VM 1 has no activity at all"):
        load_masks(folder, 10, squares=[1])
    with pytest.raises(UsageError, match="3 VMs are not idle all day; 4 slices need as many"):
        load_masks(folder, 10, slice_count=4)
    with pytest.raises(UsageError, match="VM 0 has 288 intervals of 300 s; steps=289 needs"):
        load_masks(folder, 289, squares=[0], interval_real_s=300)
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="the folder is empty"):
        check(tmp_path / "empty")


def test_check_says_what_is_in_it(tmp_path: Path) -> None:
    facts = check(write_folder(tmp_path / "day"))
    assert facts[0].startswith("format: PlanetLab CPU utilisation; sha256 ")
    mean = np.mean([day(vm) for vm in range(4)])
    assert facts[1:] == [
        "VMs and days: 4, of 288 samples of 5 minutes",
        f"utilisation: mean {mean:.2f} %, max 28 %",
        "VMs not idle all day: 3",
    ]


@needs_data
def test_the_real_data() -> None:
    activity = planetlab.load(DATA / "planetlab_cpu_5min.parquet")
    assert activity.series(activity.ids).shape == (288, 11_746)
    assert activity.series(activity.ids).to_numpy().mean() == pytest.approx(11.10, abs=0.005)
