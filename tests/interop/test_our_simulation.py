"""A foreign agent drives our simulations; the arithmetic is that of loopback-adaptor.h."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest

from pyctl.launch.installed import scenario_binary
from tests.interop import foreign_wire as fw
from tests.interop.foreign_agent import ForeignAgent

SHARES = [0.125, 0.25, 0.5, 0.0, 0.5, 0.5]


def named(values: list[float], dtype: int = fw.FLOAT) -> Any:
    return fw.dict_data(fw.box(dtype, [2, 3], values, name="prb_max"))


def open_agent(binary: Path, *options: str, **keywords: Any) -> ForeignAgent:
    return ForeignAgent(binary, options, **keywords)


def begin(agent: ForeignAgent) -> Any:
    agent.hello()
    agent.acknowledge()
    return agent.state()


def test_hello_declares_the_spaces(loopback_binary: Path) -> None:
    with open_agent(loopback_binary) as agent:
        hello = agent.hello()
        assert hello.simProcessId == agent.simulation.pid
        assert list(fw.plain_space(hello.obsSpace)) == [
            "echo",
            "accumulated",
            "counter",
            "slice_active",
            "slice_present",
        ]
        assert fw.plain_space(hello.actSpace) == {"prb_max": (0, 1, fw.FLOAT, [2, 3])}
        agent.acknowledge(stop=True)
        assert agent.wait() == (0, "")


def test_an_episode_until_its_time_is_over(loopback_binary: Path) -> None:
    with open_agent(loopback_binary, "--steps=2") as agent:
        state = begin(agent)
        info = json.loads(state.info)
        assert (info["step"], info["t_sim_s"]) == (0, 0)
        assert info["description"]["scenario"] == "loopback"
        assert info["future"]["offered"] == [[1, 2, 3], [1, 2, 3]]
        assert fw.plain(state.obsData)["echo"] == [0] * 6

        agent.act(named(SHARES))
        state = agent.state()
        assert fw.plain(state.obsData)["echo"] == SHARES
        assert fw.plain(state.obsData)["counter"] == [1] * 6
        assert state.reward == sum(SHARES)
        assert not state.isGameOver
        assert "description" not in json.loads(state.info)

        agent.act(named(SHARES))
        state = agent.state()
        assert fw.plain(state.obsData)["accumulated"] == [2 * share for share in SHARES]
        assert (state.isGameOver, state.reason) == (True, 0)
        assert "future" not in json.loads(state.info)
        assert json.loads(state.info)["conservation"]["sent"] == 0
        agent.stop()
        assert agent.wait() == (0, "")


def test_game_over(loopback_binary: Path) -> None:
    with open_agent(loopback_binary, "--steps=9", "--game_over_step=1") as agent:
        begin(agent)
        agent.act(named(SHARES))
        state = agent.state()
        assert (state.isGameOver, state.reason) == (True, 1)
        agent.stop()
        assert agent.wait() == (0, "")


def test_the_last_answer_may_be_anything(loopback_binary: Path) -> None:
    # ns3-gym ignores its content, so an agent may send what it likes.
    with open_agent(loopback_binary, "--steps=1") as agent:
        begin(agent)
        agent.act(named(SHARES))
        assert agent.state().isGameOver
        agent.act(fw.discrete(3))
        assert agent.wait() == (0, "")


def test_stop_in_place_of_an_action(loopback_binary: Path) -> None:
    with open_agent(loopback_binary, "--steps=9") as agent:
        begin(agent)
        agent.act(named(SHARES))
        agent.state()
        agent.stop()
        assert agent.wait() == (0, "")


def test_an_agent_that_leaves_is_noticed(loopback_binary: Path) -> None:
    with open_agent(loopback_binary, "--steps=9") as agent:
        begin(agent)
        agent.leave()
        status, errors = agent.wait()
        assert status == 3
        assert errors.splitlines()[-1].startswith("slicebed-loopback: error: the agent at tcp")


def test_ipc(loopback_binary: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="sb") as folder:
        endpoint = f"ipc://{folder}/agent"
        with open_agent(loopback_binary, "--steps=1", endpoint=endpoint) as agent:
            begin(agent)
            agent.act(named(SHARES))
            assert agent.state().isGameOver
            agent.stop()
            assert agent.wait() == (0, "")


@pytest.mark.parametrize(
    ("spaces", "declared", "action", "observed", "reward"),
    [
        ("discrete", (1000, 5), fw.discrete(3), 1, 3),
        (
            "box",
            ((-2, 1e6, fw.DOUBLE, [2]), (-1, 1, fw.DOUBLE, [2])),
            fw.box(fw.DOUBLE, [2], [0.5, -0.25]),
            [1, 0.25],
            0.25,
        ),
        # ns3-gym's own agent sends FLOAT for DOUBLE.
        (
            "box",
            ((-2, 1e6, fw.DOUBLE, [2]), (-1, 1, fw.DOUBLE, [2])),
            fw.box(fw.FLOAT, [2], [0.5, -0.25]),
            [1, 0.25],
            0.25,
        ),
        (
            "tuple",
            ([1000, (0, 100, fw.INT, [2, 2])], [5, (-1, 1, fw.FLOAT, [2])]),
            fw.tuple_data(fw.discrete(2), fw.box(fw.FLOAT, [2], [0.5, 0.25])),
            [1, [2, 3, 4, 5]],
            2.75,
        ),
        (
            "dict",
            (
                {"step": 1000, "nested": [(0, 1e6, fw.UINT, [3])]},
                {"choice": 5, "level": (-1, 1, fw.DOUBLE, [2])},
            ),
            # In another order than declared: names count.
            fw.dict_data(
                fw.box(fw.FLOAT, [2], [0.5, 0.25], name="level"), fw.discrete(4, name="choice")
            ),
            {"step": 1, "nested": [[1, 1, 1]]},
            4.75,
        ),
    ],
)
def test_every_kind_of_space(
    loopback_binary: Path, spaces: str, declared: Any, action: Any, observed: Any, reward: float
) -> None:
    with open_agent(loopback_binary, f"--spaces={spaces}", "--steps=2") as agent:
        hello = agent.hello()
        assert (fw.plain_space(hello.obsSpace), fw.plain_space(hello.actSpace)) == declared
        agent.acknowledge()
        agent.state()
        agent.act(action)
        state = agent.state()
        assert fw.plain(state.obsData) == observed
        assert state.reward == reward
        agent.stop()
        assert agent.wait() == (0, "")


@pytest.mark.parametrize(
    ("action", "status", "text"),
    [
        (named([0.5] * 6), 2, "prb_max[cell 0] sums to 1.5 over the slices; at most 1 is allowed"),
        (named([2, 0, 0, 0, 0, 0]), 2, "is 2; a number between 0 and 1 is required"),
        (named([float("nan")] * 6), 2, "is nan; a number between 0 and 1 is required"),
        (named([0.1] * 5), 3, "prb_max: 5 elements; 6 are required"),
        (fw.discrete(1), 3, "a Dict is required"),
        (fw.dict_data(fw.box(fw.FLOAT, [2, 3], SHARES, name="x")), 3, "'prb_max' is missing"),
    ],
)
def test_bad_actions_end_it_with_a_clear_line(
    loopback_binary: Path, action: Any, status: int, text: str
) -> None:
    with open_agent(loopback_binary) as agent:
        begin(agent)
        agent.act(action)
        got, errors = agent.wait()
        assert got == status
        assert errors.splitlines()[-1].startswith("slicebed-loopback: error: ")
        assert text in errors


@pytest.mark.parametrize("garbage", [b"\xff", b"", b"\x0a\xff\x01"], ids=["broken", "empty", "cut"])
def test_garbage_ends_it_with_a_clear_line(loopback_binary: Path, garbage: bytes) -> None:
    with open_agent(loopback_binary) as agent:
        agent.hello()
        agent.send(garbage)
        status, errors = agent.wait()
        assert status == 3
        assert errors.startswith("slicebed-loopback: error: ")


def test_the_cells() -> None:
    options = ["--steps=1", "--sites=1", "--ues_per_slice=1", "--interval_s=0.3", "--warmup_s=0.1"]
    with open_agent(scenario_binary("cells"), *options) as agent:
        state = begin(agent)
        assert len(fw.plain(state.obsData)["thp_dl"]) == 3 * 4
        agent.act(fw.dict_data(fw.box(fw.FLOAT, [3, 4], [0.25] * 12, name="prb_max")))
        state = agent.state()
        assert state.isGameOver
        assert fw.plain(state.obsData)["prb_max"] == [0.25] * 12
        counts = json.loads(state.info)["conservation"]
        dropped = sum(counts["dropped"].values())
        assert counts["sent"] == counts["received"] + counts["in_flight"] + dropped > 0
        agent.stop()
        assert agent.wait() == (0, "")
