"""Our environment drives a foreign simulation."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.utils.env_checker import check_env

from pyctl.env.foreign import Ns3GymEnv
from pyctl.errors import EpisodeOver, InvalidAction, SimulationCrashed, SimulationHung

PROGRAM = [sys.executable, str(Path(__file__).with_name("foreign_simulation.py"))]
WAIT_S = 20.0

pytestmark = pytest.mark.usefixtures("nothing_left")


def open_env(*options: str, **keywords: Any) -> Ns3GymEnv:
    return Ns3GymEnv(command=[*PROGRAM, *options], seed=1, timeout_s=WAIT_S, **keywords)


@pytest.fixture
def farewell(tmp_path: Path) -> Path:
    """The file in which the simulation says why it ended."""
    return tmp_path / "farewell"


CASES = {
    "box": (
        spaces.Box(0, 100, (5,), np.float32),
        np.array([0.25, 0.5]),
        lambda k: np.full(5, k, np.float32),
        0.75,
    ),
    "double": (
        spaces.Box(0, 100, (2, 2), np.float64),
        np.array([-0.5, 0.25]),
        lambda k: np.full((2, 2), k, np.float64),
        -0.25,
    ),
    "uint": (
        spaces.Box(0, 2**32 - 1, (3,), np.uint32),
        np.array([-3, 5]),
        lambda k: np.full(3, k, np.uint32),
        2.0,
    ),
    "unbounded": (
        spaces.Box(-np.inf, np.inf, (2,), np.float32),
        np.array([1e6, 1.0]),
        lambda k: np.full(2, 1000 * k, np.float32),
        1e6 + 1,
    ),
    "discrete": (spaces.Discrete(100), 3, lambda k: np.int64(k), 3.0),
    "nested": (
        spaces.Dict(
            [
                (
                    "pair",
                    spaces.Tuple([spaces.Discrete(100), spaces.Box(0, 100, (2, 1), np.int32)]),
                ),
                ("inner", spaces.Dict({"deep": spaces.Box(0, 100, (1,), np.float64)})),
            ]
        ),
        (2, {"share": [0.5, 0.25]}),
        lambda k: {
            "pair": (np.int64(k), np.full((2, 1), k, np.int32)),
            "inner": {"deep": np.full(1, k, np.float64)},
        },
        2.75,
    ),
}


@pytest.mark.parametrize("kind", CASES)
def test_an_episode_of_every_space(kind: str) -> None:
    space, action, expected, reward = CASES[kind]
    env = open_env(f"--spaces={kind}", "--steps=2")
    assert env.observation_space == space

    observation, info = env.reset()
    np.testing.assert_equal(observation, expected(0))
    assert info == {}
    observation, first_reward, terminated, truncated, _ = env.step(action)
    np.testing.assert_equal(observation, expected(1))
    assert env.observation_space.contains(observation)
    assert first_reward == reward
    assert (terminated, truncated) == (False, False)
    assert env.step(action)[2:4] == (False, True)
    env.close()


def test_both_ends_and_the_answer_to_the_last_state(farewell: Path) -> None:
    for options, end in (([], (False, True)), (["--gameOver"], (True, False))):
        env = open_env("--steps=1", f"--farewell={farewell}", *options)
        env.reset()
        assert env.step([0, 0])[2:4] == end
        assert farewell.read_text() == "stopped at 1"
        farewell.unlink()
        with pytest.raises(EpisodeOver, match=r"the episode has ended \(state ENDED\)"):
            env.step([0, 0])
        env.close()


def test_closing_early_stops_the_simulation_in_place_of_an_action(farewell: Path) -> None:
    env = open_env("--steps=9", f"--farewell={farewell}")
    env.reset()
    env.step([0, 0])
    env.close()

    assert farewell.read_text() == "stopped at 1"
    with pytest.raises(EpisodeOver, match="state CLOSED"):
        env.step([0, 0])


@pytest.mark.parametrize(
    ("text", "info"),
    [("", {}), ("rtt=3ms", {"info": "rtt=3ms"}), ('{"rtt": 3}', {"rtt": 3})],
)
def test_info_of_any_kind_is_a_dict(text: str, info: dict[str, Any]) -> None:
    env = open_env(f"--info={text}")
    assert env.reset()[1] == info
    env.close()


def test_a_state_without_observation_repeats_the_last_one() -> None:
    env = open_env("--noObservation", "--spaces=nested")
    observation, _ = env.reset()
    assert env.observation_space.contains(observation)
    np.testing.assert_equal(observation, CASES["nested"][2](0))
    env.close()


def test_bad_actions_are_refused_and_the_episode_goes_on() -> None:
    env = open_env("--spaces=nested")
    env.reset()
    for action, text in (
        ((4, {"share": [0, 0]}), r"action.0 is 4; a whole number from 0 to 3 is required"),
        ((1, {"share": [0, np.nan]}), r"share\[1\] is nan; a number between 0 and 1 is required"),
        ((1, {"share": [0]}), r"share has shape \(1,\); \(2,\) is required"),
        ((1, {"other": [0, 0]}), r"action.1 has the fields \['other'\]; \['share'\] are required"),
        ((1,), "2 values are required"),
        (3, "action is 3; 2 values are required"),
    ):
        with pytest.raises(InvalidAction, match=text):
            env.step(action)
    assert env.step((1, {"share": [0, 1]}))[1] == 2.0
    env.close()


def test_seeds_reach_the_simulation_and_go_on() -> None:
    def seed_of(result: tuple[Any, dict[str, Any]]) -> int:
        return int(result[1]["seed"])

    env = open_env('--info={"seed": SEED}')
    first = seed_of(env.reset())
    assert (first, env.seed) == (1, 1)
    second = seed_of(env.reset())
    third = seed_of(env.reset())
    assert len({first, second, third}) == 3
    assert seed_of(env.reset(seed=1)) == 1
    assert seed_of(env.reset()) == second
    assert seed_of(env.reset(seed=5)) == 5
    env.close()


def test_placeholders_of_the_command_are_replaced() -> None:
    line = f"{' '.join(PROGRAM)} --openGymPort={{port}} --simSeed={{seed}} --steps=1"
    env = Ns3GymEnv(command=["/bin/sh", "-c", line], timeout_s=WAIT_S)
    env.reset()
    assert env.step([0, 0])[3] is True
    env.close()


def test_a_simulation_that_somebody_else_starts(unused_port: int) -> None:
    for _ in range(2):
        with subprocess.Popen([*PROGRAM, f"--openGymPort={unused_port}", "--steps=1"]) as other:
            env = Ns3GymEnv(port=unused_port, timeout_s=WAIT_S)
            env.reset()
            assert env.seed is None
            assert env.step([0.5, 0.25])[1:4] == (0.75, False, True)
            env.close()
            assert other.wait(WAIT_S) == 0


def test_somebody_elses_simulation_that_dies_is_noticed(unused_port: int) -> None:
    arguments = [f"--openGymPort={unused_port}", "--fault=kill", "--at=1"]
    with subprocess.Popen([*PROGRAM, *arguments]):
        env = Ns3GymEnv(port=unused_port, timeout_s=WAIT_S)
        env.reset()
        with pytest.raises(SimulationCrashed, match="the simulation left before the episode's end"):
            env.step([0, 0])
        env.close()


def test_nobody_coming_is_a_clear_error(unused_port: int) -> None:
    with pytest.raises(SimulationHung, match=r"no answer within 0\.2 s: no simulation has come"):
        Ns3GymEnv(port=unused_port, timeout_s=0.2)


@pytest.mark.parametrize("kind", ["box", "nested"])
def test_gymnasiums_own_checks_pass(kind: str) -> None:
    env = open_env(f"--spaces={kind}", "--steps=3")
    check_env(env, skip_render_check=True)
    env.close()
