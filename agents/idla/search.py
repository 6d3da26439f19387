"""The Lagrangian search of paper 001 (algorithm 1), for all cells and all starts at once.

For each cell it maximises F(x) = sum_s log(1 + f_s(x_s)) under sum_s x_s <= 1, x >= 0 by primal and
dual steps (eq. 15) with the partial derivatives of eq. 16. Put right, against the paper: the "+ 1"
in eq. 12 and line 16; the first step's length; the result is projected, because an iterate of the
Lagrangian is feasible by chance only.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from agents.idla.estimator import Curves
from agents.idla.grid import best_on_grid
from agents.idla.simplex import fill, project

LAMBDA_MAX = 10.0
FLAT = 1e-6  # a slope below it tells no direction
CHECK_EVERY = 10  # iterations between looks whether all cells are done


@dataclass(frozen=True)
class SearchSettings:
    """Constants of algorithm 1.

    Attributes:
        starts: P, points that a search begins at: the last decision, and P - 1 near it.
        noise: standard deviation of their distance from it, in each slice.
        iterations: i_max.
        tolerance: eta, length of a step that ends the search of a start.
        step: delta_x at the first iteration.
        dual_step: delta_lambda at the first iteration.
        decay: of both by iteration.
    """

    starts: int = 5
    noise: float = 0.05
    iterations: int = 100
    tolerance: float = 1e-3
    step: float = 0.05
    dual_step: float = 0.2
    decay: float = 0.98


@dataclass(frozen=True, eq=False)
class Found:
    """What a search found.

    Attributes:
        shares: [C, S], feasible.
        utility: sum of log(1 + f) of them, [C].
        on_grid: cells whose slopes were all 0, or whose result is from the grid, [C].
        kept: cells that keep what they had, because f is not a number there, [C].
    """

    shares: Tensor
    utility: Tensor
    on_grid: Tensor
    kept: Tensor


def search(
    curves: Curves, previous: Tensor, present: Tensor, noise: Tensor, settings: SearchSettings
) -> Found:
    """Finds shares for all cells.

    Args:
        curves: f of C cells and S slices.
        previous: shares in force, [C, S].
        present: which slices are, [C, S].
        noise: of the starts, [P, C, S]; the first one's is 0 where it is to be the last decision.
        settings: of the algorithm.
    """
    starts = project((previous + noise).clamp(0, 1), present)
    last, moved = _climb(curves, starts, present, settings)
    # More PRBs never harm a slice, so that all are given away (section IV-B: an equality); where f
    # falls with x, it is f that is wrong.
    candidates = fill(project(last, present), present)
    shares, utility = _best(curves, candidates, present)
    # Whether slopes are 0 or f is no number is known to the device alone: it is asked once.
    broken = ~torch.isfinite(utility)
    stuck = (~moved | broken).nonzero().squeeze(1)
    on_grid = torch.zeros_like(broken)
    if len(stuck):
        shares, utility = _from_grid(curves, shares, utility, present, stuck, on_grid)
    kept = ~torch.isfinite(utility) | ~torch.isfinite(shares).all(dim=-1)
    return Found(torch.where(kept.unsqueeze(-1), previous, shares), utility, on_grid, kept)


def _climb(
    curves: Curves, x: Tensor, present: Tensor, settings: SearchSettings
) -> tuple[Tensor, Tensor]:
    """Makes the primal and dual steps; tells of each cell whether any slope was not 0."""
    mask = present.to(x.dtype)
    count = mask.sum(dim=-1).clamp(min=1)
    active = torch.ones(x.shape[:-1], dtype=torch.bool, device=x.device)
    multiplier = torch.zeros(())
    moved = torch.zeros(())
    for i in range(settings.iterations):
        value, slope = curves.value_and_slope(x)
        gradient = slope / (1 + value) * mask  # eq. 16
        if i == 0:
            multiplier = (gradient.sum(dim=-1) / count).clamp(0, LAMBDA_MAX)
            moved = (gradient.abs().amax(dim=-1) > FLAT).any(dim=0)
        factor = settings.decay**i
        step = settings.step * factor
        ahead = (x + step * (gradient - multiplier.unsqueeze(-1))).clamp(0, 1) * mask
        slack = 1 - ahead.sum(dim=-1)
        dual = (multiplier - settings.dual_step * factor * slack).clamp(0, LAMBDA_MAX)
        length = torch.linalg.vector_norm(ahead - x, dim=-1)
        x = torch.where(active.unsqueeze(-1), ahead, x)
        multiplier = torch.where(active, dual, multiplier)
        active = active & (length >= settings.tolerance)
        if i % CHECK_EVERY == CHECK_EVERY - 1 and not x.is_cuda and not active.any():
            break
    return x, moved


def _best(curves: Curves, candidates: Tensor, present: Tensor) -> tuple[Tensor, Tensor]:
    """Picks for each cell the candidate [K, C, S] of the highest utility; gives the utility too."""
    utilities = (torch.log1p(curves.value(candidates)) * present).sum(dim=-1)  # [K, C]
    comparable = torch.nan_to_num(utilities, nan=-torch.inf)
    utility, index = comparable.max(dim=0)
    chosen = index.view(1, -1, 1).expand(1, *candidates.shape[1:])
    return candidates.gather(0, chosen).squeeze(0), utility


def _from_grid(
    curves: Curves,
    shares: Tensor,
    utility: Tensor,
    present: Tensor,
    stuck: Tensor,
    on_grid: Tensor,
) -> tuple[Tensor, Tensor]:
    """Puts the grid's best in the place of what the cells ``stuck`` have, where it is better."""
    part, here = curves.of_cells(stuck, present.shape[1]), present[stuck]
    candidates = torch.stack([shares[stuck], best_on_grid(part, here)])
    better, reached = _best(part, candidates, here)
    won = (better != shares[stuck]).any(dim=-1) & (reached > utility[stuck] + FLAT)
    shares, utility = shares.clone(), utility.clone()
    shares[stuck] = torch.where(won.unsqueeze(-1), better, shares[stuck])
    utility[stuck] = torch.where(won, reached, utility[stuck])
    on_grid[stuck] = won
    return shares, utility
