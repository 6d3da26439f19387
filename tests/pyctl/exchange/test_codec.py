from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gymnasium import spaces
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pyctl.errors import ProtocolError
from pyctl.exchange import codec
from pyctl.exchange import messages as wire
from pyctl.exchange.codec import Hello, State

BOX_URL = b"type.googleapis.com/ns3opengym.BoxDataContainer"
OBSERVATION = bytes.fromhex("0a46080212420a2f") + BOX_URL
OBSERVATION += bytes.fromhex("120f08031201022a080000803f0000a03f")
REWARD = bytes.fromhex("150000803e")
ONE = spaces.Box(0, 1, (1,), np.float32)
TWO = spaces.Box(0, 2, (2,), np.float32)


# Bytes that ns3-gym's own programs were seen to send.
def test_ack_has_the_recorded_bytes() -> None:
    assert codec.encode_ack().hex() == "0801"
    assert codec.encode_ack(stop=True).hex() == "1001"
    assert codec.decode_ack(bytes.fromhex("0801")) is True
    assert codec.decode_ack(bytes.fromhex("1001")) is False


def test_stop_has_the_recorded_bytes() -> None:
    assert codec.encode_stop().hex() == "1001"
    assert codec.decode_action(bytes.fromhex("1001"), ONE) is None


def test_action_has_the_recorded_bytes() -> None:
    recorded = (
        bytes.fromhex("0a420802123e0a2f") + BOX_URL + bytes.fromhex("120b08031201012a040000803e")
    )

    assert codec.encode_action([0.25], ONE) == recorded
    assert codec.decode_action(recorded, ONE).tolist() == [0.25]


def test_recorded_state_is_read_in_shape_and_dtype() -> None:
    state = codec.decode_state(OBSERVATION + REWARD, TWO)

    assert state.observation.tolist() == [1.0, 1.25]
    assert state.observation.dtype == np.float32
    assert (state.reward, state.ended, state.info) == (0.25, False, {})
    assert codec.encode_state(state, TWO) == OBSERVATION + REWARD


def test_recorded_last_state_is_truncation() -> None:
    state = codec.decode_state(OBSERVATION + REWARD + bytes.fromhex("1801"), TWO)

    assert (state.terminated, state.truncated) == (False, True)


def test_game_over_is_termination() -> None:
    state = codec.decode_state(OBSERVATION + REWARD + bytes.fromhex("18012001"), TWO)

    assert (state.terminated, state.truncated) == (True, False)


def test_a_state_without_observation_is_accepted() -> None:
    assert codec.decode_state(REWARD, TWO).observation is None


@pytest.mark.parametrize(
    ("text", "info"),
    [
        ("", {}),
        ('{"step": 3}', {"step": 3}),
        ("throughput 3 Mbps", {"info": "throughput 3 Mbps"}),
        ("[1, 2]", {"info": "[1, 2]"}),
        ("[" * 5000, {"info": "[" * 5000}),
        ("3", {"info": "3"}),
    ],
)
def test_info_is_a_dict(text: str, info: dict[str, Any]) -> None:
    message = wire.EnvStateMsg(info=text).SerializeToString()

    assert codec.decode_state(message, TWO).info == info


def test_double_actions_travel_as_float() -> None:
    space = spaces.Box(-1, 1, (2,), np.float64)

    message = wire.EnvActMsg.FromString(codec.encode_action([0.5, 0.1], space))
    body = wire.BoxDataContainer()
    message.actData.data.Unpack(body)

    assert body.dtype == wire.FLOAT
    assert list(body.floatData) == [0.5, pytest.approx(0.1, rel=1e-7)]
    assert list(body.doubleData) == []


def hello_spaces() -> st.SearchStrategy[spaces.Space[Any]]:
    """Spaces that travel, nested up to three deep."""
    names = st.lists(st.text(min_size=1, max_size=5), unique=True, max_size=3)
    return st.recursive(
        boxes() | st.builds(spaces.Discrete, st.integers(1, 2**31 - 1)),
        lambda inner: (
            st.lists(inner, max_size=3).map(spaces.Tuple)
            | names.flatmap(
                lambda keys: st.tuples(*(inner for _ in keys)).map(
                    lambda values: spaces.Dict(list(zip(keys, values, strict=True)))
                )
            )
        ),
        max_leaves=6,
    )


@st.composite
def boxes(draw: st.DrawFn) -> spaces.Box:
    shape = draw(hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3))
    dtype = np.dtype(draw(st.sampled_from(["int32", "uint32", "float32", "float64"])))
    # Whole numbers below 2^24 are the same in all four types and on the wire.
    low = draw(st.integers(0 if dtype.kind == "u" else -(2**20), 2**20))
    high = low + draw(st.integers(1, 2**20))
    return spaces.Box(low, high, shape, dtype)


def same(a: Any, b: Any) -> bool:
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return (
        np.asarray(a).dtype == np.asarray(b).dtype
        and np.shape(a) == np.shape(b)
        and bool(np.array_equal(a, b))
    )


@given(hello_spaces(), hello_spaces())
def test_spaces_come_back(observation: spaces.Space[Any], action: spaces.Space[Any]) -> None:
    hello = codec.decode_hello(codec.encode_hello(Hello(42, observation, action)))

    assert hello.process_id == 42
    # A Box without elements has no bounds to send.
    assert str(hello.observation_space) == str(observation) or has_empty_box(observation)
    assert str(hello.action_space) == str(action) or has_empty_box(action)


def has_empty_box(space: spaces.Space[Any]) -> bool:
    if isinstance(space, spaces.Box):
        return 0 in space.shape
    if isinstance(space, spaces.Dict):
        return any(map(has_empty_box, space.spaces.values()))
    return isinstance(space, spaces.Tuple) and any(map(has_empty_box, space.spaces))


