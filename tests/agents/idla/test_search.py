"""The Lagrangian search against brute force on utilities that are known."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from scipy.optimize import minimize

from agents.idla.grid import best_combination, best_on_grid
from agents.idla.search import SearchSettings, search
from tests.agents.idla.curves import Exponential, Knee, NotANumber, Steps

CELLS = 6
SETTINGS = SearchSettings()


def rates(slices: int, seed: int = 1, low: float = 1.0, high: float = 12.0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return low + (high - low) * torch.rand(CELLS, slices, generator=generator)


def noise(slices: int, starts: int = 5) -> torch.Tensor:
    made = 0.05 * torch.randn(
        starts, CELLS, slices, generator=torch.Generator().manual_seed(starts)
    )
    made[0] = 0
    return made


def solve(curves: Any, present: torch.Tensor | None = None, **changes: Any) -> Any:
    slices = curves.rates.shape[1]
    there = torch.ones(CELLS, slices, dtype=torch.bool) if present is None else present
    equal = there / there.sum(dim=1, keepdim=True)
    arguments = {"previous": equal, "present": there, "noise": noise(slices), "settings": SETTINGS}
    return search(curves, **{**arguments, **changes})


def utility(curves: Any, shares: torch.Tensor) -> torch.Tensor:
    return torch.log1p(curves.value(shares)).sum(dim=-1)


def best_of_all(curves: Any, cell: int) -> float:
    """The optimum, by scipy's SQP from the best of a fine random cover."""
    own = curves.rates[cell].double().numpy()

    def loss(x: Any) -> float:
        return -float(torch.log1p(type(curves)(torch.tensor(own)).value(torch.tensor(x))).sum())

    cover = torch.distributions.Dirichlet(torch.ones(len(own))).sample((300,)).numpy()
    begin = min(cover, key=loss)
    found = minimize(
        loss,
        begin,
        method="SLSQP",
        bounds=[(0, 1)] * len(own),
        constraints={"type": "ineq", "fun": lambda x: 1 - x.sum()},
    )
    return -float(found.fun)


@pytest.mark.parametrize("slices", [2, 3, 4])
def test_concave_utilities_are_solved(slices: int) -> None:
    curves = Exponential(rates(slices))
    found = solve(curves)
    best = torch.tensor([best_of_all(curves, cell) for cell in range(CELLS)])
    # Steps shrink by 0.98 an iteration: what 100 of them leave is below the paper's grid.
    torch.testing.assert_close(found.utility, best, atol=2e-3, rtol=0)
    torch.testing.assert_close(found.utility, utility(curves, found.shares))
    assert not found.on_grid.any()


@pytest.mark.parametrize("slices", [3, 4])
def test_no_worse_than_the_grid(slices: int) -> None:
    curves = Exponential(rates(slices, seed=3))
    present = torch.ones(CELLS, slices, dtype=torch.bool)
    on_grid = utility(curves, best_on_grid(curves, present))
    # 0.005: the bound of the reading's acceptance check 3.
    assert (solve(curves).utility >= on_grid - 0.005).all()


def test_knees_are_found() -> None:
    # Slices that need 0.2, 0.3 and 0.4 of the cell can all have it.
    curves = Knee(torch.tensor([[5.0, 1 / 0.3, 2.5]]).expand(CELLS, 3))
    found = solve(curves)
    assert (curves.value(found.shares) > 0.97).all()


def test_every_result_is_feasible() -> None:
    for seed in range(5):
        for kind in (Exponential, Knee, Steps):
            found = solve(kind(rates(4, seed, 0.1, 40.0)))
            assert (found.shares >= 0).all()
            assert (found.shares.double().sum(dim=1) <= 1 + 1e-6).all()


def test_slices_may_come_in_any_order() -> None:
    order = torch.tensor([2, 0, 3, 1])
    curves = Exponential(rates(4))
    plain = solve(curves)
    permuted = solve(Exponential(curves.rates[:, order]), noise=noise(4)[..., order])
    torch.testing.assert_close(permuted.shares, plain.shares[:, order], atol=1e-5, rtol=0)


