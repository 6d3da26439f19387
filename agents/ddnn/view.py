"""What the edge knows of samples before it sends anything."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

RECENT_LAGS = 6


@dataclass(frozen=True, eq=False)
class View:
    """Samples on the edge.

    Attributes:
        windows: normalised demands, (samples, stations, lags).
        z: intermediate signal, (samples, stations, units).
        local: allocation of the local exit, (samples, stations).
        in_force: allocation in force until the decision's own is, (samples, stations).
        gain: C_L - C_R, (samples,), which only an oracle knows; else None.
    """

    windows: Tensor
    z: Tensor
    local: Tensor
    in_force: Tensor
    gain: Tensor | None = None

    def __len__(self) -> int:
        return len(self.windows)

    def __getitem__(self, which: slice) -> View:
        return View(
            self.windows[which],
            self.z[which],
            self.local[which],
            self.in_force[which],
            None if self.gain is None else self.gain[which],
        )

    def features(self) -> Tensor:
        """A short summary: z, the local allocation, the last six lags, the slot a day ago.

        Returns:
            (samples, 9 x stations) with one unit.
        """
        recent = self.windows[:, :, -RECENT_LAGS:]
        yesterday = self.windows[:, :, :1]
        return torch.cat([self.z, self.local[..., None], recent, yesterday], dim=-1).flatten(1)

    @staticmethod
    def features_of(stations: int) -> int:
        """Counts the features of that many stations, with one unit."""
        return (RECENT_LAGS + 3) * stations
