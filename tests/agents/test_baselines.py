"""Baselines against numbers worked out by hand."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from agents.baselines import Equal, Static, StaticSettings, Traffic
from agents.errors import AllocatorError
from agents.protocol import Allocator, Context, FieldSchema, Observation

CELLS, SLICES = 2, 3


def schema(
    name: str, sum_max: float | None = None, high: float = 1.0, unit: str = "fraction"
) -> FieldSchema:
    shape = (CELLS, SLICES)
    return FieldSchema(
        name=name,
        shape=shape,
        axes=("cell", "slice"),
        low=np.zeros(shape, np.float32),
        high=np.full(shape, high, np.float32),
        unit=unit,
        meaning="",
        sum_axis=None if sum_max is None else "slice",
        sum_max=sum_max,
    )


def context(action: FieldSchema | None = None) -> Context:
    return Context(
        scenario="cells",
        seed=1,
        interval_s=1.0,
        observation=(schema("slice_present"),),
        action=(action or schema("prb_max", sum_max=1.0),),
        values={},
    )


def observation(present: Any = None, offered: Any = None) -> Observation:
    fields = {} if present is None else {"slice_present": np.array(present, np.float32)}
    future = None if offered is None else {"offered": np.array(offered, np.float32)}
    return Observation(step=0, t_sim_s=0.0, fields=fields, history={}, future=future)


def decide(allocator: Allocator, seen: Observation) -> np.ndarray:
    allocator.reset(context())
    return allocator.act(seen).allocation["prb_max"]


def test_equal_splits_among_all_slices() -> None:
    np.testing.assert_allclose(decide(Equal(), observation()), np.full((2, 3), 1 / 3), rtol=1e-6)


def test_equal_gives_nothing_to_slices_that_are_absent() -> None:
    got = decide(Equal(), observation(present=[[1, 0, 1], [1, 0, 0]]))
    np.testing.assert_array_equal(got, np.array([[0.5, 0, 0.5], [1, 0, 0]], np.float32))


def test_equal_without_any_slice_gives_nothing() -> None:
    np.testing.assert_array_equal(decide(Equal(), observation(np.zeros((2, 3)))), np.zeros((2, 3)))


def test_shares_fill_the_total_that_the_scenario_allows() -> None:
    allocator = Equal()
    allocator.reset(context(schema("prb_max", sum_max=0.6)))
    got = allocator.act(observation()).allocation["prb_max"]
    np.testing.assert_allclose(got, np.full((2, 3), 0.2), rtol=1e-6)


def test_allocation_has_the_schemas_dtype_and_shape() -> None:
    got = decide(Equal(), observation())
    assert (got.dtype, got.shape) == (np.dtype(np.float32), (2, 3))


def test_baselines_refuse_a_field_without_a_total() -> None:
    with pytest.raises(AllocatorError, match="cannot decide rate: it splits totals"):
        Equal().reset(context(schema("rate")))


@pytest.mark.parametrize(
    "allocator", [Equal(), Traffic(), Static(StaticSettings((0.5, 0.25, 0.125)))]
)
def test_switches_are_on_for_slices_that_are_present(allocator: Allocator) -> None:
    switch = schema("admit", unit="flag")
    both = Context(
        scenario="cells",
        seed=1,
        interval_s=1.0,
        observation=(schema("slice_present"),),
        action=(schema("prb_max", sum_max=1.0), switch),
        values={},
    )
    allocator.reset(both)
    present = [[1, 0, 1], [1, 1, 1]]
    decided = allocator.act(observation(present, offered=np.ones((2, 3)))).allocation
    np.testing.assert_array_equal(decided["admit"], np.array(present, np.float32))
    assert decided["prb_max"].sum() > 1


def test_a_switch_of_the_whole_network_needs_no_share() -> None:
    one = np.ones(1, np.float32)
    offload = FieldSchema("offload", (1,), ("edge",), 0 * one, one, "flag", "")
    allocator = Static(StaticSettings((0.5, 0.25, 0.125)))
    allocator.reset(dataclasses.replace(context(), action=(schema("rate", sum_max=2.0), offload)))
    decided = allocator.act(observation()).allocation
    np.testing.assert_array_equal(decided["offload"], one)
    np.testing.assert_allclose(decided["rate"], [[1, 0.5, 0.25]] * 2)


def test_traffic_is_proportional_to_the_load_to_come_in_each_cell() -> None:
    got = decide(Traffic(), observation(offered=[[1e6, 2e6, 1e6], [0, 3e6, 1e6]]))
    np.testing.assert_allclose(got, [[0.25, 0.5, 0.25], [0, 0.75, 0.25]], rtol=1e-6)


def test_traffic_splits_equally_where_nothing_is_offered() -> None:
    seen = observation(present=[[1, 1, 0], [1, 1, 0]], offered=[[0, 0, 0], [3, 1, 0]])
    np.testing.assert_allclose(decide(Traffic(), seen), [[0.5, 0.5, 0], [0.75, 0.25, 0]])


def test_traffic_counts_only_slices_that_are_present() -> None:
    seen = observation(present=[[1, 1, 0], [1, 1, 0]], offered=[[1, 1, 2], [1, 3, 4]])
    np.testing.assert_allclose(decide(Traffic(), seen), [[0.5, 0.5, 0], [0.25, 0.75, 0]])


def test_traffic_says_what_it_lacks() -> None:
    allocator = Traffic()
    allocator.reset(context())
    with pytest.raises(AllocatorError, match="needs the load offered in the coming interval"):
        allocator.act(observation())


def test_only_traffic_declares_that_it_needs_the_future() -> None:
    assert [a.name for a in (Equal, Static, Traffic) if a.needs_future] == ["traffic"]


def test_static_gives_each_cell_the_same_shares() -> None:
    got = decide(Static(StaticSettings((0.5, 0.25, 0.125))), observation())
    np.testing.assert_array_equal(got, np.array([[0.5, 0.25, 0.125]] * 2, np.float32))


def test_static_takes_a_row_for_each_cell() -> None:
    rows = ((0.5, 0.25, 0.25), (0.0, 1.0, 0.0))
    np.testing.assert_array_equal(decide(Static(StaticSettings(rows)), observation()), rows)


def test_static_leaves_the_share_of_an_absent_slice_free() -> None:
    seen = observation(present=[[1, 0, 1]] * 2)
    got = decide(Static(StaticSettings((0.5, 0.25, 0.25))), seen)
    np.testing.assert_array_equal(got, [[0.5, 0, 0.25]] * 2)


def test_decimal_shares_may_miss_1_by_rounding() -> None:
    assert 0.1 + 0.2 + 0.7 != 1.0 or 0.3 + 0.6 + 0.1 != 1.0
    for shares in ((0.1, 0.2, 0.7), (0.3, 0.6, 0.1)):
        assert StaticSettings(shares).shares == shares


@pytest.mark.parametrize(
    ("shares", "message"),
    [
        ((0.5, 0.4, 0.2), r"shares \[0.5, 0.4, 0.2\] sum to 1.1; at most 1 is allowed"),
        ((-0.1, 0.4, 0.2), "shares contains -0.1; numbers between 0 and 1 are required"),
        ((float("nan"), 0.4, 0.2), "shares contains nan; numbers between 0 and 1"),
        ((float("inf"), 0.4, 0.2), "shares contains inf; numbers between 0 and 1"),
        (((0.5, 0.5), (0.5, 0.6)), "sum to 1.1; at most 1"),
        (((0.5, 0.5), (0.5,)), "rows of different lengths"),
        (((0.5, 0.5), 0.5), "rows of different lengths"),
    ],
)
def test_static_refuses_shares_that_cannot_be(shares: Any, message: str) -> None:
    with pytest.raises(AllocatorError, match=message):
        StaticSettings(shares)


@pytest.mark.parametrize(
    ("shares", "message"),
    [
        ((0.5, 0.5), r"shares has 2 numbers; 3 numbers \(one for each slice\) or 2 x 3"),
        (((0.1, 0.1, 0.1),) * 3, "shares has 3 x 3; 3 numbers"),
        ((), "shares has 0 numbers; 3 numbers"),
    ],
)
def test_static_refuses_a_wrong_count(shares: Any, message: str) -> None:
    with pytest.raises(AllocatorError, match=message):
        Static(StaticSettings(shares)).reset(context())
