"""Messages of any spaces: whole ones come back, changed ones raise nothing but ProtocolError."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyctl.errors import ProtocolError
from pyctl.exchange import codec
from pyctl.exchange.codec import Hello, Peer, State
from pyctl.exchange.spaces import Space
from tests.fuzz import wire_tree
from tests.pyctl.exchange.values import assert_same, valued_spaces

Valued = tuple[Space, Any]
FINITE = st.floats(width=32, allow_nan=False, allow_infinity=False)
INFOS = st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=9), max_size=3)

several = settings(max_examples=200, deadline=None)


@st.composite
def states(draw: st.DrawFn, value: Any) -> State:
    terminated, truncated = draw(
        st.sampled_from([(False, False), (True, False), (False, True)])
    )  # one of both at most
    return State(value, draw(FINITE), terminated, truncated, draw(INFOS))


@st.composite
def messages(draw: st.DrawFn) -> tuple[bytes, Space]:
    """A message of any kind, and the space that it is read against."""
    space, value = draw(valued_spaces())
    kind = draw(st.sampled_from(["hello", "state", "action", "branch", "ack", "stop"]))
    if kind == "hello":
        return codec.encode_hello(Hello(draw(st.integers(0, 2**31)), space, space)), space
    if kind == "state":
        return codec.encode_state(draw(states(value)), space), space
    if kind == "action":
        return codec.encode_action(value, space), space
    if kind == "branch":
        run = draw(st.none() | st.integers(0, 2**64 - 1))
        return codec.encode_branch([Peer(draw(st.text(max_size=9)), "log", run)]), space
    return codec.encode_ack() if kind == "ack" else codec.encode_stop(), space


def decode_all(data: bytes, space: Space) -> int:
    """Gives bytes to all decoders; how many refused them. Other errors are findings."""
    refused = 0
    for decode in (
        codec.decode_hello,
        codec.decode_ack,
        lambda data: codec.decode_state(data, space),
        lambda data: codec.decode_action(data, space),
    ):
        try:
            decode(data)
        except ProtocolError as error:
            assert str(error)  # noqa: PT017 - some changes leave a message
            refused += 1
    return refused


@several
@given(st.data(), valued_spaces())
def test_states_come_back(data: st.DataObject, valued: Valued) -> None:
    space, value = valued
    sent = data.draw(states(value))
    got = codec.decode_state(codec.encode_state(sent, space), space)
    assert_same(got.observation, value)
    for name in ("reward", "terminated", "truncated", "info"):
        assert getattr(got, name) == getattr(sent, name)


@several
@given(messages(), st.floats(0, 1, exclude_max=True))
def test_cut_messages_are_refused_or_read(message: tuple[bytes, Space], where: float) -> None:
    data, space = message
    decode_all(data[: int(where * len(data))], space)


@several
@given(messages(), st.randoms(use_true_random=False), st.integers(1, 8))
def test_messages_with_changed_fields_are_refused_or_read(
    message: tuple[bytes, Space], source: random.Random, changes: int
) -> None:
    data, space = message
    tree = wire_tree.parse(data)
    assert tree is not None
    for _ in range(changes):
        wire_tree.change(tree, source)
    decode_all(wire_tree.serialize(tree), space)


@several
@given(messages(), st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(max_size=4))))
def test_messages_with_changed_bytes_are_refused_or_read(
    message: tuple[bytes, Space], changes: list[tuple[float, bytes]]
) -> None:
    data, space = message
    for where, other in changes:
        at = int(where * len(data))
        data = data[:at] + other + data[at + 1 :]
    decode_all(data, space)


@several
@given(messages(), st.integers(1, 1000))
def test_messages_above_the_limit_are_refused(message: tuple[bytes, Space], above: int) -> None:
    data, space = message
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(codec, "MAX_MESSAGE_BYTES", max(len(data) - above, 0))
        assert decode_all(data, space) == 4 or not data