@given(hello_spaces(), st.integers(0, 1000))
def test_observations_come_back(space: spaces.Space[Any], seed: int) -> None:
    space.seed(seed)
    value = space.sample()

    state = codec.decode_state(codec.encode_state(State(value, 1.5), space), space)

    assert same(state.observation, value)
    assert state.reward == 1.5


@given(
    hnp.arrays(
        np.float64, hnp.array_shapes(max_dims=2, max_side=4), elements=st.floats(allow_nan=False)
    )
)
def test_doubles_come_back_to_the_last_bit(values: Any) -> None:
    space = spaces.Box(-np.inf, np.inf, values.shape, np.float64)

    state = codec.decode_state(codec.encode_state(State(values, 0.0), space), space)

    assert state.observation.tobytes() == values.tobytes()


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_but_protocol_error(data: bytes) -> None:
    for decode in (
        codec.decode_hello,
        codec.decode_ack,
        lambda data: codec.decode_state(data, TWO),
        lambda data: codec.decode_action(data, TWO),
    ):
        try:
            decode(data)
        except ProtocolError as error:
            assert str(error)  # noqa: PT017 - most bytes are refused, some are messages


def state_of(container: Any) -> bytes:
    message = wire.EnvStateMsg()
    message.obsData.CopyFrom(container)
    return bytes(message.SerializeToString())


def box(**body: Any) -> Any:
    container = wire.DataContainer(type=wire.BOX)
    container.data.Pack(wire.BoxDataContainer(**body))
    return container


@pytest.mark.parametrize(
    ("container", "text"),
    [
        (box(dtype=wire.FLOAT, floatData=[1]), "observation: 1 elements; 2 are required"),
        (box(dtype=wire.FLOAT, floatData=[1, 2, 3]), "observation: 3 elements; 2 are required"),
        (box(dtype=wire.INT, intData=[1, 2]), "the elements are INT; FLOAT is required"),
        (box(dtype=9, intData=[1, 2]), "the elements are 9; FLOAT is required"),
        (
            box(dtype=wire.FLOAT, floatData=[1, 2], intData=[1]),
            "intData beside floatData; one is allowed",
        ),
        (wire.DataContainer(type=wire.DISCRETE), "observation is a Discrete; Box is required"),
        (wire.DataContainer(), "observation is a 0; Box is required"),
        (wire.DataContainer(type=wire.BOX), "nothing was sent; ns3opengym.BoxDataContainer"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(container: Any, text: str) -> None:
    with pytest.raises(ProtocolError, match=text):
        codec.decode_state(state_of(container), TWO)


def test_a_wrong_message_in_the_any_is_refused() -> None:
    container = wire.DataContainer(type=wire.BOX)
    container.data.Pack(wire.DiscreteDataContainer(data=1))

    with pytest.raises(ProtocolError, match=r"ns3opengym\.DiscreteDataContainer was sent"):
        codec.decode_state(state_of(container), TWO)


def test_damaged_bytes_in_the_any_are_refused() -> None:
    container = box(dtype=wire.FLOAT, floatData=[1, 2])
    container.data.value = b"\xff"

    with pytest.raises(ProtocolError, match="observation: the bytes are no BoxDataContainer"):
        codec.decode_state(state_of(container), TWO)


@pytest.mark.parametrize("garbage", [b"\x00", b"xyz", b"\xfa\x07\x01a"])
def test_trailing_garbage_is_refused(garbage: bytes) -> None:
    with pytest.raises(ProtocolError, match="are no EnvStateMsg|bytes of the unknown field 127"):
        codec.decode_state(OBSERVATION + REWARD + garbage, TWO)


def test_oversize_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codec, "MAX_MESSAGE_BYTES", 10)

    with pytest.raises(ProtocolError, match="EnvStateMsg of 77 bytes; at most 10 are accepted"):
        codec.decode_state(OBSERVATION + REWARD, TWO)


@pytest.mark.parametrize("choice", [-1, 5])
def test_a_choice_outside_a_discrete_is_refused(choice: int) -> None:
    container = wire.DataContainer(type=wire.DISCRETE)
    container.data.Pack(wire.DiscreteDataContainer(data=choice))

    with pytest.raises(ProtocolError, match=f"observation is {choice}; 0 to 4 are declared"):
        codec.decode_state(state_of(container), spaces.Discrete(5))


def test_dict_fields_are_found_by_name_and_all_are_required() -> None:
    sent = spaces.Dict([("b", ONE), ("a", TWO)])
    declared = spaces.Dict([("a", TWO), ("b", ONE)])
    data = codec.encode_state(State({"a": [1, 2], "b": [0]}, 0.0), sent)

    assert codec.decode_state(data, declared).observation["a"].tolist() == [1, 2]
    with pytest.raises(ProtocolError, match=r"has the fields \['b', 'a'\]; \['a'\] are required"):
        codec.decode_state(data, spaces.Dict({"a": TWO}))


def test_a_tuple_of_another_length_is_refused() -> None:
    data = codec.encode_state(State(([0],), 0.0), spaces.Tuple([ONE]))

    with pytest.raises(ProtocolError, match="observation: 1 elements; 2 are required"):
        codec.decode_state(data, spaces.Tuple([ONE, ONE]))


def test_a_refusal_says_why_and_is_a_stop_to_who_knows_no_refusals() -> None:
    refusal = codec.encode_refusal("it is busy")
    assert refusal[:2].hex() == "1001"
    with pytest.raises(ProtocolError, match="the agent refused: it is busy"):
        codec.decode_ack(refusal)


def test_an_ack_that_says_nothing_is_refused() -> None:
    with pytest.raises(ProtocolError, match="neither done nor stopSimReq"):
        codec.decode_ack(b"")