def test_cells_with_different_slices_share_a_batch() -> None:
    present = torch.ones(CELLS, 4, dtype=torch.bool)
    present[0] = torch.tensor([True, False, False, True])
    present[1] = torch.tensor([False, False, True, False])
    curves = Exponential(rates(4))
    found = solve(curves, present)
    assert (found.shares[~present] == 0).all()
    assert found.shares[1].tolist() == [0, 0, 1, 0]  # S = 1: all of it
    alone = search(
        Exponential(curves.rates[:1, [0, 3]]),
        torch.tensor([[0.5, 0.5]]),
        torch.tensor([[True, True]]),
        noise(4)[:, :1, [0, 3]],
        SETTINGS,
    )
    torch.testing.assert_close(found.shares[0, [0, 3]], alone.shares[0], atol=1e-5, rtol=0)
    # A cell has its own multiplier: what others have does not matter.
    full = solve(curves)
    torch.testing.assert_close(found.shares[2:], full.shares[2:], atol=1e-6, rtol=0)


def test_a_share_of_0_is_left_again() -> None:
    previous = torch.tensor([[0.0, 1.0, 0.0]]).expand(CELLS, 3)
    found = solve(Exponential(rates(3, low=5.0, high=6.0)), previous=previous)
    assert (found.shares > 0.2).all()


def test_no_slope_falls_back_to_the_grid() -> None:
    # Needs 0.5 and 0.3: the equal start has f = 0 everywhere but for the second slice.
    curves = Steps(torch.tensor([[2.0, 1 / 0.3, 100.0]]).expand(CELLS, 3))
    found = solve(curves)
    assert found.on_grid.all()
    torch.testing.assert_close(curves.value(found.shares), torch.ones(CELLS, 3))


def test_all_content_cells_keep_what_they_have() -> None:
    curves = Steps(torch.full((CELLS, 3), 100.0))
    found = solve(curves)
    assert not found.on_grid.any()
    torch.testing.assert_close(found.shares, torch.full((CELLS, 3), 1 / 3))


def test_a_cell_without_numbers_keeps_what_it_has() -> None:
    curves = NotANumber(rates(3))
    found = solve(curves)
    assert found.kept.tolist() == [True] + [False] * (CELLS - 1)
    torch.testing.assert_close(found.shares[0], torch.full((3,), 1 / 3))
    torch.testing.assert_close(found.shares[1:], solve(Exponential(rates(3))).shares[1:])


def test_starts_outside_the_box_are_brought_in() -> None:
    found = solve(Exponential(rates(3)), noise=100 * noise(3))
    assert torch.isfinite(found.utility).all()
    assert (found.shares.sum(dim=1) <= 1 + 1e-6).all()


def test_huge_slopes_do_not_blow_up() -> None:
    found = solve(Exponential(rates(4, low=500.0, high=5000.0)))
    assert torch.isfinite(found.shares).all()


def test_the_grid_is_the_best_of_all_combinations() -> None:
    units, slices = 7, 3
    gains = torch.rand(4, slices, units + 1, generator=torch.Generator().manual_seed(5))
    present = torch.tensor([[True] * 3, [True, False, True], [False] * 3, [True] * 3])
    best = best_combination(gains, present)
    for cell in range(4):
        allowed = [range(units + 1) if present[cell, s] else (0,) for s in range(slices)]
        every = {
            (a, b, c): sum(float(gains[cell, s, k]) for s, k in enumerate((a, b, c)))
            if present[cell].all()
            else sum(float(gains[cell, s, k]) for s, k in enumerate((a, b, c)) if present[cell, s])
            for a in allowed[0]
            for b in allowed[1]
            for c in allowed[2]
            if a + b + c <= units
        }
        assert every[tuple(best[cell].tolist())] == pytest.approx(max(every.values()))
