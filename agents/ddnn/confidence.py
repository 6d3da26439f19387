"""Bayesian confidence: how much the local exit varies when its input is dropped at random.

The paper's block has dropout of 0.4 on z and the linear layer of the local exit, run ten times; U
is the mean over the stations of the standard deviation. With one hidden unit z is either 0 or
z / 0.6, so that U is about 0.816 |w| mean(|z|): it tells the level of the signal, not how sure
the exit is.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

DROPOUT = 0.4
PASSES = 10


def uncertainty(
    z: Tensor, exit_layer: nn.Linear, seed: int, passes: int = PASSES, dropout: float = DROPOUT
) -> Tensor:
    """Computes U of each sample.

    Only z is dropped, whatever mode the networks are in.

    Args:
        z: intermediate signal, (samples, stations, units).
        exit_layer: of the local exit.
        seed: of the dropout.
        passes: J, at least 2.
        dropout: probability p.

    Returns:
        U, (samples,).
    """
    draws = torch.Generator(device="cpu").manual_seed(seed)
    kept = torch.rand((passes, *z.shape), generator=draws).to(z.device) >= dropout
    with torch.no_grad():
        outputs = exit_layer(z * kept / (1 - dropout)).squeeze(-1)  # [passes, samples, stations]
    spread: Tensor = outputs.std(dim=0, correction=0).mean(dim=-1)
    return spread


def expected_uncertainty(z: Tensor, exit_layer: nn.Linear, dropout: float = DROPOUT) -> Tensor:
    """What U tends to over many passes: sqrt(p / (1 - p)) |w z|, the mean over the stations."""
    scale = math.sqrt(dropout / (1 - dropout))
    weight = exit_layer.weight.detach()  # [1, units]
    return scale * (z * weight).square().sum(dim=-1).sqrt().mean(dim=-1)
