"""The projection against hand-worked points and against a quadratic program."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from pyctl.projection import project_rows


@pytest.mark.parametrize(
    ("point", "nearest"),
    [
        ([0.2, 0.3], [0.2, 0.3]),  # inside: unchanged
        ([1.0, 1.0], [0.5, 0.5]),  # both lowered by 1/2
        ([1.0, 0.5], [0.75, 0.25]),  # both lowered by 1/4
        ([1.0, 0.0, 0.6], [0.7, 0.0, 0.3]),  # lowering by 0.3 leaves the zero at zero
        ([0.9, 0.9, 0.1], [0.5, 0.5, 0.0]),  # by 0.4: the small one reaches zero first
        ([1.0], [1.0]),
    ],
)
def test_points_worked_out_by_hand(point: list[float], nearest: list[float]) -> None:
    np.testing.assert_allclose(project_rows(np.array([point]), 1.0), [nearest], atol=1e-12)


def test_a_limit_of_zero_gives_zero() -> None:
    np.testing.assert_array_equal(project_rows(np.array([[0.3, 0.4]]), 0.0), [[0.0, 0.0]])


def test_each_row_has_its_own_limit() -> None:
    got = project_rows(np.array([[1.0, 1.0], [1.0, 1.0]]), np.array([1.0, 0.5]))
    np.testing.assert_allclose(got, [[0.5, 0.5], [0.25, 0.25]])


def test_random_points_against_a_quadratic_program() -> None:
    rng = np.random.default_rng(7)
    for size in (2, 3, 4, 6):
        points = rng.uniform(0, 1, (10, size))
        projected = project_rows(points, 1.0)
        for point, nearest in zip(points, projected, strict=True):
            solved = minimize(
                lambda x, p=point: ((x - p) ** 2).sum(),
                x0=np.full(size, 1 / size),
                bounds=[(0, None)] * size,
                constraints={"type": "ineq", "fun": lambda x: 1 - x.sum()},
                options={"ftol": 1e-14},
            )
            assert solved.success
            # SLSQP stops at a squared distance within 1e-14: elements within about 1e-6.
            np.testing.assert_allclose(nearest, solved.x, atol=1e-6)
