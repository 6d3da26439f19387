"""Files that an allocator `ddnn` reads, made of nothing: an untrained network, made-up demands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from agents.ddnn import demands, network, storage
from agents.ddnn.data import LAGS, STATIONS, Normaliser
from agents.ddnn.demands import Demands
from agents.ddnn.network import DistributedLstm

SITES = np.arange(STATIONS)
NORMALISER = Normaliser(10.0 + SITES, 110.0 + 3 * SITES)
UNITS_AT_PEAK = 150.0 + 5 * SITES


def lively() -> DistributedLstm:
    """A network whose allocations lie within (0, 1), and differ between exits and sites."""
    made = network.build(seed=1).eval()
    with torch.no_grad():
        made.head.exit.weight.fill_(0.7)
        made.head.exit.bias.fill_(0.5)
        made.tail.exit[-1].bias.fill_(0.4)
        made.tail.exit[-1].weight.mul_(20)
    return made


def write_all(folder: Path, net: DistributedLstm | None = None) -> dict[str, Any]:
    """Writes network and demands; returns the settings that name them."""
    storage.save(folder / "net.pt", net or lively(), NORMALISER, {"layout": "stations"})
    draws = np.random.default_rng(1)
    history = NORMALISER.denormalise(draws.random((LAGS, STATIONS)))
    demands.write(folder / "demands.json", Demands(UNITS_AT_PEAK, history))
    return {"network": str(folder / "net.pt"), "demands": str(folder / "demands.json")}
