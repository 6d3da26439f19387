from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gymnasium import spaces

from pyctl.env.values import checked, require_sums
from pyctl.errors import InvalidAction

FIELD = {
    "name": "share",
    "axes": ["cell", "slice", "direction"],
    "shape": [2, 2, 2],
    "sum_axis": "slice",
    "sum_max": 1.0,
}


def test_values_come_back_in_the_types_of_the_space() -> None:
    box = checked([1, 2], spaces.Box(0, 5, (2,), np.float32))
    assert box.dtype == np.float32
    whole = checked([1.0, 2.0], spaces.Box(0, 5, (2,), np.int32))
    assert whole.dtype == np.int32
    assert checked(np.float64(2), spaces.Discrete(3)) == 2
    assert checked([1, [0.5]], spaces.Tuple([spaces.Discrete(3), spaces.Box(0, 1, (1,))]))[0] == 1


@pytest.mark.parametrize(
    ("value", "space", "text"),
    [
        ([1.5], spaces.Box(0, 5, (1,), np.int32), r"it\[0\] is 1.5; a whole number between 0 and"),
        ([-1], spaces.Box(0, 5, (1,), np.uint32), r"it\[0\] is -1; a whole number between 0 and 5"),
        ([2**32], spaces.Box(0, 5, (1,), np.uint32), r"it\[0\] is 4.29497e\+09; a whole number"),
        ([np.inf], spaces.Box(-np.inf, np.inf, (1,)), r"it\[0\] is inf; a number"),
        ([1e39], spaces.Box(-np.inf, np.inf, (1,)), r"it\[0\] is 1e\+39; a number"),
        (["1"], spaces.Box(0, 5, (1,)), r"it is \['1'\]; numbers of shape \(1,\)"),
        (6.0, spaces.Box(0, 5, ()), "it is 6; a number between 0 and 5"),
        (1.5, spaces.Discrete(3), "it is 1.5; a whole number from 0 to 2 is required"),
        (True, spaces.Discrete(3), "it is True; a whole number from 0 to 2"),
        ("1", spaces.Discrete(3), "it is '1'; a whole number from 0 to 2"),
        (np.nan, spaces.Discrete(3), "it is nan; a whole number from 0 to 2"),
        (3, spaces.Discrete(3), "it is 3; a whole number from 0 to 2"),
        (3, spaces.Tuple([spaces.Discrete(3)]), "it is 3; 1 values are required"),
        ([1, 7], spaces.Tuple([spaces.Discrete(3)] * 2), "it.1 is 7; a whole number from 0 to 2"),
        ([1], spaces.MultiBinary(1), "it: a value of MultiBinary.* cannot travel"),
    ],
)
@pytest.mark.filterwarnings("ignore:(overflow|invalid value) encountered in cast")
def test_what_does_not_fit_is_named(value: Any, space: spaces.Space[Any], text: str) -> None:
    with pytest.raises(InvalidAction, match=text):
        checked(value, space, "it")


def test_totals_along_any_axis() -> None:
    good = np.full((2, 2, 2), 0.5)
    require_sums({"share": good}, [FIELD])
    bad = good.copy()
    bad[1, 0, 1] = 0.6
    text = r"share\[cell 1, direction 1\] sums to 1.1 over the slices; at most 1 is allowed"
    with pytest.raises(InvalidAction, match=text):
        require_sums({"share": bad}, [FIELD])
    require_sums({"share": bad}, [{**FIELD, "sum_axis": None}])


def test_rounding_of_shares_is_not_held_against_them() -> None:
    shares = np.full((2, 10, 2), 0.1, np.float32)
    require_sums({"share": shares}, [{**FIELD, "shape": [2, 10, 2]}])
