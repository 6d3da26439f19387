"""The guard: each kind of repair by hand-worked numbers, and its count."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from agents.protocol import Decision, FieldSchema
from pyctl.campaign.guard import Guard, RepairReport
from pyctl.errors import InvalidAction


def schema(
    shape: tuple[int, ...] = (2, 3),
    axes: tuple[str, ...] = ("cell", "slice"),
    low: Any = 0.0,
    high: Any = 1.0,
    sum_axis: str | None = "slice",
    name: str = "prb_max",
) -> FieldSchema:
    return FieldSchema(
        name=name,
        shape=shape,
        axes=axes,
        low=np.broadcast_to(np.float32(low), shape),
        high=np.broadcast_to(np.float32(high), shape),
        unit="fraction",
        meaning="",
        sum_axis=sum_axis,
        sum_max=None if sum_axis is None else 1.0,
    )


def decision(values: Any) -> Decision:
    return Decision({"prb_max": values})


GOOD = np.array([[0.5, 0.25, 0.25], [0.0, 0.0, 0.0]], np.float32)


def test_a_good_decision_passes_unchanged() -> None:
    got, report = Guard([schema()]).repair(Decision({"prb_max": GOOD}, {"why": "test"}))
    np.testing.assert_array_equal(got.allocation["prb_max"], GOOD)
    assert got.allocation["prb_max"].dtype == np.float32
    assert got.info == {"why": "test"}
    assert report == RepairReport()
    assert report.count == 0


def test_float64_thirds_are_no_repair() -> None:
    guard = Guard([schema()])
    _, report = guard.repair(decision(np.full((2, 3), 1 / 3)))
    assert report.count == 0


def test_elements_outside_their_bounds_are_clipped() -> None:
    got, report = Guard([schema()]).repair(decision([[-0.5, 0.25, 0.5], [0.0, 0.0, 1.5]]))
    np.testing.assert_array_equal(got.allocation["prb_max"], [[0, 0.25, 0.5], [0, 0, 1]])
    assert report == RepairReport(clipped=2)


def test_an_exceeded_total_is_projected_and_counted_by_row() -> None:
    got, report = Guard([schema()]).repair(decision([[0.9, 0.9, 0.1], [0.2, 0.2, 0.2]]))
    expected = [[0.5, 0.5, 0.0], [0.2, 0.2, 0.2]]
    np.testing.assert_allclose(got.allocation["prb_max"], expected, atol=1e-6)
    assert report == RepairReport(projected=1)
    # What is sent is float32: its sum too is within the total.
    assert got.allocation["prb_max"].sum(axis=1, dtype=np.float64).max() <= 1 + 1e-6


def test_clipping_comes_before_projection() -> None:
    # 5 counts as all of the cell: (1, 0.5) is lowered by 1/4 each.
    got, report = Guard([schema((1, 2))]).repair(decision([[5.0, 0.5]]))
    np.testing.assert_allclose(got.allocation["prb_max"], [[0.75, 0.25]])
    assert report == RepairReport(clipped=1, projected=1)


def test_the_total_may_run_along_any_axis() -> None:
    guard = Guard([schema((2, 2), axes=("slice", "cell"), sum_axis="slice")])
    got, report = guard.repair(decision([[1.0, 0.1], [0.5, 0.2]]))
    np.testing.assert_allclose(got.allocation["prb_max"], [[0.75, 0.1], [0.25, 0.2]])
    assert report == RepairReport(projected=1)


def test_projection_keeps_lower_bounds() -> None:
    # Above the bounds (0.2, 0): (0.8, 0.7) may sum to 0.8, so both give up 0.35.
    guard = Guard([schema((2,), axes=("slice",), low=[0.2, 0.0])])
    got, _ = guard.repair(decision([1.0, 0.7]))
    np.testing.assert_allclose(got.allocation["prb_max"], [0.65, 0.35], atol=1e-6)


def test_a_field_without_a_total_is_only_clipped() -> None:
    got, report = Guard([schema(sum_axis=None)]).repair(decision(np.ones((2, 3))))
    np.testing.assert_array_equal(got.allocation["prb_max"], np.ones((2, 3)))
    assert report.count == 0


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_not_finite_leaves_the_last_good_decision_in_force(bad: float) -> None:
    guard = Guard([schema()])
    guard.repair(decision(GOOD))
    values = GOOD.copy()
    values[1, 2] = bad
    got, report = guard.repair(decision(values))
    np.testing.assert_array_equal(got.allocation["prb_max"], GOOD)
    assert report.counts() == {"clipped": 0, "projected": 0, "not_finite": 1, "malformed": 0}
    assert report.reason == (
        f"prb_max[cell 1, slice 2] is {bad:g}; a number between 0 and 1 is required"
    )


@pytest.mark.parametrize(
    ("allocation", "reason"),
    [
        ({"prb_max": np.ones((3, 2))}, r"prb_max has shape \(3, 2\); \(2, 3\) is required"),
        ({"prb_max": 0.5}, r"prb_max has shape \(\); \(2, 3\) is required"),
        ({"prb_max": "half"}, "prb_max is 'half'; numbers of shape"),
        ({"prb_max": [[1, 2], [3]]}, r"prb_max is \[\[1, 2\], \[3\]\]; numbers of shape"),
        ({"prb_mx": GOOD}, r"fields \['prb_mx'\]; \['prb_max'\] are required"),
        ({}, r"the decision has the fields \[\]; \['prb_max'\] are required"),
    ],
)
def test_a_malformed_decision_leaves_the_last_good_one(allocation: Any, reason: str) -> None:
    with pytest.raises(InvalidAction, match=reason + ".*; no earlier decision can stay in force"):
        Guard([schema()]).repair(Decision(allocation))
    guard = Guard([schema()])
    guard.repair(decision(GOOD))
    got, report = guard.repair(Decision(allocation))
    np.testing.assert_array_equal(got.allocation["prb_max"], GOOD)
    assert report.malformed == report.count == 1


def test_the_last_good_decision_is_the_repaired_one() -> None:
    guard = Guard([schema((1, 2))])
    guard.repair(decision([[1.0, 1.0]]))
    got, _ = guard.repair(decision([[np.nan, 0.0]]))
    np.testing.assert_allclose(got.allocation["prb_max"], [[0.5, 0.5]])


def test_repairs_add_up_over_an_episode() -> None:
    guard = Guard([schema((1, 2))])
    for values in ([[0.5, 0.5]], [[1.0, 1.0]], [[-1.0, 0.0]], [[np.nan, 0.0]], [[2.0, 2.0]]):
        guard.repair(decision(values))
    assert guard.total.counts() == {
        "clipped": 3,
        "projected": 2,
        "not_finite": 1,
        "malformed": 0,
    }


def test_the_guard_does_not_write_into_the_decision() -> None:
    values = np.array([[2.0, 2.0, 2.0]] * 2, np.float32)
    Guard([schema()]).repair(decision(values))
    np.testing.assert_array_equal(values, np.full((2, 3), 2.0))


def test_random_decisions_end_up_acceptable() -> None:
    rng = np.random.default_rng(3)
    guard = Guard([schema((12, 4))])
    for _ in range(200):
        got, _ = guard.repair(decision(rng.normal(0.3, 0.5, (12, 4))))
        values = got.allocation["prb_max"]
        assert values.min() >= 0
        assert values.max() <= 1
        # The scenarios refuse sums above 1 + 1e-5.
        assert values.sum(axis=1, dtype=np.float64).max() <= 1 + 2e-6
