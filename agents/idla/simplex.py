"""Shares within their total: projection, and what to do with a rest. On torch tensors, masked.

Shapes are [..., S]; ``present`` is True for the slices that take part, and broadcasts. The others'
shares are 0.
"""

from __future__ import annotations

import torch
from torch import Tensor


def project(x: Tensor, present: Tensor) -> Tensor:
    """Gives the nearest point of {x >= 0, sum x <= 1}, in the Euclidean distance.

    Sort-based (Held, Wolfe and Crowder 1974; Duchi et al. 2008, figure 1).
    """
    inside = x.clamp(min=0) * present
    over = inside.sum(dim=-1, keepdim=True) > 1
    # What takes no part is lower than all that does: it is never among those that are kept.
    candidates = x.masked_fill(~present.expand_as(x), -torch.inf)
    descending = candidates.sort(dim=-1, descending=True).values
    counts = torch.arange(1, x.shape[-1] + 1, device=x.device, dtype=x.dtype)
    level = (descending.cumsum(dim=-1) - 1) / counts
    kept = (descending > level).sum(dim=-1, keepdim=True).clamp(min=1)
    lowered = (x - level.gather(-1, kept - 1)).clamp(min=0) * present
    return torch.where(over, lowered, inside)


def fill(x: Tensor, present: Tensor) -> Tensor:
    """Spreads what shares leave of 1, in proportion to them; equally where all are 0."""
    weights = torch.where(x.sum(dim=-1, keepdim=True) > 0, x, present.to(x.dtype))
    return weights / weights.sum(dim=-1, keepdim=True).clamp(min=torch.finfo(x.dtype).tiny)


def carry_over(previous: Tensor, before: Tensor, present: Tensor) -> Tensor:
    """Fits earlier shares to the slices that are present now.

    Slices that left give their shares to the others in proportion; each new one gets 1/S, which the
    others give up in proportion.

    Args:
        previous: shares in force, [C, S].
        before: which slices were present, [C, S].
        present: which are, [C, S].
    """
    kept = before & present
    new = present & ~before
    count = present.sum(dim=-1, keepdim=True).clamp(min=1)
    old = fill(previous * kept, kept) * (1 - new.sum(dim=-1, keepdim=True) / count)
    changed = (before != present).any(dim=-1, keepdim=True)
    return torch.where(changed, torch.where(new, 1 / count, old), previous)
