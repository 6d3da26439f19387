"""``ShmSession`` against a simulation that is written from PROTOCOL.md alone, in one thread."""

from __future__ import annotations

import math
import os
import random
import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from gymnasium import spaces
from hypothesis import given, settings

from pyctl.errors import (
    ChannelTimeout,
    EpisodeOver,
    PeerDisconnected,
    ProtocolError,
    SlicebedError,
    UsageError,
)
from pyctl.exchange._shm import Client
from pyctl.exchange.session import Stage
from pyctl.exchange.shm import ShmSession
from pyctl.exchange.spaces import Space

from . import raw_simulation as raw
from .raw_simulation import RawSimulation
from .values import assert_same, valued_spaces

PAIR = spaces.Box(-1, 1, (2,), np.float32)
WAIT_S = 5.0
SOON_S = 0.2
LATER_S = 0.02  # below the 50 ms that a fast step waits


def begin(
    observation_space: Space = PAIR, action_space: Space = PAIR
) -> tuple[ShmSession, RawSimulation]:
    """A session that waits for its first state."""
    session = ShmSession()
    simulation = RawSimulation(session.endpoint, observation_space, action_space)
    simulation.hello()
    session.handshake(WAIT_S)
    session.observation_space = observation_space
    session.action_space = action_space
    session.accept()
    simulation.map_arenas()
    return session, simulation


@pytest.fixture
def pair() -> Iterator[tuple[ShmSession, RawSimulation]]:
    session, simulation = begin()
    yield session, simulation
    session.close()
    simulation.close()


Pair = tuple[ShmSession, RawSimulation]


def test_an_episode_from_hello_to_the_end() -> None:
    session = ShmSession()
    assert session.endpoint.startswith(f"shm:/proc/{os.getpid()}/fd/")
    assert session.stage is Stage.LISTENING
    simulation = RawSimulation(session.endpoint, PAIR, PAIR)
    simulation.hello()
    hello = session.handshake(WAIT_S, process_id=os.getpid())
    assert (hello.observation_space, hello.action_space) == (PAIR, PAIR)
    assert session.stage is Stage.LISTENING
    session.accept()
    assert session.stage is Stage.AWAITING_STATE
    simulation.map_arenas()

    simulation.state([0, 0.5], b'{"a": 1}', step=0, t_sim_s=0.0, has_border=1)
    state = session.receive_state(WAIT_S)
    assert state.observation.tolist() == [0, 0.5]
    assert (state.reward, state.ended) == (0, False)
    assert state.info == {"a": 1, "step": 0, "t_sim_s": 0}
    assert session.stage is Stage.READY

    session.send_action(np.array([0.25, -1], np.float32))
    assert session.stage is Stage.AWAITING_STATE
    assert simulation.action()[0].tolist() == [0.25, -1]
    simulation.state([1, 1], reward=2.5, end=1, step=1, t_sim_s=0.25, has_border=1)
    state = session.receive_state(WAIT_S)
    assert (state.reward, state.truncated, state.terminated) == (2.5, True, False)
    assert state.info == {"step": 1, "t_sim_s": 0.25}
    assert session.stage is Stage.ENDED
    simulation.take(raw.STOP)
    assert session.stop() is True
    with pytest.raises(EpisodeOver, match=r"the episode has ended \(state ENDED\)"):
        session.step([0, 0], WAIT_S)
    session.close()
    simulation.close()


def test_a_fast_step_is_a_step(pair: Pair) -> None:
    session, simulation = pair
    simulation.state([0, 0], has_border=1)
    session.receive_state(WAIT_S)
    actions = []

    def answer() -> None:
        actions.extend(simulation.action())
        simulation.state([1, -1], reward=3, step=7, has_border=1)

    timer = threading.Timer(LATER_S, answer)
    timer.start()
    result = session.fast_step(np.array([0.5, 0.25], np.float32))
    timer.join()

    assert actions[0].tolist() == [0.5, 0.25]
    assert not isinstance(result, bool)
    observation, *others = result
    assert observation.tolist() == [1, -1]
    assert others == [3.0, False, False, {"step": 7, "t_sim_s": 0.0}]
    assert session.stage is Stage.READY


@pytest.mark.parametrize(
    ("observation", "more"),
    [
        ([0, 0], {"end": 1, "has_border": 1}),
        ([0, 0], {"info": b'{"future": 1}', "has_border": 1}),
        ([0, 2], {"has_border": 1}),  # out of bounds
        ([0, math.nan], {"has_border": 1}),
        ([0, 0], {}),
    ],
)
def test_a_fast_step_leaves_what_is_unusual(pair: Pair, observation: Any, more: Any) -> None:
    session, simulation = pair
    simulation.state([0, 0], has_border=1)
    session.receive_state(WAIT_S)
    answer = threading.Timer(LATER_S, lambda: simulation.state(observation, **more))
    answer.start()
    assert session.fast_step(np.zeros(2, np.float32)) is True
    answer.join()
    state = session.receive_state(WAIT_S)
    np.testing.assert_array_equal(state.observation, np.array(observation, np.float32))
    assert state.truncated == ("end" in more)


