from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gymnasium import spaces

from pyctl.env.fake import FakeSimulation, Fault
from pyctl.env.foreign import Ns3GymEnv
from pyctl.errors import ProtocolError, SimulationCrashed, SimulationHung, SlicebedError
from pyctl.exchange.codec import State

pytestmark = pytest.mark.usefixtures("nothing_left")

OBSERVATION = spaces.Dict({"level": spaces.Box(0, 9, (2,)), "mode": spaces.Discrete(3)})
ACTION = spaces.Box(0, 1, (2,), np.float32)
WAIT_S = 20.0


def test_a_script_in_a_thread(unused_port: int) -> None:
    def script(border: int, action: Any) -> State:
        level = np.zeros(2) if action is None else action * 9
        return State({"level": level, "mode": border % 3}, border * 0.5, info={"border": border})

    simulation = FakeSimulation(OBSERVATION, ACTION, steps=2, terminates=True, script=script)
    with simulation.in_thread(f"tcp://127.0.0.1:{unused_port}"):
        env = Ns3GymEnv(port=unused_port, timeout_s=WAIT_S)
        env.reset()
        observation, reward, terminated, _, info = env.step([1, 0.5])
        assert observation["level"].tolist() == [9, 4.5]
        assert (observation["mode"], reward, terminated, info) == (1, 0.5, False, {"border": 1})
        assert env.step([0, 0])[2:4] == (True, False)
        env.close()


def test_a_process_plays_the_same_episode_for_the_same_seed() -> None:
    def play(seed: int) -> list[float]:
        simulation = FakeSimulation(OBSERVATION, ACTION, steps=2, info={"a": 1})
        env = Ns3GymEnv(command=simulation.command(), seed=seed, timeout_s=WAIT_S)
        observation, info = env.reset()
        assert info == {"a": 1}
        assert env.observation_space.contains(observation)
        last, reward, _, _, _ = env.step([0, 0])
        assert reward == 1.0
        env.close()
        return [*observation["level"].tolist(), *last["level"].tolist()]

    assert play(1) == play(1)
    assert play(1) != play(2)


def test_an_early_stop_is_honoured(unused_port: int) -> None:
    simulation = FakeSimulation(OBSERVATION, ACTION)
    with simulation.in_thread(f"tcp://127.0.0.1:{unused_port}") as thread:
        env = Ns3GymEnv(port=unused_port, timeout_s=WAIT_S)
        env.reset()
        env.close()
    assert not thread.is_alive()


@pytest.mark.parametrize(
    ("fault", "kind", "text"),
    [
        ("abort", SimulationCrashed, "was killed by SIGABRT"),
        ("exit", SimulationCrashed, "exited with status 7 before its time: exit as asked"),
        ("hang", SimulationHung, "no answer within 3 s"),
        ("garbage", ProtocolError, "the 9 bytes received are no EnvStateMsg"),
        ("disconnect", SimulationCrashed, "exited with status 0 before its time"),
    ],
)
def test_faults(fault: Fault, kind: type[SlicebedError], text: str) -> None:
    simulation = FakeSimulation(OBSERVATION, ACTION, fault=fault, fault_step=1)
    env = Ns3GymEnv(command=simulation.command(), timeout_s=3)
    env.reset()
    with pytest.raises(kind, match=text):
        env.step([0, 0])


def test_a_script_cannot_go_to_another_process() -> None:
    simulation = FakeSimulation(OBSERVATION, ACTION, script=lambda border, action: State(None, 0.0))
    with pytest.raises(SlicebedError, match="script is set"):
        simulation.command()
