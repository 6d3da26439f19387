"""Co-simulations of `capacity`: determinism, load by a trace, reservations, admission, refusals."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pandas as pd
import pytest

import pyctl.env  # noqa: F401 - registers the ids
from pyctl.env.conformance import check_scenario
from pyctl.env.cosim import CoSimEnv
from pyctl.errors import InvalidAction
from pyctl.launch.installed import scenario_binary
from pyctl.traces import load_masks
from tests.interop import foreign_wire as fw
from tests.interop.foreign_agent import ForeignAgent
from tests.packet import commands
from tests.packet.commands import refused, steps_of, summary

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
SMALL = {"steps": 2, "interval_s": 1, "warmup_s": 0.2, "peaks_mbps": "4,2,2,1"}
PEAKS = np.array([20, 16, 12, 8])

run = partial(commands.run, "capacity")


@pytest.mark.parametrize("use", ["transport", "cell"])
def test_same_seed_same_digest_on_both_transports(use: str, tmp_path: Path) -> None:
    words = ("--allocator", "traffic", "--set", f"use_case={use}", "--set", "steps=2", "--json")
    first = summary(run(*words, "--seed", "1", out=tmp_path / "a"))
    ipc = summary(run(*words, "--seed", "1", "--channel", "ipc", out=tmp_path / "b"))
    other = summary(run(*words, "--seed", "2", out=tmp_path / "c"))
    assert first["kpi_sha256"] == ipc["kpi_sha256"] != other["kpi_sha256"]
    packets = first["conservation"]
    assert packets["sent"] > 10_000
    assert packets["sent"] == packets["received"] + packets["in_flight"] + sum(
        packets["dropped"].values()
    )


@pytest.mark.parametrize("use", ["transport", "cell"])
def test_conforms(use: str) -> None:
    check_scenario("capacity", {**SMALL, "use_case": use})


def test_steps_have_all_fields(tmp_path: Path) -> None:
    words = ("--allocator", "equal", "--set", "steps=2", "--set", "mask=constant", "--json")
    found = summary(run(*words, out=tmp_path))
    steps = steps_of(found)
    assert len(steps) == 2 * 4
    assert list(steps["slice"][:4]) == [1, 2, 3, 4]
    assert (steps["rate_decided"] == 17.5).all()
    assert (steps["reserved"] == 17.5).all()
    assert (steps["admitted"] == 1).all()
    # Service 1 asks for 20 of its 17.5 Mbit/s, service 4 for 8.
    one, four = steps[steps["slice"] == 1].iloc[-1], steps[steps["slice"] == 4].iloc[-1]
    assert one["sla_violated"] == 1
    assert one["delivered"] == pytest.approx(17.5e6, rel=0.01)
    assert one["cost"] == one["cost_sla"] == 2
    assert four["sla_violated"] == 0
    assert four["delivered_ratio"] == pytest.approx(1, abs=0.005)
    over = 17.5e6 - four["delivered"]
    assert four["over_provisioned"] == pytest.approx(over * 4.5 / 8, rel=0.01)
    assert four["unused"] == pytest.approx(over / 17.5e6, rel=0.01)
    assert four["cost"] == four["cost_over"] == pytest.approx(over / 8e6, rel=0.01)
    assert found["reward_mean"] == pytest.approx(-steps["cost"].sum() / 2, rel=1e-5)
    assert found["per_slice"]["1"]["peak_bps"] == 20e6


def offered_against_mask(steps: pd.DataFrame, masks: np.ndarray[Any, Any]) -> float:
    """Largest relative deviation of the measured offered load from the mask."""
    measured = steps.pivot_table(index="step", columns="slice", values="offered") / 1e6
    return float(np.abs(measured.to_numpy() / (masks * PEAKS) - 1).max())


def milan_file(path: Path) -> None:
    rng = np.random.default_rng(7)
    rows = [
        (square, 1383260400000 + 600_000 * i, float(rng.uniform(5, 100)))
        for square in (11, 12, 13, 14)
        for i in range(20)
    ]
    pd.DataFrame(rows, columns=["square_id", "time_interval", "internet"]).to_parquet(path)


@pytest.mark.parametrize("use", ["transport", "cell"])
def test_offered_load_follows_a_trace(use: str, tmp_path: Path) -> None:
    path = tmp_path / "milan.parquet"
    milan_file(path)
    words = ("--allocator", "equal", "--set", f"use_case={use}", "--set", "steps=12", "--json")
    steps = steps_of(summary(run(*words, "--trace", str(path), out=tmp_path / "out")))
    masks = load_masks(path, 12, slice_count=4, interval_real_s=300).values
    # Two intervals of 5 minutes in each of the trace's 10.
    assert (masks[0] == masks[1]).all()
    assert offered_against_mask(steps, masks) < 0.02


@pytest.mark.skipif(not DATA.is_dir(), reason="the real traces are not beside the repository")
def test_offered_load_follows_the_real_milan_data(tmp_path: Path) -> None:
    path = DATA / "milano_internet.parquet"
    words = ("--allocator", "equal", "--set", "steps=6", "--json")
    steps = steps_of(summary(run(*words, "--trace", str(path), out=tmp_path)))
    masks = load_masks(path, 6, slice_count=4, interval_real_s=300).values
    assert offered_against_mask(steps, masks) < 0.02


def test_traffic_varies_within_an_interval() -> None:
    # At 1.1 times its load a service of many users must wait at times, one of a steady rate would
    # not: its 95th percentile stays at propagation and transmission, 6.2 ms.
    params = {"peaks_mbps": "10,10", "mask": "constant", "steps": 4}
    env = CoSimEnv("capacity", params, seed=1)
    try:
        env.reset(seed=1)
        tight = [env.step({"rate": np.float32([11, 40])})[0]["delay_e2e_p95"] for _ in range(4)]
    finally:
        env.close()
    assert np.median([delays[0] for delays in tight]) > 0.02
    assert max(delays[1] for delays in tight) < 0.01


def test_queues_are_carried_over_borders() -> None:
    env = CoSimEnv("capacity", {"peaks_mbps": "10", "mask": "constant", "steps": 3}, seed=1)
    try:
        env.reset(seed=1)
        nothing, *_ = env.step({"rate": np.float32([0])})
        assert nothing["delivered"][0] == 0
        assert nothing["delivered_ratio"][0] == 0
        assert nothing["delay_e2e"][0] == nothing["delay_e2e_p95"][0] == 10
        assert nothing["mos"][0] == 0
        assert nothing["unused"][0] == nothing["over_provisioned"][0] == 0
        assert nothing["buffer"][0] > 1000 * 1000
        # 10 Mbit/s more than is asked for: a full queue of 1.2 MB is gone within 1 s; what
        # arrives in the 0.5 s that are measured of it has waited.
        after, *_ = env.step({"rate": np.float32([20])})
        assert after["buffer"][0] < 100e3
        assert 0.05 < after["delay_e2e_p95"][0] < 1
        last, *_ = env.step({"rate": np.float32([20])})
        assert last["delay_e2e_p95"][0] < 0.05
        assert last["cost"][0] == pytest.approx(1, abs=0.02)  # 10 Mbit/s of a peak of 10 in vain
    finally:
        env.close()


def test_admission_in_the_cell() -> None:
    params = {"use_case": "cell", "mask": "constant", "steps": 4}
    shares = np.float32([0.4, 0.3, 0.2, 0.1])
    env = gymnasium.make("slicebed/Capacity-v0", params=params)
    try:
        env.reset(seed=1)
        # Half is enough to be admitted.
        some, reward, *_, info = env.step(
            {"prb_max": shares, "admit": np.float32([1, 0.5, 0.4, 0])}
        )
        assert list(some["admitted"]) == [1, 1, 0, 0]
        assert (some["offered"][2:] == 0).all()
        assert (some["delivered_ratio"][2:] == 1).all()
        assert (some["cost"][2:] == 0).all()
        assert list(some["reserved"]) == pytest.approx([0.4, 0.3, 0, 0])
        assert list(some["revenue"]) == pytest.approx([0.1, 0.08, 0, 0])
        assert float(reward) == pytest.approx(-float(some["cost"].sum()), abs=1e-6)
        # What those who were rejected would have offered is still told.
        assert info["future"]["offered"] == [20e6, 16e6, 12e6, 8e6]
        none, reward, *_ = env.step({"prb_max": shares, "admit": np.zeros(4, np.float32)})
        assert not none["offered"].any()
        assert not none["buffer"].any()
        assert float(reward) == 0
        back, *_ = env.step({"prb_max": shares, "admit": np.ones(4, np.float32)})
        assert back["offered"] == pytest.approx(PEAKS * 1e6, rel=0.02)
        assert (back["delivered"] > 1e6).all()
        # Above the cell's capacity: replaced by the nearest that is not.
        over, *_, info = env.step(
            {"prb_max": np.float32([1, 1, 0.2, 0]), "admit": np.ones(4, np.float32)}
        )
        assert info["projected"] == 1
        assert list(over["reserved"]) == pytest.approx([0.5, 0.5, 0, 0])
    finally:
        env.close()


@pytest.mark.parametrize(
    ("params", "action", "said"),
    [
        ({}, {"rate": [50, 20, 1, 0]}, "rate sums to 71 over the slices; at most 70 is allowed"),
        ({}, {"rate": [-1, 0, 0, 0]}, "rate"),
        ({}, {"rate": [np.nan, 0, 0, 0]}, "rate"),
        ({}, {"rate": [71, 0, 0, 0]}, "rate"),
        (
            {"use_case": "cell"},
            {"prb_max": [0.5, 0.5, 0.1, 0], "admit": [1, 1, 1, 1]},
            "prb_max sums to 1.1 over the slices; at most 1 is allowed",
        ),
        ({"use_case": "cell"}, {"prb_max": [0, 0, 0, 0], "admit": [1.5, 1, 1, 1]}, "admit"),
        ({"use_case": "cell"}, {"prb_max": [0, 0, 0, 0], "admit": [-1, 1, 1, 1]}, "admit"),
        ({"use_case": "cell"}, {"prb_max": [0, 0, 0, 0]}, "admit"),
    ],
)
def test_actions_beyond_bounds_are_refused(
    params: dict[str, Any], action: dict[str, Any], said: str
) -> None:
    env = CoSimEnv("capacity", {**params, "steps": 1}, seed=1)
    try:
        env.reset(seed=1)
        with pytest.raises(InvalidAction, match=said):
            env.step({name: np.array(values, np.float32) for name, values in action.items()})
    finally:
        env.close()


@pytest.mark.parametrize(
    ("use", "fields", "said"),
    [
        ("transport", {"rate": [50, 20, 1, 0]}, "rate sums to 71 over the slices; at most 70"),
        (
            "cell",
            {"prb_max": [0.5, 0.5, 0.25, 0], "admit": [1, 1, 1, 1]},
            "prb_max sums to 1.25 over the slices; at most 1 is allowed",
        ),
    ],
)
def test_the_simulation_refuses_more_than_the_capacity(
    use: str, fields: dict[str, list[float]], said: str
) -> None:
    with ForeignAgent(scenario_binary("capacity"), (f"--use_case={use}",)) as agent:
        agent.hello()
        agent.acknowledge()
        agent.state()
        boxes = [fw.box(fw.FLOAT, [4], values, name=name) for name, values in fields.items()]
        agent.act(fw.dict_data(*boxes))
        status, errors = agent.wait()
    assert status == 2
    assert said in errors


def test_services_that_ask_for_nothing_and_one_service(tmp_path: Path) -> None:
    words = ("--allocator", "traffic", "--set", "steps=2", "--set", "mask=constant", "--json")
    two = steps_of(summary(run(*words, "--set", "peaks_mbps=10,0", out=tmp_path / "two")))
    idle = two[two["slice"] == 2]
    assert (idle[["offered", "delivered", "delay_e2e", "cost", "reserved"]] == 0).all(axis=None)
    assert (idle["delivered_ratio"] == 1).all()
    assert np.isfinite(two.to_numpy(dtype=float)).all()
    assert (two[two["slice"] == 1]["reserved"] == 70).all()
    cell = ("--set", "use_case=cell", "--set", "peaks_mbps=10")
    one = steps_of(summary(run(*words, *cell, out=tmp_path / "one")))
    assert (one["reserved"] == 1).all()
    assert one["delivered_ratio"].min() > 0.97


def test_static_shares(tmp_path: Path) -> None:
    shares = ("--allocator", "static", "--allocator-set", "shares=0.4,0.3,0.2,0.1")
    words = (*shares, "--set", "steps=2", "--set", "use_case=cell", "--json")
    steps = steps_of(summary(run(*words, out=tmp_path)))
    np.testing.assert_allclose(steps["prb_max_decided"][:4], [0.4, 0.3, 0.2, 0.1], rtol=1e-6)
    assert (steps["admit_decided"] == 1).all()
    # 50 PRBs; a group of 3 may be saved up for the window of 4500 slots.
    assert (steps["prb_used_dl"] <= 50 * steps["reserved"] + 3 / 4500 + 1e-4).all()


def test_the_table_of_a_run(tmp_path: Path) -> None:
    done = run("--allocator", "equal", "--set", "steps=1", out=tmp_path)
    assert done.exit_code == 0, done.output
    for text in ("peak", "offered", "delivered", "reserved", "SLA", "MOS", "cost", "reward"):
        assert text in done.stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("peaks_mbps=20,-1", "peaks_mbps is '-1'"),
        ("peaks_mbps=20,nan", "peaks_mbps is 'nan'"),
        ("peaks_mbps=", "peaks_mbps has 0 numbers; from 1 to 16 are required"),
        ("peaks_mbps=" + ",".join("1" * 17), "peaks_mbps has 17 numbers; from 1 to 16"),
        ("peaks_mbps=0,0", "peaks_mbps is 0 for all; one above 0 is required"),
        ("warmup_s=5", "warmup_s is 5.000000; less than interval_s=5.000000 is required"),
        ("warmup_s=4.95", "interval_s - warmup_s is 0.05"),
        ("control_latency_ms=501", "control_latency_ms is 501.000000; at most warmup_s=0.5"),
        ("flow_max_kbyte=1", "flow_max_kbyte is 1.000000; at least flow_min_kbyte="),
        ("use_case=air", "use_case"),
        ("rate_max_mbps=0", "rate_max_mbps"),
        ("ues_per_slice=3", "ues_per_slice"),
        ("first_interval=2016", "first_interval"),
    ],
)
def test_bad_parameters_are_refused(text: str, said: str, tmp_path: Path) -> None:
    done = run("--allocator", "equal", "--set", text, out=tmp_path / "out")
    refused(done, said)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("0,1,1,1,1\n2,1,1,1,1\n", "line 3: step is '2'; 1 comes next"),
        ("1,1,1,1,1\n0,1,1,1,1\n", "line 2: step is '1'; 0 comes next"),
        ("0,1,nan,1,1\n1,1,1,1,1\n", "line 2: slice_2 is 'nan'; a number between 0 and 1"),
        ("0,1,,1,1\n1,1,1,1,1\n", "line 2: slice_2 is ''; a number between 0 and 1"),
        ("0,1,1,1,1\n", "has 1 intervals; steps=2 needs as many"),
    ],
)
def test_bad_masks_are_refused(rows: str, said: str, tmp_path: Path) -> None:
    mask = tmp_path / "mask.csv"
    mask.write_text("step,slice_1,slice_2,slice_3,slice_4\n" + rows)
    words = ("--set", "steps=2", "--set", f"mask_file={mask}")
    done = run("--allocator", "equal", *words, out=tmp_path / "out")
    refused(done, said)
    assert not (tmp_path / "out").exists()