def test_several_are_waited_for_together(pair: tuple[ShmSession, RawSimulation]) -> None:
    session, simulation = pair
    silent, other = begin()
    begun = time.monotonic()
    ShmSession.wait_for_any([silent, session], 0.05)
    assert time.monotonic() - begun >= 0.049
    assert not session.state_ready()
    simulation.state([0, 0], has_border=1)
    ShmSession.wait_for_any([silent, session], WAIT_S)
    assert session.state_ready()
    assert not silent.state_ready()
    silent.close()
    other.close()
    with pytest.raises(UsageError, match="the session is closed"):
        ShmSession.wait_for_any([silent], 0.0)


@pytest.mark.parametrize(
    "action",
    [
        [0, 0],
        None,
        np.zeros(3, np.float32),
        np.zeros((1, 2), np.float32),
        np.zeros(2, np.int32),
        np.zeros(4, np.float32)[::2],
        np.array([0, 1.5], np.float32),
        np.array([math.nan, 0], np.float32),
        np.array([0, 1e300]),
        {"a": np.zeros(2, np.float32)},
    ],
)
def test_a_fast_step_sends_no_unusual_action(pair: Pair, action: Any) -> None:
    session, simulation = pair
    simulation.state([0, 0], has_border=1)
    session.receive_state(WAIT_S)
    assert session.fast_step(action) is False
    assert session.stage is Stage.READY
    assert simulation.agent_turns() == 1  # GO


def test_totals_above_their_limits_are_unusual() -> None:
    space = spaces.Dict({"other": spaces.Discrete(2), "prb": spaces.Box(0, 1, (2, 3), np.float32)})
    session = ShmSession()
    fields = [{"name": "prb", "axes": ["cell", "slice"], "sum_axis": "slice", "sum_max": 1}]
    session.limit_sums(fields, slack=0)
    simulation = RawSimulation(session.endpoint, PAIR, space)
    simulation.hello()
    session.handshake(WAIT_S)
    session.accept()
    simulation.map_arenas()
    simulation.state([0, 0])
    session.receive_state(WAIT_S)
    shares = np.array([[0.5, 0.5, 0], [0.5, 0.25, 0.5]], np.float32)
    assert session.fast_step({"other": 1, "prb": shares}) is False
    shares[1, 2] = 0.25
    assert session.fast_step({"other": 1, "prb": shares}) is True
    assert [leaf.tolist() for leaf in simulation.action()] == [1, shares.tolist()]
    session.close()
    simulation.close()


def test_observations_stay_and_views_change(pair: Pair) -> None:
    session, simulation = pair
    simulation.state([0, 0])
    first = session.receive_state(WAIT_S).observation
    view = session.view()
    assert view.tolist() == [0, 0]
    assert not view.flags.writeable
    mine = session.action_view()
    mine[:] = [0.5, 0.75]
    session.send_action(mine)
    assert simulation.action()[0].tolist() == [0.5, 0.75]
    simulation.state([1, 0.5])
    session.receive_state(WAIT_S)
    assert view.tolist() == [1, 0.5]
    assert first.tolist() == [0, 0]
    session.stop()
    session.close()
    assert view.tolist() == [1, 0.5]  # the memory lives as long as a view of it


@settings(max_examples=60, deadline=None)
@given(valued_spaces(), valued_spaces())
def test_any_value_of_any_space_arrives(observed: Any, decided: Any) -> None:
    session, simulation = begin(observed[0], decided[0])
    simulation.state(observed[1])
    assert_same(session.receive_state(WAIT_S).observation, observed[1])
    session.send_action(decided[1])
    for got, expected in zip(simulation.action(), raw.flat(decided[1]), strict=True):
        np.testing.assert_array_equal(got, np.asarray(expected).astype(got.dtype))
        del got  # it would keep the memory
    session.close()


def test_waiting_ends_by_time_by_the_watch_or_by_ctrl_c(pair: Pair) -> None:
    session, simulation = pair
    with pytest.raises(ChannelTimeout, match=r"no message at shm:/proc/.* within 0.1 s"):
        session.receive_state(0.1)

    def dead() -> None:
        raise UsageError("the watch says so")

    with pytest.raises(UsageError, match="the watch says so"):
        session.receive_state(WAIT_S, dead)
    simulation.state([0, 0])
    assert session.receive_state(WAIT_S, dead).reward == 0  # it had arrived
    simulation.write(raw.CLOSED, b"\1")
    session.send_action([0, 0])
    with pytest.raises(PeerDisconnected, match="the simulation left its connection to shm:"):
        session.receive_state(WAIT_S)


