"""Messages by template: the same bytes and values as the parser's, and what is left to it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gymnasium import spaces
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from pyctl.errors import ProtocolError
from pyctl.exchange import codec
from pyctl.exchange.codec import State
from pyctl.exchange.templates import ActionWriter, StateReader

BOX = spaces.Box(-10, 10, (2, 3), np.float32)
DICT = spaces.Dict([("zeta", BOX), ("a", spaces.Box(0, 1, (), np.float32))])
FLOATS = npst.arrays(np.float32, (2, 3), elements=st.floats(-10, 10, width=32))


def same(left: Any, right: Any) -> bool:
    if isinstance(left, dict):
        return list(left) == list(right) and all(same(left[name], right[name]) for name in left)
    return left.shape == right.shape and left.dtype == right.dtype and (left == right).all()


@given(FLOATS, st.floats(0, 1, width=32))
def test_bytes_and_values_are_the_parsers(array: Any, number: float) -> None:
    value = {"zeta": array, "a": np.float32(number) * np.ones((), np.float32)}
    for space, each in ((BOX, array), (DICT, value)):
        message = codec.encode_action(each, space)
        assert ActionWriter(space).write(each) == message
        state = State(each, 0.25, truncated=True, info={"step": 3})
        read = StateReader(space).read(codec.encode_state(state, space))
        assert same(read.observation, each)
        assert (read.reward, read.truncated, read.terminated) == (0.25, True, False)
        assert read.info == {"step": 3}


def test_an_observation_is_the_readers_own() -> None:
    reader = StateReader(BOX)
    message = codec.encode_state(State(np.ones((2, 3), np.float32), 0.0), BOX)
    first = reader.read(message).observation
    first[:] = 7
    assert (reader.read(message).observation == 1).all()


@pytest.mark.parametrize(
    ("space", "value"),
    [
        (spaces.Discrete(5), 3),
        (spaces.Box(-5, 5, (2,), np.int32), np.array([-1, 4], np.int32)),
        (spaces.Box(0, 1, (2,), np.float64), np.array([0.5, 0.25])),
        (spaces.Box(0, 1, (0,), np.float32), np.zeros(0, np.float32)),
        (spaces.Tuple([BOX, spaces.Discrete(2)]), (np.ones((2, 3), np.float32), 1)),
        (spaces.Dict({"x": spaces.Dict({"y": BOX})}), {"x": {"y": np.ones((2, 3), np.float32)}}),
    ],
)
def test_other_spaces_are_left_to_the_parser(space: Any, value: Any) -> None:
    assert ActionWriter(space).write(value) == codec.encode_action(value, space)
    message = codec.encode_state(State(value, 1.5), space)
    assert repr(StateReader(space).read(message)) == repr(codec.decode_state(message, space))


def test_what_is_written_otherwise_is_parsed() -> None:
    # The names in another order, as ns3-gym may send them; no shape; no observation at all.
    other = spaces.Dict([("a", DICT["a"]), ("zeta", BOX)])
    value = {"a": np.full((), 0.5, np.float32), "zeta": np.ones((2, 3), np.float32)}
    read = StateReader(DICT).read(codec.encode_state(State(value, 0.0), other))
    assert (read.observation["zeta"] == 1).all()
    assert StateReader(BOX).read(codec.encode_state(State(None, 2.0), BOX)).observation is None
    with pytest.raises(ProtocolError, match="the 3 bytes received are no EnvStateMsg"):
        StateReader(BOX).read(b"\xff\xff\xff")


def test_damage_after_the_observation_is_told() -> None:
    message = codec.encode_state(State(np.ones((2, 3), np.float32), 0.0), BOX)
    with pytest.raises(ProtocolError, match="are no EnvStateMsg"):
        StateReader(BOX).read(message + b"\x2a\xff")
