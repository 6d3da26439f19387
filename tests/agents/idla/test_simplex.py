"""Projection and the rest of a total, against numbers by hand and pyctl's own projection."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from agents.idla.simplex import carry_over, fill, project
from pyctl.projection import project_rows

ALL = torch.tensor([True, True, True])


def test_projection_by_hand() -> None:
    # 0.8 + 0.6 + 0 is 0.4 too much; the two that can give it give 0.2 each.
    projected = project(torch.tensor([[0.8, 0.6, 0.0]]), ALL)
    torch.testing.assert_close(projected, torch.tensor([[0.6, 0.4, 0.0]]))


def test_what_is_within_stays() -> None:
    shares = torch.tensor([[0.2, 0.3, 0.1]])
    torch.testing.assert_close(project(shares, ALL), shares)


def test_negative_shares_become_0() -> None:
    torch.testing.assert_close(
        project(torch.tensor([[-0.5, 0.3, 0.1]]), ALL), torch.tensor([[0.0, 0.3, 0.1]])
    )


@pytest.mark.parametrize("slices", [1, 2, 4, 9])
def test_projection_is_that_of_the_guard(slices: int) -> None:
    rows = np.random.default_rng(slices).uniform(0, 1.5, (200, slices))
    present = torch.ones(slices, dtype=torch.bool)
    ours = project(torch.from_numpy(rows), present).numpy()
    np.testing.assert_allclose(ours, project_rows(rows, 1.0), atol=1e-12)


def test_slices_that_are_absent_get_nothing_and_change_nothing() -> None:
    rows = torch.rand(50, 4, generator=torch.Generator().manual_seed(1)) * 2
    present = torch.tensor([True, False, True, True])
    projected = project(rows, present)
    assert (projected[:, 1] == 0).all()
    torch.testing.assert_close(projected[:, [0, 2, 3]], project(rows[:, [0, 2, 3]], ALL))


def test_a_single_slice_gets_all() -> None:
    one = torch.tensor([[True]])
    torch.testing.assert_close(project(torch.tensor([[3.0]]), one), torch.tensor([[1.0]]))
    torch.testing.assert_close(fill(torch.tensor([[0.2]]), one), torch.tensor([[1.0]]))


def test_a_rest_is_spread_in_proportion() -> None:
    filled = fill(torch.tensor([[0.2, 0.6, 0.0], [0.0, 0.0, 0.0]]), ALL)
    torch.testing.assert_close(filled, torch.tensor([[0.25, 0.75, 0.0], [1 / 3, 1 / 3, 1 / 3]]))


def test_no_slice_gets_nothing() -> None:
    none = torch.tensor([[False, False]])
    assert fill(torch.zeros(1, 2), none).tolist() == [[0, 0]]
    assert project(torch.ones(1, 2), none).tolist() == [[0, 0]]


def test_a_slice_that_leaves_gives_its_share_to_the_others() -> None:
    before = torch.tensor([[True, True, True]])
    present = torch.tensor([[True, False, True]])
    carried = carry_over(torch.tensor([[0.3, 0.5, 0.2]]), before, present)
    torch.testing.assert_close(carried, torch.tensor([[0.6, 0.0, 0.4]]))


def test_a_new_slice_gets_its_part() -> None:
    before = torch.tensor([[True, False, True]])
    carried = carry_over(torch.tensor([[0.75, 0.0, 0.25]]), before, torch.tensor([[True] * 3]))
    torch.testing.assert_close(carried, torch.tensor([[0.5, 1 / 3, 1 / 6]]))


def test_shares_stay_where_no_slice_comes_or_goes() -> None:
    present = torch.tensor([[True, True, False]])
    shares = torch.tensor([[0.3, 0.4, 0.0]])
    torch.testing.assert_close(carry_over(shares, present, present), shares)
