from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gymnasium import spaces

from pyctl.errors import ProtocolError
from pyctl.exchange import messages as wire
from pyctl.exchange.spaces import (
    MAX_DEPTH,
    fields_space,
    require_same_layout,
    space_from_wire,
    space_to_wire,
)


def described(kind: int, body: Any) -> Any:
    message = wire.SpaceDescription(type=kind)
    message.space.Pack(body)
    return message


def box(**values: Any) -> Any:
    return described(wire.BOX, wire.BoxSpace(**values))


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        (wire.INT, np.int32),
        (wire.UINT, np.uint32),
        (wire.FLOAT, np.float32),
        (wire.DOUBLE, np.float64),
    ],
)
def test_a_box_gets_the_dtype_and_scalar_bounds_of_the_wire(dtype: int, expected: Any) -> None:
    space = space_from_wire(box(low=1, high=5, dtype=dtype, shape=[2, 3]))

    assert space == spaces.Box(1, 5, (2, 3), expected)


def test_bounds_beyond_an_integer_dtype_are_its_own() -> None:
    space = space_from_wire(box(low=-1, high=2.0**32, dtype=wire.UINT, shape=[1]))
    assert isinstance(space, spaces.Box)
    assert (space.low[0], space.high[0]) == (0, 2**32 - 1)

    space = space_from_wire(box(low=-np.inf, high=np.inf, dtype=wire.INT, shape=[1]))
    assert isinstance(space, spaces.Box)
    assert (space.low[0], space.high[0]) == (-(2**31), 2**31 - 1)


def test_zero_bounds_mean_none() -> None:
    # What ns3-gym sends for a Box that its user gave bounds per element.
    space = space_from_wire(box(low=0, high=0, dtype=wire.FLOAT, shape=[2]))

    assert space == spaces.Box(-np.inf, np.inf, (2,), np.float32)


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (wire.SpaceDescription(), "space has type 0; Discrete, Box, Tuple or Dict is required"),
        (wire.SpaceDescription(type=wire.BOX), "nothing was sent"),
        (described(wire.BOX, wire.DiscreteSpace(n=1)), "DiscreteSpace was sent"),
        (box(low=2, high=1, dtype=wire.FLOAT, shape=[1]), "low 2.0 and high 1.0; low <= high"),
        (box(low=np.nan, high=1, dtype=wire.FLOAT, shape=[1]), "low nan and high 1.0"),
        (box(high=1, shape=[1]), "space has dtype 0; 1 to 4 are known"),
        (box(high=1, dtype=wire.FLOAT, shape=[2**13, 2**13]), "at most 4194304 elements"),
        (
            box(high=1, dtype=wire.FLOAT, shape=[0, 2**32 - 1, 2**32 - 1]),
            "at most 4194304 elements",
        ),
        (box(high=1, dtype=wire.FLOAT, shape=[1] * 33), "space has 33 axes; at most 32 are"),
        (described(wire.DISCRETE, wire.DiscreteSpace(n=0)), r"Discrete\(0\); at least one"),
    ],
)
def test_a_message_that_is_no_space_is_refused(message: Any, text: str) -> None:
    with pytest.raises(ProtocolError, match=text):
        space_from_wire(message)


def test_all_boxes_of_a_space_share_one_limit() -> None:
    quarter = box(high=1, dtype=wire.FLOAT, shape=[2**20])

    assert len(space_from_wire(described(wire.TUPLE, wire.TupleSpace(element=[quarter] * 4)))) == 4
    with pytest.raises(ProtocolError, match=r"space.4 has shape \(1048576,\); at most 4194304"):
        space_from_wire(described(wire.TUPLE, wire.TupleSpace(element=[quarter] * 5)))


def test_a_name_that_comes_twice_is_refused() -> None:
    element = space_to_wire(spaces.Discrete(2), "a")

    with pytest.raises(ProtocolError, match=r"fields \['a', 'a'\]; each name may come once"):
        space_from_wire(described(wire.DICT, wire.DictSpace(element=[element, element])))


def test_endless_nesting_is_refused() -> None:
    space: spaces.Space[Any] = spaces.Discrete(2)
    for _ in range(MAX_DEPTH + 1):
        space = spaces.Tuple([space])

    with pytest.raises(ProtocolError, match="nested deeper than 32"):
        space_from_wire(space_to_wire(space))


@pytest.mark.parametrize("space", [spaces.MultiBinary(3), spaces.Discrete(3, start=1)])
def test_spaces_that_the_wire_has_not_are_refused(space: spaces.Space[Any]) -> None:
    with pytest.raises(ProtocolError, match="cannot travel"):
        space_to_wire(space)


def test_a_description_gives_bounds_per_element_in_its_order() -> None:
    space = fields_space(
        [
            {"name": "z", "dtype": "float32", "shape": [2, 2], "low": 0, "high": [1, 2, 3, 4]},
            {"name": "a", "dtype": "int32", "shape": [1], "low": -1, "high": 1},
        ]
    )

    assert list(space.spaces) == ["z", "a"]
    assert space["z"].high.tolist() == [[1, 2], [3, 4]]  # type: ignore[attr-defined]
    assert space["a"] == spaces.Box(-1, 1, (1,), np.int32)


def test_layouts_may_differ_in_bounds_only() -> None:
    declared = spaces.Dict({"a": spaces.Box(0, 1, (2,)), "b": spaces.Discrete(2)})
    require_same_layout(
        declared, spaces.Dict({"a": spaces.Box(0, 9, (2,)), "b": spaces.Discrete(2)}), "it"
    )
    for other, text in (
        (spaces.Discrete(2), "it is Discrete"),
        (spaces.Dict({"a": spaces.Box(0, 1, (2,))}), r"it has the fields \['a'\] on the wire"),
        (
            spaces.Dict({"a": spaces.Box(0, 1, (3,)), "b": spaces.Discrete(2)}),
            r"a is float32 \(3,\)",
        ),
        (
            spaces.Dict({"a": spaces.Box(0, 1, (2,), np.float64), "b": spaces.Discrete(2)}),
            "a is float64",
        ),
    ):
        with pytest.raises(ProtocolError, match=text):
            require_same_layout(declared, other, "it")
