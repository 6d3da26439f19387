"""Rows of a data set, by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from agents.errors import AllocatorError
from agents.idla.dataset import (
    FIELDS,
    Log,
    augment,
    coverage,
    delay_binds,
    rows_of,
    state_of,
)
from agents.idla.estimator import BOUND, HISTORY, STATE, TARGET

STEPS, CELLS, SLICES = 8, 2, 3
TARGETS, BOUNDS = np.array([2e6, 1e6, 5e5], np.float32), np.array([0.1, 0.1, 0.05], np.float32)


def fields(**changes: Any) -> dict[str, np.ndarray]:
    """Every element of a KPI is its step, cell and slice as digits; all slices are active."""
    t, c, s = np.meshgrid(range(STEPS), range(CELLS), range(SLICES), indexing="ij")
    digits = (100 * t + 10 * c + s).astype(np.float32)
    made = {name: digits.copy() for name in FIELDS}
    made["slice_active"][:] = 1
    made["offered"][:] = 1e6
    made["r"][:] = 0.5
    made["prb_used_dl"][:] = 25
    return {**made, **changes}


def log(**changes: Any) -> Log:
    return Log(fields(**changes), TARGETS, BOUNDS, prbs=100, users=2)


def test_a_row_has_the_history_before_it_and_none_of_its_own_interval() -> None:
    rows = rows_of(log())
    assert len(rows) == (STEPS - HISTORY) * CELLS * SLICES
    (index,) = np.flatnonzero((rows.step == 6) & (rows.slice == 2))[1:2]
    assert rows.z[index].tolist() == [
        *(112, 212, 312, 412, 512),
        *(112, 212, 312, 412, 512),
        5e5,
        np.float32(0.05),
    ]
    assert rows.x[index] == 0.25


def test_x_may_be_the_ceiling() -> None:
    ceilings = np.full((STEPS, CELLS, SLICES), 0.4, np.float32)
    assert (rows_of(log(prb_max=ceilings), "ceiling").x == np.float32(0.4)).all()


def test_rows_need_a_whole_history() -> None:
    active = np.ones((STEPS, CELLS, SLICES), np.float32)
    active[:2, :, 1] = 0  # slice 1 comes at step 2: its first whole history ends at step 7
    rows = rows_of(log(slice_active=active))
    assert rows.step[rows.slice == 1].tolist() == [7, 7]
    assert set(rows.step[rows.slice == 0]) == {5, 6, 7}


def test_slices_that_offer_nothing_make_no_row() -> None:
    offered = np.full((STEPS, CELLS, SLICES), 1e6, np.float32)
    offered[6, 0, 0] = 0
    rows = rows_of(log(offered=offered))
    assert len(rows) == (STEPS - HISTORY) * CELLS * SLICES - 1


def test_a_row_that_fell_short_is_copied_with_what_it_achieved() -> None:
    thp = np.full((STEPS, CELLS, SLICES), 8e5, np.float32)
    delay = np.full((STEPS, CELLS, SLICES), 0.2, np.float32)
    rows = rows_of(log(thp_dl=thp, delay_e2e=delay))
    both = augment(rows, np.random.default_rng(1), "paper")
    copies = both.where(both.augmented)
    assert len(copies) == len(rows)
    assert (copies.r == 1).all()
    assert (copies.z[:, TARGET] == np.float32(8e5)).all()
    assert (copies.z[:, BOUND] == np.float32(0.2)).all()
    np.testing.assert_array_equal(copies.x, rows.x)
    # The rows themselves are as they were.
    assert (both.where(~both.augmented).r == 0.5).all()
    assert set(both.where(~both.augmented).z[:, TARGET]) == set(TARGETS)


def test_a_row_tells_r_of_other_targets() -> None:
    # Two users offer 1 Mbit/s together and get 0.2 Mbit/s each, after 0.2 s.
    thp = np.full((STEPS, CELLS, SLICES), 2e5, np.float32)
    delay = np.full((STEPS, CELLS, SLICES), 0.2, np.float32)
    rows = rows_of(log(thp_dl=thp, delay_e2e=delay))
    both = augment(rows, np.random.default_rng(1))
    copies = both.where(both.augmented)
    assert len(copies) == len(rows)
    target, bound = copies.z[:, TARGET], copies.z[:, BOUND]
    expected = np.minimum(np.minimum(2e5 / np.minimum(target, 5e5), bound / 0.2), 1)
    np.testing.assert_allclose(copies.r, expected, rtol=1e-5)
    assert copies.r.min() < 0.3
    # Twice beyond what is known: 0.5 to 2 Mbit/s, 50 to 100 ms.
    assert target.min() >= 2.5e5
    assert target.max() <= 4e6
    assert np.ptp(np.log(target)) > 0.7 * np.log(16)
    assert bound.min() >= 0.025
    assert bound.max() <= 0.2 * (1 + 1e-6)


def test_who_got_all_he_asked_for_is_content_with_any_target() -> None:
    thp = np.full((STEPS, CELLS, SLICES), 5e5, np.float32)
    delay = np.full((STEPS, CELLS, SLICES), 1e-3, np.float32)
    both = augment(rows_of(log(thp_dl=thp, delay_e2e=delay)), np.random.default_rng(1))
    assert (both.where(both.augmented).r == 1).all()


def test_a_satisfied_row_is_copied_with_a_larger_share() -> None:
    rows = rows_of(log(r=np.ones((STEPS, CELLS, SLICES), np.float32)))
    both = augment(rows, np.random.default_rng(1), "paper")
    copies = both.where(both.augmented)
    assert (copies.r == 1).all()
    assert ((copies.x >= 0.25) & (copies.x <= 1)).all()
    assert copies.x.max() > 0.8
    np.testing.assert_array_equal(copies.z, rows.z)


def test_a_row_that_delivered_nothing_tells_nothing() -> None:
    zero = np.zeros((STEPS, CELLS, SLICES), np.float32)
    rows = rows_of(log(r=zero, thp_dl=zero, delay_e2e=zero + 10))
    assert len(augment(rows, np.random.default_rng(1))) == len(rows)


def test_augmentation_repeats_for_a_seed() -> None:
    rows = rows_of(log(r=np.ones((STEPS, CELLS, SLICES), np.float32)))
    one, same, other = (augment(rows, np.random.default_rng(seed)).x for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


def test_coverage_and_what_binds() -> None:
    assert coverage(np.array([0.01, 0.02, 0.99], np.float32), bins=10) == pytest.approx(0.2)
    delay = np.full((STEPS, CELLS, SLICES), 0.2, np.float32)  # bound over delay: 0.5, 0.5, 0.25
    assert delay_binds(rows_of(log(delay_e2e=delay))) == pytest.approx(2 / 3)
    assert delay_binds(rows_of(log(r=np.ones((STEPS, CELLS, SLICES), np.float32)))) == 0


@pytest.mark.parametrize(("name", "value"), [("target_bps", 0.0), ("delay_bound_s", -1.0)])
def test_targets_that_are_not_above_0_are_refused(name: str, value: float) -> None:
    targets, bounds = TARGETS.copy(), BOUNDS.copy()
    (targets if name == "target_bps" else bounds)[1] = value
    with pytest.raises(AllocatorError, match=f"{name} of slice number 2 is {value:g}"):
        Log(fields(), targets, bounds, prbs=100, users=2)


def test_missing_fields_are_named() -> None:
    dataset = {**fields(), "target_bps": TARGETS, "delay_bound_s": BOUNDS}
    with pytest.raises(AllocatorError, match="the data set has no prbs, users"):
        Log.of_mapping(dataset)
    del dataset["cqi"]
    with pytest.raises(AllocatorError, match="the data set has no cqi"):
        Log.of_mapping({**dataset, "prbs": 100, "users": 2})


def test_a_measured_state_is_of_the_interval_before() -> None:
    shape = (STEPS, CELLS, SLICES)
    fields = {
        name: (scale * np.arange(np.prod(shape)).reshape(shape)).astype(np.float32)
        for name, scale in (("thp_dl", 1e3), ("offered", 1e4), ("prb_used_dl", 0.1))
    }
    rows = rows_of(log(**fields), "ceiling", "measured")
    paper = rows_of(log(**fields), "ceiling")
    np.testing.assert_array_equal(rows.z[:, :STATE], paper.z)
    for i, (name, values) in enumerate(fields.items()):
        before = np.stack([values[t - 1] for t in range(HISTORY, STEPS)])
        np.testing.assert_array_equal(rows.z[:, STATE + i], before.ravel(), err_msg=name)
    both = augment(rows, np.random.default_rng(1))
    copies = both.where(both.augmented)
    np.testing.assert_array_equal(copies.z[: len(rows), STATE:], rows.z[:, STATE:])


def test_what_was_measured_of_a_new_slice_is_the_mean_of_its_cell() -> None:
    seen = history([[1, 1, 0]] * HISTORY, [[2, 2, 0]] * HISTORY, [[9, 9, 0]] * HISTORY)
    for name, last in (("thp_dl", [4, 8, 0]), ("offered", [1, 3, 0]), ("prb_used_dl", [5, 7, 0])):
        values = np.zeros((HISTORY, 1, 3), np.float32)
        values[-1, 0] = last
        seen[name] = values
    z = state_of(seen, np.ones((1, 3), bool), (TARGETS[:3], BOUNDS[:3]), "measured")
    assert z[0, :, STATE:].tolist() == [[4, 1, 5], [8, 3, 7], [6, 2, 6]]


def test_an_unknown_share_is_refused() -> None:
    with pytest.raises(AllocatorError, match="share is 'all'; used or ceiling is required"):
        rows_of(log(), "all")  # type: ignore[arg-type]


def history(active: Any, users: Any, cqi: Any) -> dict[str, np.ndarray]:
    """One cell with two slices; rows are intervals."""
    values = {"slice_active": active, "active_ue": users, "cqi": cqi}
    return {name: np.array(each, np.float32)[:, None, :] for name, each in values.items()}


def test_a_new_slice_is_taken_for_the_mean_of_its_cell() -> None:
    seen = history([[1, 0]] * HISTORY, [[2, 0]] * HISTORY, [[9, 0], [9, 0], [9, 0], [9, 0], [4, 0]])
    z = state_of(seen, np.ones((1, 2), bool), (TARGETS[:2], BOUNDS[:2]))
    assert z[0, 1, :HISTORY].tolist() == [2] * HISTORY
    assert z[0, 1, HISTORY:TARGET].tolist() == [8] * HISTORY
    assert z[0, 0, HISTORY:TARGET].tolist() == [9, 9, 9, 9, 4]
    assert z[0, :, TARGET].tolist() == [2e6, 1e6]


def test_a_short_history_is_filled_by_its_own_mean() -> None:
    none = [np.nan, np.nan]
    seen = history(
        [none] * 3 + [[1, 1]] * 2, [none] * 3 + [[1, 4], [3, 4]], [none] * 3 + [[7, 8]] * 2
    )
    z = state_of(seen, np.ones((1, 2), bool), (TARGETS[:2], BOUNDS[:2]))
    assert z[0, 0, :HISTORY].tolist() == [2, 2, 2, 1, 3]
    assert z[0, 1, HISTORY:TARGET].tolist() == [8] * HISTORY


def test_no_history_at_all_is_0() -> None:
    none = [[np.nan, np.nan]] * HISTORY
    z = state_of(history(none, none, none), np.ones((1, 2), bool), (TARGETS[:2], BOUNDS[:2]))
    assert (z[..., :TARGET] == 0).all()


def test_cqi_0_is_a_value_like_others() -> None:
    # Out of range: what a UE reports that decodes nothing.
    seen = history([[1, 1]] * HISTORY, [[2, 1]] * HISTORY, [[0, 9]] * HISTORY)
    z = state_of(seen, np.ones((1, 2), bool), (TARGETS[:2], BOUNDS[:2]))
    assert z[0, 0, HISTORY:TARGET].tolist() == [0] * HISTORY
