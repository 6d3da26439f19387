"""``UsualCodec``: the same messages and values as ``codec``, whatever comes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gymnasium import spaces
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pyctl.errors import ProtocolError
from pyctl.exchange import codec
from pyctl.exchange.codec import State
from pyctl.exchange.usual import UsualCodec

from .values import assert_same, valued_spaces

MOVE = spaces.Box(-1, 1, (2,), np.float32)
PAIR = spaces.Dict([("move", MOVE), ("mode", spaces.Discrete(3))])
ACTION = {"move": np.array([0.25, -0.5], np.float32), "mode": np.int64(2)}
DATA = codec.encode_state(State(ACTION, 0.5, truncated=True, info={"a": 1}), PAIR)


def compiled(data: bytes) -> Any:
    """What the compiled part makes of the bytes."""
    usual = UsualCodec(PAIR, PAIR)
    assert usual._compiled is not None
    return usual._compiled.decode_state(data)


@settings(max_examples=100, deadline=None)
@given(valued_spaces(), valued_spaces(), st.floats(width=32, allow_nan=False), st.integers(0, 2))
def test_all_messages_are_those_of_the_codec(
    observed: Any, decided: Any, reward: float, end: int
) -> None:
    usual = UsualCodec(observed[0], decided[0])
    sent = State(observed[1], reward, end == 1, end == 2, {"text": "\u00e4"})
    data = codec.encode_state(sent, observed[0])
    got, expected = usual.decode_state(data), codec.decode_state(data, observed[0])
    assert_same(got.observation, expected.observation)
    for name in ("reward", "terminated", "truncated", "info"):
        assert getattr(got, name) == getattr(expected, name)
    assert usual.encode_action(decided[1]) == codec.encode_action(decided[1], decided[0])


def test_floats_and_choices_are_usual() -> None:
    observation, reward, is_last, reason, info = compiled(DATA)
    assert_same(observation, ACTION)
    assert (reward, is_last, reason, info) == (0.5, True, 0, '{"a": 1}')
    usual = UsualCodec(PAIR, PAIR)
    assert usual._compiled is not None
    assert usual._compiled.encode_action(ACTION) == codec.encode_action(ACTION, PAIR)


@pytest.mark.parametrize(
    "action",
    [
        {"move": [0, 0], "mode": 1},
        {"move": np.zeros(2), "mode": 1},
        {"move": np.zeros(3, np.float32), "mode": 1},
        {"move": np.zeros(4, np.float32)[::2], "mode": 1},
        {"move": np.zeros(2, np.float32), "mode": 3},
        {"move": np.zeros(2, np.float32)},
        None,
    ],
)
def test_other_actions_are_left_to_the_codec(action: Any) -> None:
    usual = UsualCodec(PAIR, PAIR)
    assert usual._compiled is not None
    assert usual._compiled.encode_action(action) is None


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(DATA) - 1), st.integers(1, 255), st.booleans())
@example(DATA.index(b"\x12\x01\x02") + 2, 0x80, False)  # the shape: a number without an end
def test_damaged_bytes_are_what_the_codec_says(place: int, change: int, cut: bool) -> None:
    data = bytearray(DATA)
    data[place] ^= change
    damaged = bytes(data[:place] if cut else data)
    usual = UsualCodec(PAIR, PAIR)
    try:
        expected = codec.decode_state(damaged, PAIR)
    except ProtocolError:
        with pytest.raises(ProtocolError):
            usual.decode_state(damaged)
        return
    got = usual.decode_state(damaged)
    assert_same(got.observation, expected.observation) if expected.observation else None
    np.testing.assert_equal(got.reward, expected.reward)
    assert (got.ended, got.info) == (expected.ended, expected.info)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_random_bytes_are_not_usual(data: bytes) -> None:
    assert compiled(data) is None


def test_what_is_written_otherwise_is_parsed() -> None:
    other = spaces.Dict([("mode", spaces.Discrete(3)), ("move", MOVE)])
    for sent, space in ((ACTION, other), (None, PAIR)):
        data = codec.encode_state(State(sent, 2.0), space)
        assert compiled(data) is None
        got = UsualCodec(PAIR, PAIR).decode_state(data)
        assert got.reward == 2
        if sent is None:
            assert got.observation is None
        else:
            assert_same(got.observation, ACTION)
