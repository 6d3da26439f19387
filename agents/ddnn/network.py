"""The two-exit LSTM, cut in two: ``Head`` runs on the edge, ``Tail`` in the cloud.

network = build("stations", seed=1)
z, local = network.head(windows)    # edge
remote = network.tail(z)            # cloud: the same bits as network(windows).remote
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

from agents.ddnn.data import LAGS
from agents.errors import AllocatorError

Layout = Literal["stations", "time"]
LAYOUTS: tuple[Layout, ...] = ("stations", "time")
REMOTE_UNITS = (256, 128)
REMOTE_LAYERS = (128, 64, 32)


class Exits(NamedTuple):
    """What a whole network gives.

    Attributes:
        z: intermediate signal, (samples, stations, 1); within (-1, 1).
        local: allocation of the local exit, (samples, stations).
        remote: that of the remote exit, (samples, stations).
    """

    z: Tensor
    local: Tensor
    remote: Tensor


class Head(nn.Module):
    """Local part: one LSTM unit and a linear exit (equation 5).

    The paper's shapes, (samples, 16, 144) in and (samples, 16, 1) out, fit an LSTM whose sequence
    is the 16 stations and whose features are the 144 lags: layout ``stations``, 590 parameters.
    In layout ``time`` the sequence is each station's 144 lags, one feature each, and z is the last
    hidden state: 18 parameters.
    """

    def __init__(self, layout: Layout = "stations", units: int = 1) -> None:
        super().__init__()
        self.layout = layout
        self.lstm = nn.LSTM(LAGS if layout == "stations" else 1, units, batch_first=True)
        self.exit = nn.Linear(units, 1)

    def signal(self, windows: Tensor) -> Tensor:
        """Computes z (samples, stations, units) of windows (samples, stations, lags)."""
        if self.layout == "stations":
            hidden: Tensor = self.lstm(windows)[0]
            return hidden
        samples, stations, lags = windows.shape
        _, (last, _) = self.lstm(windows.reshape(samples * stations, lags, 1))
        return torch.as_tensor(last).reshape(samples, stations, -1)

    def forward(self, windows: Tensor) -> tuple[Tensor, Tensor]:
        """Computes z and the local allocation (samples, stations)."""
        z = self.signal(windows)
        return z, self.exit(z).squeeze(-1)


class Tail(nn.Module):
    """Remote part: LSTMs of 256 and 128 units over the stations, linear layers (equation 6)."""

    def __init__(self, features: int = 1) -> None:
        super().__init__()
        first, second = REMOTE_UNITS
        self.lstm1 = nn.LSTM(features, first, batch_first=True)
        self.lstm2 = nn.LSTM(first, second, batch_first=True)
        layers: list[nn.Module] = []
        width = second
        for units in REMOTE_LAYERS:
            layers += [nn.Linear(width, units), nn.ReLU()]
            width = units
        self.exit = nn.Sequential(*layers, nn.Linear(width, 1))

    def forward(self, z: Tensor) -> Tensor:
        """Computes the remote allocation (samples, stations) of z (samples, stations, features)."""
        hidden = self.lstm2(self.lstm1(z)[0])[0]
        allocation: Tensor = self.exit(hidden)
        return allocation.squeeze(-1)


class DistributedLstm(nn.Module):
    """Both parts (equation 4)."""

    def __init__(self, layout: Layout = "stations") -> None:
        super().__init__()
        self.head = Head(layout)
        self.tail = Tail()

    def forward(self, windows: Tensor) -> Exits:
        """Computes both exits of windows (samples, stations, lags)."""
        z, local = self.head(windows)
        return Exits(z, local, self.tail(z))


class CentralLstm(nn.Module):
    """The baseline without a local exit: all in the cloud.

    Args:
        bottleneck: whether its first LSTM has the one unit of the local part; else as many as the
            first remote one. The paper does not say which it has.
        layout: of the first LSTM.
    """

    def __init__(self, bottleneck: bool = True, layout: Layout = "stations") -> None:
        super().__init__()
        units = 1 if bottleneck else REMOTE_UNITS[0]
        features = LAGS if layout == "stations" else 1
        self.layout = layout
        self.lstm = nn.LSTM(features, units, batch_first=True)
        self.tail = Tail(units)

    def forward(self, windows: Tensor) -> Tensor:
        """Computes the allocation (samples, stations) of windows (samples, stations, lags)."""
        z: Tensor = self.lstm(windows)[0]
        allocation: Tensor = self.tail(z)
        return allocation


def build(layout: str = "stations", seed: int = 0) -> DistributedLstm:
    """Makes a network with fresh weights; the same ones for the same seed.

    Raises:
        AllocatorError: there is no such layout.
    """
    for known in LAYOUTS:
        if layout == known:
            with seeded(seed):
                return DistributedLstm(known)
    raise AllocatorError(f"layout is {layout!r}; one of {', '.join(LAYOUTS)} is required")


def parameters(module: nn.Module) -> int:
    """Counts a module's parameters."""
    return sum(parameter.numel() for parameter in module.parameters())


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Draws torch's random numbers of this block from a stream of its own."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        yield


def require_inference(module: nn.Module) -> None:
    """Refuses a network that would still drop units at random.

    Raises:
        AllocatorError: a part of it is in training mode.
    """
    if any(part.training for part in module.modules()):
        raise AllocatorError(
            f"{type(module).__name__} is in training mode, where dropout is random; call eval() "
            "before it decides"
        )
