"""Co-simulations of `cells`: determinism, conservation, offered load, slices, refusals."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import Result

from pyctl.traces import load_masks
from tests.packet import commands
from tests.packet.commands import refused, steps_of, summary

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
SMALL = ("--set", "sites=1", "--set", "ues_per_slice=2")

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return partial(commands.run, "cells", out=tmp_path / "results")


def test_same_seed_same_digest_on_both_transports(run: Run) -> None:
    words = ("--allocator", "traffic", *SMALL, "--set", "steps=5", "--json")
    first = summary(run(*words, "--seed", "1"))
    again = summary(run(*words, "--seed", "1"))
    ipc = summary(run(*words, "--seed", "1", "--channel", "ipc"))
    other = summary(run(*words, "--seed", "2"))
    assert first["kpi_sha256"] == again["kpi_sha256"] == ipc["kpi_sha256"]
    assert other["kpi_sha256"] != first["kpi_sha256"]


def test_packets_are_conserved_by_cause_under_overload(run: Run) -> None:
    packets = summary(
        run("--allocator", "equal", *SMALL, "--set", "steps=3", "--set", "load=20", "--json")
    )["conservation"]
    dropped = packets["dropped"]
    assert packets["sent"] == packets["received"] + packets["in_flight"] + sum(dropped.values())
    assert dropped["buffer_full"] > 0
    assert packets["received"] > 0


def test_slices_never_use_more_than_their_ceiling(run: Run) -> None:
    shares = "0.1,0.301,0.0457,0.5"
    steps = steps_of(
        summary(
            run(
                *("--allocator", "static", "--allocator-set", f"shares={shares}"),
                *SMALL,
                *("--set", "load=200", "--set", "steps=3", "--json"),
            )
        )
    )
    in_force = steps.groupby("slice")["prb_max"].unique()
    np.testing.assert_allclose(
        np.concatenate(in_force.tolist()), [0.1, 0.301, 0.0457, 0.5], rtol=1e-6
    )
    # Fractions are exact over time; a window of 800 slots may begin just before a saved-up group of
    # 4 PRBs is sent.
    assert (steps["prb_used_dl"] <= 100 * steps["prb_max"] + 4 / 800 + 1e-4).all()
    over_time = steps.groupby("slice")["prb_used_dl"].mean()
    ceilings = 100 * steps.groupby("slice")["prb_max"].mean()
    assert (over_time <= ceilings + 4 / 2400 + 1e-4).all()
    busiest = steps.groupby("slice")["prb_used_dl"].max() / (
        100 * steps.groupby("slice")["prb_max"].max()
    )
    assert (busiest > 0.99).all()


def offered_against_mask(steps: pd.DataFrame, masks: np.ndarray[Any, Any]) -> float:
    """Largest relative deviation of the measured offered load from the mask, over slices, steps."""
    targets_mbps = np.array([2, 1, 1.5, 0.5])
    measured = (
        steps.pivot_table(index="step", columns="slice", values="offered", aggfunc="mean") / 1e6
    )
    expected = masks * targets_mbps * 1.2 * 2
    return float(np.abs(measured.to_numpy() / expected - 1).max())


def test_offered_load_follows_a_trace(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "milan.parquet"
    rng = np.random.default_rng(7)
    rows = [
        (square, 1383260400000 + 600_000 * i, float(rng.uniform(5, 100)))
        for square in (11, 12, 13, 14)
        for i in range(20)
    ]
    pd.DataFrame(rows, columns=["square_id", "time_interval", "internet"]).to_parquet(path)
    result = run("--allocator", "equal", *SMALL, "--set", "steps=6", "--trace", str(path), "--json")
    masks = load_masks(path, 6, slice_count=4).values
    assert offered_against_mask(steps_of(summary(result)), masks) < 0.02


@pytest.mark.skipif(not DATA.is_dir(), reason="the real traces are not beside the repository")
def test_offered_load_follows_the_real_milan_data(run: Run) -> None:
    path = DATA / "milano_internet.parquet"
    result = run("--allocator", "equal", *SMALL, "--set", "steps=6", "--trace", str(path), "--json")
    masks = load_masks(path, 6, slice_count=4).values
    assert offered_against_mask(steps_of(summary(result)), masks) < 0.02


@pytest.mark.skipif(not DATA.is_dir(), reason="the real traces are not beside the repository")
def test_original_rows_of_the_real_milan_data(run: Run) -> None:
    result = run(
        *("--allocator", "equal", *SMALL, "--set", "slices=1,2,4", "--set", "steps=3"),
        *("--trace", str(DATA / "milano_raw_rows_sample.txt"), "--trace-squares", "1,10,100"),
        "--json",
    )
    steps = steps_of(summary(result))
    assert sorted(steps["slice"].unique()) == [1, 2, 4]
    assert (steps["offered"] > 0).all()


def test_a_slice_comes_and_goes(run: Run) -> None:
    steps = steps_of(
        summary(
            run(
                *("--allocator", "equal", *SMALL, "--set", "slices=1,2"),
                *("--set", "slice_events=+3@2,-1@4", "--set", "steps=6", "--json"),
            )
        )
    )
    active = steps.pivot_table(index="step", columns="slice", values="slice_active")
    assert active[1].tolist() == [1, 1, 1, 1, 0, 0]
    assert active[2].tolist() == [1] * 6
    assert active[3].tolist() == [0, 0, 1, 1, 1, 1]
    shares = steps.pivot_table(index="step", columns="slice", values="prb_max_decided")
    np.testing.assert_allclose(shares.loc[2], [0.5, 0.5, 0], atol=1e-6)
    np.testing.assert_allclose(shares.loc[3], [1 / 3] * 3, atol=1e-6)
    np.testing.assert_allclose(shares.loc[6], [0, 0.5, 0.5], atol=1e-6)
    carried = steps[steps["slice_active"] > 0].groupby("slice")["thp_dl"].min()
    assert (carried > 0).all()
    assert (steps[steps["slice_active"] == 0]["thp_dl"] == 0).all()


def test_more_resource_helps_who_lacks_it(run: Run) -> None:
    def rate(share: str) -> float:
        words = ("--allocator", "static", "--allocator-set", f"shares={share},0.1,0.1,0.1")
        result = run(*words, *SMALL, "--set", "steps=3", "--set", "first_interval=80", "--json")
        return float(summary(result)["per_slice"]["1"]["thp_dl_mean"])

    assert rate("0.02") < 0.7 * rate("0.6")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--set", "stepz=3"), r"'stepz'; did you mean 'steps'"),
        (("--set", "steps=0"), r"steps.* 0.*1"),
        (("--set", "steps=soon"), r"steps.*soon"),
        (("--set", "slices=1,9"), r"slices is '9'.*from 1 to 4"),
        (("--set", "slices=1,1"), r"slices is '1,1'; different whole numbers"),
        (("--set", "slice_events=3@2"), r"slice_events has '3@2'; \+ID@STEP or -ID@STEP"),
        (("--set", "warmup_s=2"), r"warmup_s is 2.*less than interval_s"),
        (("--set", "control_latency_ms=2000"), r"control latency is 2000 ms; less than"),
        (("--set", "mask_file=/nowhere.csv"), r"mask_file.*nowhere"),
        (("--trace", "/nowhere.parquet"), r"nowhere"),
    ],
)
def test_wrong_parameters_are_refused(run: Run, words: tuple[str, ...], message: str) -> None:
    result = run("--allocator", "equal", *words)
    refused(result, "")
    assert re.search(message, result.stderr), result.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("equl",), "allocator 'equl'"),
        (("static", "--allocator-set", "shares=0.5,0.4,0.3,0.2"), "1.4"),
        (("static", "--allocator-set", "shares=nan,0.1,0.1,0.1"), "nan"),
        (("static", "--allocator-set", "shares=0.5,0.5"), "4"),
    ],
)
def test_wrong_allocators_are_refused(run: Run, words: tuple[str, ...], message: str) -> None:
    result = run("--allocator", *words)
    refused(result, message)


def test_a_broken_mask_row_is_named(run: Run, tmp_path: Path) -> None:
    mask = tmp_path / "mask.csv"
    mask.write_text("step,slice_1,slice_2,slice_3,slice_4\n0,1,1,1,1\n1,1,1.5,1,1\n")
    result = run("--allocator", "equal", "--set", "steps=2", "--set", f"mask_file={mask}")
    refused(result, "line 3: slice_2 is '1.5'; a number between 0 and 1 is required")