@pytest.mark.parametrize(
    ("say", "text"),
    [
        (lambda s: s.post(raw.HELLO), "a turn of kind 1, end 0; STATE, end 0 to 2, is required"),
        (lambda s: s.post(raw.STATE, end=9), "a turn of kind 2, end 9"),
        (lambda s: s.post(raw.STATE, bytes_=2**40), "a message of 1099511627776 bytes in an area"),
        (lambda s: s.write(raw.TURN, b"\7"), "the other end's turn counter is 7; 2 is required"),
        (lambda s: s.state([0, 0], b"{"), "the info is no JSON: b'{'"),
        (lambda s: s.state([0, 0], b"[]"), r"the info is b'\[\]'; a JSON object is required"),
    ],
)
def test_nonsense_is_refused_and_answered_by_stop(pair: Pair, say: Any, text: str) -> None:
    session, simulation = pair
    say(simulation)
    with pytest.raises(ProtocolError, match=text):
        session.receive_state(WAIT_S)
    assert session.stage is Stage.CLOSED


def test_a_choice_that_is_not_there_is_refused() -> None:
    session, simulation = begin(spaces.Discrete(3), PAIR)
    simulation.state(3)
    with pytest.raises(ProtocolError, match="a Discrete of the observation is 3; 0 to 2 are"):
        session.receive_state(WAIT_S)
    session.close()
    simulation.close()


def test_a_hello_that_is_none_is_answered_by_stop() -> None:
    session = ShmSession()
    simulation = RawSimulation(session.endpoint, PAIR, PAIR)
    simulation.post(raw.HELLO, b"\xff")
    with pytest.raises(ProtocolError, match="are no SimInitMsg"):
        session.handshake(WAIT_S)
    simulation.take(raw.STOP)
    session.close()
    simulation.close()


def test_a_stranger_is_sent_away() -> None:
    session = ShmSession()
    simulation = RawSimulation(session.endpoint, PAIR, PAIR)
    simulation.hello()
    with pytest.raises(ChannelTimeout):
        session.handshake(SOON_S, process_id=1)
    simulation.take(raw.STOP)
    session.close()
    simulation.close()


def test_arrays_that_no_segment_holds_are_refused() -> None:
    client = Client()
    with pytest.raises(UsageError, match="observation and action take more than 4096 MiB"):
        client.agree(("box", "float64", (2**16, 2**16)), ("discrete", 2))
    client.close()


def test_calls_on_a_closed_session_say_so(pair: Pair) -> None:
    session, _ = pair
    assert session.stop() is False
    session.close()
    session.close()
    assert session.stage is Stage.CLOSED
    assert session.fast_step(np.zeros(2, np.float32)) is False
    with pytest.raises(EpisodeOver, match=r"the session is closed \(state CLOSED\)"):
        session.step([0, 0], WAIT_S)
    with pytest.raises(EpisodeOver, match="state CLOSED"):
        session.view()


def test_nothing_is_in_dev_shm_and_no_descriptor_is_left() -> None:
    names = set(os.listdir(raw.DEV_SHM))
    before = set(os.listdir("/proc/self/fd"))
    for _ in range(3):
        session, simulation = begin()
        session.close()
        simulation.close()
    assert set(os.listdir("/proc/self/fd")) == before
    assert set(os.listdir(raw.DEV_SHM)) <= names


def test_random_bytes_never_break_the_agent() -> None:
    dice = random.Random(4)
    for i in range(60):
        session, simulation = begin()
        simulation.state([0, 0], has_border=1)
        session.receive_state(WAIT_S)
        size = dice.choice([1, 4, 64, 900])
        simulation.write(dice.randrange(raw.TURN, 960), dice.randbytes(size))
        try:
            if i % 2:
                session.fast_step(np.zeros(2, np.float32))
            else:
                session.step(np.zeros(2, np.float32), 0.0)
        except SlicebedError:
            pass  # whatever it is, it is one of ours
        session.stop()
        session.close()
        simulation.close()


def test_forked_copies_of_the_agent_do_not_end_the_session(pair: Pair) -> None:
    session, simulation = pair
    child = os.fork()
    if child == 0:
        session._client.close()
        os._exit(0)
    os.waitpid(child, 0)
    assert simulation.memory[raw.AGENT_TURN + 132] == 0  # the agent's `closed`
