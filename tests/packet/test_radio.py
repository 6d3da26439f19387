"""Co-simulations with the radio's options: uplink, handover, NR, LTE stack, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pyctl.env.cosim import CoSimEnv
from pyctl.errors import UsageError

SMALL: dict[str, Any] = {
    "sites": 1,
    "slices": "1,2",
    "targets_mbps": "1,1",
    "delay_bounds_ms": "100,100",
    "ues_per_slice": 2,
    "load": 1,
    "mask": "constant",
    "interval_s": 0.5,
    "warmup_s": 0.1,
    "steps": 3,
}


def play(share: float = 0.5, **parameters: Any) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Plays an episode with equal shares; returns the last observation and information."""
    env = CoSimEnv("cells", {**SMALL, **parameters}, seed=1)
    try:
        observation, info = env.reset()
        shape = observation["prb_max"].shape
        over = False
        while not over:
            action = {"prb_max": np.full(shape, share, np.float32)}
            observation, _, terminated, truncated, info = env.step(action)
            over = terminated or truncated
        return observation, info
    finally:
        env.close()


def total(info: dict[str, Any]) -> int:
    conservation = info["conservation"]
    return (
        conservation["received"] + conservation["in_flight"] + sum(conservation["dropped"].values())
    )


@pytest.mark.parametrize("radio", ["cell", "lte"])
def test_uplink_and_downlink_carry_their_load(radio: str) -> None:
    observation, info = play(radio=radio, ul_load=0.5, placement="near", speed_kmh=0)
    assert observation["thp_dl"] == pytest.approx(1e6, rel=0.05)
    assert observation["thp_ul"] == pytest.approx(0.5e6, rel=0.1)
    assert (observation["prb_used_ul"] > 0).all()
    assert (observation["delay_e2e_ul"] > 0.002).all()
    assert total(info) == info["conservation"]["sent"]


@pytest.mark.parametrize("radio", ["cell", "lte"])
def test_all_ceilings_zero_delivers_nothing_and_loses_nothing_silently(radio: str) -> None:
    observation, info = play(share=0.0, radio=radio, ul_load=0.5)
    assert (observation["thp_dl"] == 0).all()
    assert (observation["prb_used_dl"] == 0).all()
    assert (observation["r"] == 0).all()
    assert total(info) == info["conservation"]["sent"]


def test_a_slice_without_users_offers_nothing_and_is_content() -> None:
    observation, info = play(ues_per_slice=0)
    assert (observation["offered"] == 0).all()
    assert (observation["r"] == 1).all()
    assert info["conservation"]["sent"] == 0


def test_users_that_cross_the_network_change_cells_and_lose_nothing_silently() -> None:
    _, info = play(
        handover=True, mobility="waypoint", speed_kmh=300, sites=3, steps=10, rlc_mode="am"
    )
    assert total(info) == info["conservation"]["sent"]
    assert info["conservation"]["received"] > 0.5 * info["conservation"]["sent"]


@pytest.mark.parametrize(
    "radio",
    [
        {"technology": "nr", "numerology": 0, "bandwidth_mhz": 5},
        {"technology": "nr", "numerology": 1, "bandwidth_mhz": 100},
        {"bandwidth_mhz": 5},
        {"bandwidth_mhz": 10, "radio": "lte"},
        {"scheduler": "rr", "work_conserving": True, "cqi_interference": "measured"},
        {"sites": 7, "sectors": 1, "wrap_around": True},
    ],
)
def test_other_carriers_and_options_carry_a_light_load(radio: dict[str, Any]) -> None:
    observation, info = play(**radio, load=0.2, placement="near")
    assert np.mean(observation["thp_dl"]) == pytest.approx(0.2e6, rel=0.1)
    assert total(info) == info["conservation"]["sent"]


def test_users_follow_a_trace(tmp_path: Path) -> None:
    path = tmp_path / "trace.csv"
    lines = [f"0,{ue},{100 + 10 * ue},{40 * (ue % 3)}" for ue in range(12)]
    path.write_text("\n".join(["time_s,ue,x_m,y_m", *lines]) + "\n")
    observation, _ = play(mobility="trace", mobility_file=str(path), handover=True)
    assert observation["thp_dl"].sum() > 0


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"bandwidth_mhz": 7}, "bandwidth_mhz is 7; LTE has 1.4, 3, 5, 10, 15, 20"),
        ({"technology": "nr", "bandwidth_mhz": 100}, "NR with numerology 0 has 5, 10"),
        ({"technology": "nr", "numerology": 3}, "numerology is 3; 0 or 1 is required"),
        ({"radio": "lte", "numerology": 1}, "numerology is 1; LTE has one of 15 kHz only"),
        ({"radio": "lte", "technology": "nr"}, "technology=lte is required"),
        ({"radio": "lte", "handover": True}, "handover=false is required"),
        ({"radio": "lte", "rlc_mode": "am"}, "rlc_mode=um is required"),
        ({"radio": "lte", "cqi_interference": "measured"}, "cqi_interference=all is required"),
        ({"radio": "5g"}, "radio is '5g'; one of cell, lte is required"),
        ({"sectors": 2}, "sectors is 2; 1 or 3 is required"),
        ({"sites": 4, "wrap_around": True}, "sites is 4; wrap_around needs 1, 7 or 19"),
        ({"mobility": "trace"}, "mobility is trace; mobility_file=FILE is required"),
    ],
)
def test_contradictions_are_refused_in_one_sentence(
    parameters: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        play(**parameters)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_user_outside_all_coverage_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "trace.csv"
    path.write_text("time_s,ue,x_m,y_m\n0,0,9000,0\n")
    with pytest.raises(UsageError, match="line 2: UE 0 is outside all coverage"):
        play(mobility="trace", mobility_file=str(path))
