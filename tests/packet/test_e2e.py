"""Co-simulations of `e2e-slice`: determinism, grants in force, refusals; the testbed's file."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import gymnasium
import numpy as np
import pandas as pd
import pytest

import pyctl.env  # noqa: F401 - registers the ids
from pyctl.errors import UsageError
from pyctl.studies.e2e import min_law, run_grants
from pyctl.traces import testbed
from tests.packet import commands
from tests.packet.commands import refused, summary

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "microopt_testbed.csv"
SHORT = ("--set", "interval_s=5", "--set", "users=2")

run = partial(commands.run, "e2e-slice")


def test_same_seed_same_digest(tmp_path: Path) -> None:
    words = ("--allocator", "equal", *SHORT, "--set", "steps=2", "--set", "users_sd=1", "--json")
    first = summary(run(*words, "--seed", "3", out=tmp_path / "a"))
    again = summary(run(*words, "--seed", "3", out=tmp_path / "b"))
    other = summary(run(*words, "--seed", "4", out=tmp_path / "c"))
    assert first["kpi_sha256"] == again["kpi_sha256"] != other["kpi_sha256"]
    packets = first["conservation"]
    assert packets["sent"] > 1000
    assert packets["sent"] == packets["received"] + packets["in_flight"] + sum(
        packets["dropped"].values()
    )


def test_steps_have_one_row_a_slice_and_slot(tmp_path: Path) -> None:
    words = ("--allocator", "equal", *SHORT, "--set", "steps=2", "--set", "slices=2", "--json")
    folder = Path(summary(run(*words, out=tmp_path))["run_dir"])
    steps = pd.read_parquet(folder / "steps.parquet")
    assert len(steps) == 2 * 2 * 5
    assert set(steps["slice"]) == {1, 2}
    assert (steps["rate_decided"] == 25).all()
    assert (steps["cpu_decided"] == 2250).all()
    # What a viewer got over the interval is the mean of what it got in the slots.
    last = steps[steps["step"] == 2].groupby("slice")
    assert np.allclose(last["q_dl"].mean(), last["thp_dl"].first(), rtol=1e-4)


def test_gymnasium_grants_are_in_force() -> None:
    env = gymnasium.make(
        "slicebed/E2eSlice-v0", params={"steps": 3, "interval_s": 5, "users": 4, "slices": 1}
    )
    try:
        env.reset(seed=1)
        assert env.action_space["rate"].shape == (1,)  # type: ignore[index]
        seen = {}
        for rate, cpu in ((40.0, 1000.0), (10.0, 4500.0), (40.0, 4500.0)):
            action = {"rate": np.float32([rate]), "cpu": np.float32([cpu])}
            observation, reward, *_ = env.step(action)
            seen[rate, cpu] = 4e-6 * float(observation["q_dl"][0, 2:].mean())
            degraded = max(float(observation["degradation"][0]) - 0.1, 0)
            assert float(reward) == pytest.approx(-rate / 50 - cpu / 4500 - 5 * degraded, abs=1e-3)
        assert seen[40, 1000] == pytest.approx(8.3, abs=0.8)
        assert 7 < seen[10, 4500] < 9.4
        assert seen[40, 4500] > 2.5 * seen[40, 1000]
    finally:
        env.close()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("slot_s=7",), "slot_s is 7.000000; a divisor of interval_s=60.000000 is required"),
        (("video_mbps=5,3",), "ladder has 3.000000 Mbit/s; ascending bitrates above 0"),
        (("users=0",), "users"),
        (("rate_max_mbps=-1",), "rate_max_mbps"),
        (("slices=17",), "slices"),
        (("aqm=pie",), "aqm"),
        (("mask_file=nowhere.csv",), "nowhere.csv"),
    ],
)
def test_bad_parameters_are_refused(words: tuple[str, ...], said: str, tmp_path: Path) -> None:
    sets = [word for text in words for word in ("--set", text)]
    done = run("--allocator", "equal", *sets, out=tmp_path / "out")
    refused(done, said)
    assert not (tmp_path / "out").exists()


def write_testbed(path: Path) -> None:
    """A file like the authors', by the law that was fitted to theirs."""
    rows = []
    random = np.random.default_rng(1)
    for users, bw, cpu in ((2, 10.0, 4000.0), (3, 40.0, 1000.0), (5, 40.0, 4000.0)):
        for second in range(12):
            qos = min_law(users, bw, cpu) * random.normal(1, 0.05)
            rows.append((f"2024-05-18 11:00:{second:02}", qos * users, cpu, bw, users, qos))
    columns = ["time", "total_bandwidth_usage", "cpu", "bw", "n_users", "qos"]
    table = pd.DataFrame(rows, columns=columns)
    pd.concat([table, table.iloc[:4]]).to_csv(path, index=False)


def test_testbed_file(tmp_path: Path) -> None:
    path = tmp_path / "testbed.csv"
    write_testbed(path)
    rows = testbed.load(path)
    assert len(rows) == 36  # the duplicates are gone
    medians = testbed.medians_of(rows)
    assert list(medians["n_users"]) == [2, 3, 5]
    table = run_grants(medians, seconds=6, seed=1, workers=2)
    assert (table["error"].abs() < 0.2).all(), table


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("qos", "quality", "column qos is missing"),
        ("4000.0", "-5", "cpu is -5"),
        ("4000.0", "nan", "cpu is nan"),
    ],
)
def test_damaged_testbed_file(old: str, new: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "testbed.csv"
    write_testbed(path)
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(UsageError, match=said):
        testbed.load(path)


@pytest.mark.skipif(not DATA.is_file(), reason="the testbed's public measurements are not here")
def test_some_grants_of_the_real_testbed() -> None:
    medians = testbed.medians_of(testbed.load(DATA))
    assert len(medians) >= 230
    table = run_grants(medians.iloc[::40], seconds=10, seed=1, workers=2)
    assert table["error"].abs().median() <= 0.10
