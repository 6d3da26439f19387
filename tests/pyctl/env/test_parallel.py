"""PettingZoo environments: rows of the scenario's arrays, and rewards of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from pettingzoo.test import parallel_api_test, parallel_seed_test
from pettingzoo.utils.conversions import parallel_to_aec

from pyctl.env import slicebed_parallel_env
from pyctl.env.cosim import CoSimEnv
from pyctl.errors import EpisodeOver, InvalidAction, SimulationCrashed, UnknownName, UsageError

pytestmark = pytest.mark.usefixtures("nothing_left")

CELLS = {
    "steps": 3,
    "sites": 1,
    "ues_per_slice": 1,
    "interval_s": 0.3,
    "warmup_s": 0.1,
    "mask": "constant",
    "load": 3,
    "slices": "1,2,4",
    "slice_events": "+3@2",
}
EDGE = {"steps": 3, "scale": 0.1, "interval_s": 1, "edges": 3}
SCENARIOS = [("cells", CELLS), ("edge-cloud", EDGE), ("loopback", {"steps": 3})]
LOOP = {f"cell_{i}": {"prb_max": np.full(3, 0.25 * (i + 1), np.float32)} for i in range(2)}


@pytest.mark.parametrize(("scenario", "params"), SCENARIOS)
def test_pettingzoos_own_tests_pass(scenario: str, params: dict[str, Any]) -> None:
    env = slicebed_parallel_env(scenario, params)
    parallel_api_test(env, num_cycles=10)
    env.close()
    parallel_seed_test(lambda: slicebed_parallel_env(scenario, params), num_cycles=10)


def test_pettingzoos_conversions_take_it() -> None:
    env = parallel_to_aec(slicebed_parallel_env("loopback", {"steps": 1}))
    env.reset(seed=1)
    for agent in env.agent_iter():
        *_, truncated, _ = env.last()
        env.step(None if truncated else LOOP[agent])
    env.close()


def test_cells_are_the_rows_of_the_single_environment() -> None:
    shares = np.array(
        [[0.01, 0.02, 0, 0.03], [0.03, 0.01, 0, 0.02], [0.02, 0.03, 0, 0.01]], np.float32
    )
    env, whole = slicebed_parallel_env("cells", CELLS), CoSimEnv("cells", CELLS)
    assert env.possible_agents == ["cell_0", "cell_1", "cell_2"]
    seen, _ = env.reset(seed=5)
    expected, _ = whole.reset(seed=5)
    for step in range(1, 4):
        for i, agent in enumerate(env.agents):
            assert env.observation_space(agent).contains(seen[agent])
            for name, values in expected.items():
                np.testing.assert_array_equal(seen[agent][name], values[i])
        actions = {a: {"prb_max": shares[i]} for i, a in enumerate(env.agents)}
        seen, rewards, _, truncated, infos = env.step(actions)
        expected, reward, _, over, info = whole.step({"prb_max": shares})
        own = [rewards[agent] for agent in env.possible_agents]
        assert len(set(own)) == 3
        # The scenario's reward is of doubles, on the wire a float32: 2^-24 of at most log 2.
        assert np.mean(own) == pytest.approx(reward, abs=1e-7)
        present = [0, 1, 3] if step <= 2 else [0, 1, 2, 3]
        by_hand = np.mean([np.log(1 + seen["cell_1"]["r"][s]) for s in present])
        assert rewards["cell_1"] == pytest.approx(by_hand, rel=1e-6)
        assert truncated == dict.fromkeys(truncated, over)
        assert infos["cell_2"] == info
    assert env.agents == []
    with pytest.raises(EpisodeOver, match="call reset.. first"):
        env.step({})
    env.close()
    whole.close()


def test_edges_propose_and_the_cloud_takes_the_rest() -> None:
    env = slicebed_parallel_env("edge-cloud", EDGE)
    assert env.possible_agents == ["edge_0", "edge_1", "edge_2"]
    _, infos = env.reset(seed=1)
    in_force = []
    # A fifth is left; nothing is; 0.4 more than all, which each gives a third of.
    for proposals in ([0.1, 0.3, 0.4], [0.2, 0.3, 0.5], [0.2, 0.4, 0.8]):
        actions = {
            agent: {"share": np.array([p], np.float32)}
            for agent, p in zip(env.agents, proposals, strict=True)
        }
        seen, rewards, _, _, infos = env.step(actions)
        in_force.append([float(seen[agent]["share"][0]) for agent in rewards])
        assert len(set(rewards.values())) == 1
    expected = [[0.1, 0.3, 0.4], [0.2, 0.3, 0.5], [0.2 - 0.4 / 3, 0.4 - 0.4 / 3, 0.8 - 0.4 / 3]]
    np.testing.assert_allclose(in_force, expected, atol=1e-6)
    assert [infos[agent]["projected"] for agent in rewards] == [1, 1, 1]
    env.close()


def test_what_the_edges_leave_is_what_the_cloud_processes() -> None:
    env = slicebed_parallel_env("edge-cloud", EDGE)
    whole = CoSimEnv("edge-cloud", EDGE)
    env.reset(seed=1)
    whole.reset(seed=1)
    rows = {agent: {"share": np.array([0.2], np.float32)} for agent in env.agents}
    seen, rewards, *_ = env.step(rows)
    joint = np.array([0.2, 0.2, 0.2, 0.4], np.float32)
    observation, reward, *_ = whole.step({"share": joint})
    assert rewards["edge_0"] == reward
    assert observation["processed"][3] > 0
    np.testing.assert_array_equal(observation["share"][3], np.float32(0.4))
    np.testing.assert_array_equal(seen["edge_2"]["processed"], observation["processed"][2:3])
    env.close()
    whole.close()


def test_a_cell_has_a_total_of_its_own() -> None:
    env = slicebed_parallel_env("loopback", {"steps": 3}, over_total="refuse")
    env.reset()
    with pytest.raises(InvalidAction, match=r"prb_max\[cell 1\] sums to 1.5 over the slices"):
        env.step(LOOP)
    env.close()
    env = slicebed_parallel_env("loopback", {"steps": 3})
    env.reset()
    seen, *_, infos = env.step(LOOP)
    np.testing.assert_allclose(seen["cell_0"]["echo"], [0.25] * 3)
    np.testing.assert_allclose(seen["cell_1"]["echo"], [1 / 3] * 3)
    assert infos["cell_0"]["projected"] == 1
    env.close()


@pytest.mark.parametrize(
    ("actions", "text"),
    [
        ({}, r"actions are of the agents \[\]; those of \['cell_0', 'cell_1'\] are required"),
        ({**LOOP, "cell_2": LOOP["cell_0"]}, r"of the agents \['cell_0', 'cell_1', 'cell_2'\]"),
        (
            {**LOOP, "cell_1": {"prb_max": np.array([0, 2, 0])}},
            r"cell_1: prb_max\[1\] is 2; a number between 0 and 1",
        ),
        ({**LOOP, "cell_0": {"prb": 1}}, r"cell_0: action has the fields \['prb'\]"),
    ],
)
def test_a_bad_action_is_refused_and_the_episode_goes_on(actions: Any, text: str) -> None:
    env = slicebed_parallel_env("loopback", {"steps": 3})
    env.reset()
    with pytest.raises(InvalidAction, match=text):
        env.step(actions)
    seen, *_ = env.step(LOOP)
    assert seen["cell_0"]["counter"].tolist() == [1, 1, 1]
    env.close()


def test_ns3_logs_what_is_asked_for(tmp_path: Path) -> None:
    log = tmp_path / "run.log"
    env = slicebed_parallel_env(
        "cells", CELLS, log_path=log, sim_log="UdpSocketImpl=level_function"
    )
    env.reset()
    env.step({agent: env.action_space(agent).sample() for agent in env.agents})
    env.close()
    assert "UdpSocketImpl" in log.read_text()


def test_scenarios_without_agents_and_bad_parameters_are_refused() -> None:
    text = "scenario is 'e2e-slice'; one with several agents is required: cells, edge-cloud, loop"
    with pytest.raises(UsageError, match=text):
        slicebed_parallel_env("e2e-slice")
    with pytest.raises(UnknownName, match="did you mean 'steps'"):
        slicebed_parallel_env("cells", {"step": 1})


def test_a_crash_is_told_and_a_reset_begins_anew() -> None:
    env = slicebed_parallel_env("loopback", {"crash_step": 1})
    env.reset()
    with pytest.raises(SimulationCrashed, match="killed by SIGABRT"):
        env.step(LOOP)
    assert env.agents == []
    env.reset()
    assert env.agents == ["cell_0", "cell_1"]
    env.close()
    names = [child.name() for child in psutil.Process().children(recursive=True)]
    assert "slicebed-loopback" not in names
