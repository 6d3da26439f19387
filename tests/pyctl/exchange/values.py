"""Spaces of all kinds with values of them, for properties that hold for any."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium import spaces
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pyctl.exchange.spaces import Space

from . import raw_simulation as raw

NUMBERS = {np.int32, np.uint32, np.float32, np.float64}


@st.composite
def valued_spaces(draw: st.DrawFn, depth: int = 2) -> tuple[Space, Any]:
    """A space and a value of it."""
    kind = draw(st.sampled_from(["box", "box", "discrete", "tuple", "dict"][: 3 + depth]))
    if kind == "discrete":
        n = draw(st.integers(1, 2**31 - 1))
        return spaces.Discrete(n), np.int64(draw(st.integers(0, n - 1)))
    if kind == "box":
        dtype = np.dtype(draw(st.sampled_from(sorted(NUMBERS, key=str))))
        shape = draw(hnp.array_shapes(min_dims=0, max_dims=3, min_side=1, max_side=4))
        finite = {"allow_nan": False, "allow_infinity": False} if dtype.kind == "f" else {}
        value = draw(hnp.arrays(dtype, shape, elements=hnp.from_dtype(dtype, **finite)))  # type: ignore[arg-type]
        return spaces.Box(_least(dtype), _most(dtype), shape, dtype), value  # type: ignore[arg-type]
    inner = draw(st.lists(valued_spaces(depth=depth - 1), max_size=3))
    if kind == "tuple":
        return spaces.Tuple([s for s, _ in inner]), tuple(v for _, v in inner)
    names = draw(
        st.lists(st.text(max_size=5), min_size=len(inner), max_size=len(inner), unique=True)
    )
    return (
        spaces.Dict(list(zip(names, (s for s, _ in inner), strict=True))),
        dict(zip(names, (v for _, v in inner), strict=True)),
    )


def _least(dtype: np.dtype[Any]) -> Any:
    return -np.inf if dtype.kind == "f" else np.iinfo(dtype).min


def _most(dtype: np.dtype[Any]) -> Any:
    return np.inf if dtype.kind == "f" else np.iinfo(dtype).max


def assert_same(got: Any, expected: Any) -> None:
    assert type(got) is type(expected)
    for g, e in zip(raw.flat(got), raw.flat(expected), strict=True):
        assert np.asarray(g).dtype == np.asarray(e).dtype
        np.testing.assert_array_equal(g, e)
