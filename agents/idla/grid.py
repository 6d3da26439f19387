"""The best shares on a grid, by the estimator: the paper's "Oracle", named for what it is.

It enumerates nothing: the utility is a sum over slices, so that the best of all combinations is
found slice by slice (dynamic programming over units of the grid), whatever their number.
"""

from __future__ import annotations

import torch
from torch import Tensor

from agents.idla.estimator import Curves

UNITS = 20  # the paper's interval of 0.05


def best_on_grid(curves: Curves, present: Tensor, units: int = UNITS) -> Tensor:
    """Maximises the sum of log(1 + f) over shares in units of the grid that sum to at most 1.

    Args:
        curves: f of C cells and S slices.
        present: which slices are, [C, S].
        units: of which 1 consists.

    Returns:
        Shares [C, S]; 0 for slices that are not present.
    """
    points = torch.arange(units + 1, device=present.device, dtype=torch.float32) / units
    values = curves.value(points.view(-1, 1, 1).expand(-1, *present.shape))
    return best_combination(torch.log1p(values).permute(1, 2, 0), present) / units


def best_combination(gains: Tensor, present: Tensor) -> Tensor:
    """Maximises a sum of gains under a total.

    Args:
        gains: of slice s with k units, [C, S, K + 1].
        present: which slices may have units, [C, S].

    Returns:
        Units of each slice [C, S], together at most K.
    """
    cells, slices, levels = gains.shape
    nothing_only = torch.full((levels,), -torch.inf, device=gains.device)
    nothing_only[0] = 0
    gains = torch.where(present.unsqueeze(-1), gains, nothing_only)
    total = torch.arange(levels, device=gains.device)
    left = total.view(-1, 1) - total  # [total, own] -> units for the slices before
    allowed = left >= 0
    best = torch.zeros(cells, levels, device=gains.device)  # at most so many units
    choices = []
    for s in range(slices):
        sums = best[:, left.clamp(min=0)] + gains[:, s, None, :]
        best, own = sums.masked_fill(~allowed, -torch.inf).max(dim=-1)
        choices.append(own)
    remaining = torch.full((cells, 1), levels - 1, device=gains.device)
    units = []
    for own in reversed(choices):
        taken = own.gather(1, remaining)
        units.append(taken)
        remaining = remaining - taken
    return torch.cat(units[::-1], dim=1)
