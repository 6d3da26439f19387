"""Flat spaces: what scaling and flattening give, and that RL libraries take them."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from stable_baselines3.common.env_checker import check_env

import pyctl.env  # noqa: F401 - registers the ids
from pyctl.env import flat_box
from pyctl.env.cosim import CoSimEnv
from pyctl.env.wrappers import SMALL, BoxAction, UnitObservation
from pyctl.errors import InvalidAction

pytestmark = pytest.mark.usefixtures("nothing_left")

CELLS = {"steps": 3, "sites": 1, "ues_per_slice": 1, "interval_s": 0.3, "warmup_s": 0.1}
EDGE = {"steps": 3, "scale": 0.1, "interval_s": 1}
VIDEO = {"steps": 2, "interval_s": 5, "users": 1}


@pytest.mark.parametrize(
    ("name", "params"),
    [("Cells", CELLS), ("EdgeCloud", EDGE), ("E2eSlice", VIDEO), ("Loopback", {"steps": 3})],
)
def test_stable_baselines3s_own_checks_pass(name: str, params: dict[str, Any]) -> None:
    env = flat_box(gymnasium.make(f"slicebed/{name}-v0", params=params))
    check_env(env)
    env.close()


# A histogram by node and bin is neither a picture nor a vector; its policy flattens it.
@pytest.mark.filterwarnings("ignore:Your observation latency_histogram has an unconventional shape")
def test_a_dict_seen_passes_them_too() -> None:
    fields = UnitObservation(gymnasium.make("slicebed/EdgeCloud-v0", params=EDGE))
    check_env(BoxAction(fields))  # for MultiInputPolicy
    fields.close()


def test_fields_are_scaled_by_their_bounds() -> None:
    params = {**CELLS, "mask": "constant"}
    env, plain = UnitObservation(CoSimEnv("cells", params)), CoSimEnv("cells", params)
    action = {"prb_max": np.full((3, 4), 0.1, np.float32)}
    for each in (env, plain):
        each.reset(seed=2)
    scaled, raw = (each.step(action)[0] for each in (env, plain))
    env.close()
    plain.close()
    assert env.observation_space.contains(scaled)
    boxes = plain.observation_space
    np.testing.assert_allclose(scaled["cqi"], raw["cqi"] / 15, rtol=1e-6)
    np.testing.assert_array_equal(scaled["r"], raw["r"])
    # By hand: 10 kbit/s is next to nothing, the carrier's peak rate is 1.
    high = boxes["thp_dl"].high
    expected = np.log1p(raw["thp_dl"].astype(float) / 1e4) / np.log1p(high.astype(float) / 1e4)
    np.testing.assert_allclose(scaled["thp_dl"], expected, rtol=1e-6)
    assert 0.2 < scaled["thp_dl"].mean() < 0.8  # where a linear scale has 0.01


def test_the_ends_of_the_scales_are_0_and_1() -> None:
    env = UnitObservation(CoSimEnv("edge-cloud", EDGE))
    boxes = env.env.observation_space.spaces
    for end, value in (("low", 0), ("high", 1)):
        scaled = env.observation({name: getattr(box, end) for name, box in boxes.items()})
        for values in scaled.values():
            np.testing.assert_array_equal(values, np.full_like(values, value))
    assert set(SMALL) >= {"s", "1/s", "W", "J", "requests"}
    env.close()


def test_an_action_is_spread_over_the_bounds_in_the_order_of_the_fields() -> None:
    env = BoxAction(CoSimEnv("e2e-slice", {**VIDEO, "slices": 2}))
    fields = env.env.action_space
    ends = env.action(np.array([-1, 0, 1, 2], np.float32))
    assert list(ends) == list(fields)
    (first, second) = fields.spaces.items()
    np.testing.assert_array_equal(ends[first[0]], [0, first[1].high[1] / 2])
    np.testing.assert_array_equal(ends[second[0]], second[1].high)
    assert fields.contains(ends)
    env.close()


def test_every_corner_is_inside_the_bounds_to_the_last_bit() -> None:
    env = BoxAction(CoSimEnv("loopback"))
    fields = env.env.action_space
    # Low, high and width of many sizes: rounding must not lead outside.
    generator = np.random.default_rng(3)
    low = generator.uniform(-1e6, 0, 6).astype(np.float32)
    env._low, env._high = low, low + generator.uniform(0, 1e6, 6).astype(np.float32)
    for end in (-1, 1):
        action = env.action(np.full(6, end, np.float32))
        flat = spaces.flatten(fields, action)
        assert np.all((flat >= env._low) & (flat <= env._high))


def test_a_step_is_that_of_the_fields() -> None:
    flat = flat_box(gymnasium.make("slicebed/Loopback-v0", params={"steps": 2}))
    flat.reset(seed=1)
    observation, reward, *_ = flat.step(np.array([-1, 0, 0, 1, 1, 1], np.float32))
    # Shares 0, 0.5, 0.5 stand; 1, 1, 1 have the third each of the nearest allowed point.
    echo = [0, 0.5, 0.5, 1 / 3, 1 / 3, 1 / 3]
    names = list(flat.unwrapped.observation_space)
    at = names.index("echo") * 6
    np.testing.assert_allclose(observation[at : at + 6], echo, atol=1e-6)
    assert reward == pytest.approx(2)
    with pytest.raises(InvalidAction, match="nan"):
        flat.step(np.full(6, np.nan, np.float32))
    flat.close()
