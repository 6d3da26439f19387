"""What is tried in branches of a real simulation, and the plan, against brute force."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from pyctl.env.cosim import CoSimEnv
from pyctl.reproduce.futures import Floats, grid_points, outcomes, plan, with_own

PARAMETERS = {
    "steps": 4,
    "sites": 1,
    "slices": "1,2,4",
    "ues_per_slice": 1,
    "bandwidth_mhz": 5,
    "interval_s": 0.3,
    "warmup_s": 0.1,
    "mask": "constant",
    "load": 3,
}
EQUAL = np.full((3, 3), 1 / 3, np.float32)
PRESENT = np.arange(3)
CELL = 1


def test_the_grid_has_all_shares_in_tenths() -> None:
    points = list(grid_points(3))
    assert len(points) == 66  # 12 over 2
    np.testing.assert_allclose(np.sum(points, axis=1), 1, atol=1e-6)
    assert {tuple(np.round(10 * p).astype(int)) for p in points} >= {(10, 0, 0), (3, 3, 4)}
    assert len(list(grid_points(4))) == 286  # 13 over 3
    assert [float(p[0]) for p in grid_points(1)] == [1.0]


@pytest.fixture(scope="module")
def env() -> Iterator[CoSimEnv]:
    """A simulation of one site, at its second border."""
    env = CoSimEnv("cells", PARAMETERS, seed=2)
    env.reset()
    env.step({"prb_max": EQUAL})
    yield env
    env.close()


def utilities(env: CoSimEnv, splits: list[Floats], run: int | None) -> np.ndarray:
    tried = [with_own(EQUAL, CELL, PRESENT, split) for split in splits]
    r = np.stack(list(outcomes(env, tried, 4, run)))
    utility: np.ndarray = np.log1p(r[:, CELL, PRESENT]).mean(axis=1)
    return utility


def test_outcomes_are_of_the_future_that_was_asked_for(env: CoSimEnv) -> None:
    tried = [EQUAL, EQUAL, EQUAL]
    one, same, other = (np.stack(list(outcomes(env, tried, 2, run))) for run in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    np.testing.assert_array_equal(one[0], one[2])  # all of a call see one
    assert (one != other).any()
    (comes,) = outcomes(env, [EQUAL], 2)
    assert not np.array_equal(comes, one[0])


def test_the_plan_for_one_future_is_as_good_as_brute_force(env: CoSimEnv) -> None:
    splits = list(grid_points(len(PRESENT)))
    for run in (1, 2):
        own = plan(env, EQUAL, CELL, PRESENT, [run], at_once=4)
        assert own.sum() == pytest.approx(1)
        *brute, planned = utilities(env, [*splits, own], run)
        # Slices get their PRBs one after the other, which is all that the plan does not know.
        assert planned > max(brute) - 0.01
        assert max(brute) - np.median(brute) > 0.05  # there is something to find


def test_the_plan_is_for_the_mean_of_its_futures(env: CoSimEnv) -> None:
    runs = [1, 2, 3, 4]
    splits = list(grid_points(len(PRESENT)))
    own = plan(env, EQUAL, CELL, PRESENT, runs, at_once=4)
    *brute, planned = np.mean([utilities(env, [*splits, own], run) for run in runs], axis=0)
    assert planned > max(brute) - 0.01


def test_a_slice_alone_gets_all(env: CoSimEnv) -> None:
    others_none = with_own(EQUAL, CELL, PRESENT, np.zeros(3, np.float32))
    own = plan(env, others_none, CELL, PRESENT[:1], [1], at_once=4)
    assert own.tolist() == [1]
