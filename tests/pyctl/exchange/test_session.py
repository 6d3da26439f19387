from __future__ import annotations

import numpy as np
import pytest
from gymnasium import spaces

from pyctl.errors import ChannelTimeout, EpisodeOver, ProtocolError
from pyctl.exchange import codec
from pyctl.exchange.channel import Watch
from pyctl.exchange.codec import Hello, State
from pyctl.exchange.session import Session, Stage

SPACE = spaces.Box(0, 1, (2,), np.float32)
HELLO = codec.encode_hello(Hello(7, SPACE, SPACE))
STATE = codec.encode_state(State([0, 1], 0.5), SPACE)
TIME_OVER = codec.encode_state(State([0, 1], 0.5, truncated=True), SPACE)
GAME_OVER = codec.encode_state(State([0, 1], 0.5, terminated=True), SPACE)
WAIT_S = 1.0


class ScriptedChannel:
    """Gives messages from a list and keeps the answers: no sockets."""

    def __init__(self, *messages: bytes) -> None:
        self.messages = list(messages)
        self.answers: list[bytes] = []
        self.admitted = False

    def send(self, message: bytes) -> None:
        self.answers.append(message)

    def receive(self, timeout_s: float, watch: Watch | None = None) -> bytes:
        if not self.messages:
            raise ChannelTimeout("the script is over")
        return self.messages.pop(0)

    def admit(self, refusal: bytes) -> None:
        self.admitted = True
        self.refusal = refusal


def begin(*messages: bytes) -> tuple[Session, ScriptedChannel]:
    channel = ScriptedChannel(*messages)
    return Session(channel), channel  # type: ignore[arg-type]


def begin_ready(*messages: bytes) -> tuple[Session, ScriptedChannel]:
    session, channel = begin(HELLO, STATE, *messages)
    session.handshake(WAIT_S)
    session.accept()
    session.receive_state(WAIT_S)
    channel.answers.clear()
    return session, channel


def test_an_episode_from_hello_to_the_end() -> None:
    session, channel = begin(HELLO, STATE, STATE, TIME_OVER)
    assert session.stage is Stage.LISTENING

    assert session.handshake(WAIT_S).process_id == 7
    assert session.stage is Stage.LISTENING
    session.accept()
    assert channel.admitted
    with pytest.raises(ProtocolError, match="the agent refused: it talks to another simulation"):
        codec.decode_ack(channel.refusal)
    assert session.stage is Stage.AWAITING_STATE
    assert session.receive_state(WAIT_S).observation.tolist() == [0, 1]
    assert session.stage is Stage.READY
    assert not session.step(np.array([0.5, 0.5]), WAIT_S).ended
    assert session.stage is Stage.READY
    assert session.step(np.array([0.5, 0.5]), WAIT_S).truncated
    assert session.stage is Stage.ENDED

    action = codec.encode_action([0.5, 0.5], SPACE)
    assert channel.answers == [codec.encode_ack(), action, action, codec.encode_stop()]


@pytest.mark.parametrize("last", [TIME_OVER, GAME_OVER], ids=["time", "game"])
def test_the_last_state_is_answered_at_once_by_stop(last: bytes) -> None:
    session, channel = begin_ready(last)

    session.step(np.zeros(2), WAIT_S)

    assert channel.answers[-1] == codec.encode_stop()


def test_a_step_after_the_end_names_the_state() -> None:
    session, _ = begin_ready(TIME_OVER)
    session.step(np.zeros(2), WAIT_S)

    with pytest.raises(EpisodeOver, match=r"the episode has ended \(state ENDED\); READY is req"):
        session.step(np.zeros(2), WAIT_S)


def test_calls_in_the_wrong_state_name_it() -> None:
    session, _ = begin(HELLO, STATE)
    with pytest.raises(EpisodeOver, match=r"no simulation has come yet \(state LISTENING\)"):
        session.step(np.zeros(2), WAIT_S)
    with pytest.raises(EpisodeOver, match=r"accept\(\) before handshake\(\)"):
        session.accept()
    session.handshake(WAIT_S)
    session.accept()
    with pytest.raises(EpisodeOver, match=r"state AWAITING_STATE\); LISTENING is required"):
        session.handshake(WAIT_S)
    session.receive_state(WAIT_S)
    with pytest.raises(EpisodeOver, match=r"state READY\); AWAITING_STATE is required"):
        session.receive_state(WAIT_S)


def test_stop_in_place_of_an_action() -> None:
    session, channel = begin_ready()

    session.stop()

    assert channel.answers == [codec.encode_stop()]
    with pytest.raises(EpisodeOver, match=r"the session is closed \(state CLOSED\)"):
        session.step(np.zeros(2), WAIT_S)


def test_stop_in_place_of_going_on() -> None:
    session, channel = begin(HELLO)
    session.handshake(WAIT_S)

    session.stop()

    assert channel.answers == [codec.encode_ack(stop=True)]


def test_stop_before_anybody_came_says_nothing() -> None:
    session, channel = begin()
    session.stop()
    assert channel.answers == []
    assert session.stage is Stage.CLOSED


def test_stop_waits_for_a_computing_simulation_if_it_may() -> None:
    session, channel = begin(HELLO, STATE)
    session.handshake(WAIT_S)
    session.accept()

    session.stop(wait_s=WAIT_S)

    assert channel.answers[-1] == codec.encode_stop()
    assert session.stage is Stage.CLOSED


def test_stop_after_the_end_changes_nothing() -> None:
    session, channel = begin_ready(TIME_OVER)
    session.step(np.zeros(2), WAIT_S)
    channel.answers.clear()

    session.stop()

    assert session.stage is Stage.ENDED
    assert channel.answers == []


def test_a_hello_that_is_none_is_answered_by_stop() -> None:
    session, channel = begin(b"\xff")
    with pytest.raises(ProtocolError, match="are no SimInitMsg"):
        session.handshake(WAIT_S)
    assert channel.answers == [codec.encode_ack(stop=True)]


def test_a_state_that_is_none_is_answered_by_stop() -> None:
    session, channel = begin_ready(b"\xff")
    with pytest.raises(ProtocolError, match="are no EnvStateMsg"):
        session.step(np.zeros(2), WAIT_S)
    assert channel.answers[-1] == codec.encode_stop()
    assert session.stage is Stage.CLOSED


def test_who_is_not_meant_is_refused_whatever_it_says() -> None:
    session, channel = begin(b"\xff", codec.encode_hello(Hello(8, SPACE, SPACE)), HELLO)
    assert session.handshake(WAIT_S, process_id=7).process_id == 7
    assert len(channel.answers) == 2
    for answer in channel.answers:
        with pytest.raises(ProtocolError, match="the agent refused: it waits for process 7"):
            codec.decode_ack(answer)
