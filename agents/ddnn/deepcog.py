"""DeepCog's 3D-CNN, a baseline wholly in the cloud, and how it lays stations out as an image.

    grid = arrange(normalised_training_demands)      # station of each pixel, (4, 4)
    network = build(grid, depth=6, seed=1)
    network(windows)                                 # (samples, 16)

Bega et al., "DeepCog: Cognitive Network Management in Sliced 5G Networks with Deep Learning":
stations that correlate are put beside each other, by multidimensional scaling of their
correlations to the plane and the cheapest assignment of those points to pixels.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from agents.ddnn.data import LAGS
from agents.ddnn.network import seeded
from agents.errors import AllocatorError

DEPTH = 6  # lags, as in the authors' notebook
CHANNELS = (32, 32, 16)
KERNELS = (3, 6, 6)
DROPOUT = 0.3
LAYERS = (64, 32)
LEARNING_RATE, BATCH = 5e-4, 128

Floats = npt.NDArray[np.float64]
Grid = npt.NDArray[np.int64]


class DeepCog(nn.Module):
    """Three 3D convolutions over pixels and time, three linear layers.

    Args:
        grid: station of each pixel, (rows, columns).
        depth: lags that it sees, the last ones of a window.
    """

    grid: Tensor

    def __init__(self, grid: Grid, depth: int = DEPTH) -> None:
        super().__init__()
        if not 1 <= depth <= LAGS:
            raise AllocatorError(f"depth is {depth}; 1 to {LAGS} lags are right")
        self.depth = depth
        self.register_buffer("grid", torch.as_tensor(grid))
        layers: list[nn.Module] = []
        width = 1
        for i, (channels, kernel) in enumerate(zip(CHANNELS, KERNELS, strict=True)):
            layers += [_same_padding(kernel), nn.Conv3d(width, channels, kernel), nn.ReLU()]
            layers += [nn.Dropout(DROPOUT)] if i else []
            width = channels
        self.convolutions = nn.Sequential(*layers)
        first, second = LAYERS
        self.exit = nn.Sequential(
            nn.Flatten(),
            nn.Linear(width * grid.size * depth, first),
            nn.ReLU(),
            nn.Linear(first, second),
            nn.ReLU(),
            nn.Linear(second, grid.size),
        )

    def forward(self, windows: Tensor) -> Tensor:
        """Computes the allocation (samples, stations) of windows (samples, stations, lags)."""
        lags = windows[:, :, -self.depth :]
        images = lags[:, self.grid.flatten()].reshape(-1, 1, *self.grid.shape, self.depth)
        allocation: Tensor = self.exit(self.convolutions(images))
        return allocation


def build(grid: Grid, depth: int = DEPTH, seed: int = 0) -> DeepCog:
    """Makes a network with fresh weights; the same ones for the same seed."""
    with seeded(seed):
        return DeepCog(grid, depth)


def _same_padding(kernel: int) -> nn.ConstantPad3d:
    """Zeros that keep the size; of an even kernel the last side gets one more."""
    before = (kernel - 1) // 2
    return nn.ConstantPad3d((before, kernel - 1 - before) * 3, 0.0)


def arrange(demands: Floats) -> Grid:
    """Finds the station of each pixel of a square image.

    Args:
        demands: of the training slots, (slots, stations); the stations' number is a square.

    Raises:
        AllocatorError: their number is no square.
    """
    stations = demands.shape[1]
    side = math.isqrt(stations)
    if side * side != stations:
        raise AllocatorError(f"there are {stations} stations; a square number fills an image")
    correlation: Floats = np.asarray(np.corrcoef(demands.T))
    return assign(embed(correlation), side)


def embed(correlation: Floats) -> Floats:
    """Classical multidimensional scaling to the plane of distances sqrt(2 (1 - correlation)).

    Returns:
        Points, (stations, 2); each axis has the sign that makes its largest element positive.
    """
    squared = 2 * (1 - correlation)
    centred = squared - squared.mean(axis=0) - squared.mean(axis=1, keepdims=True) + squared.mean()
    values, vectors = np.linalg.eigh(-centred / 2)
    points = vectors[:, ::-1][:, :2] * np.sqrt(np.maximum(values[::-1][:2], 0))
    largest = points[np.abs(points).argmax(axis=0), [0, 1]]
    signed: Floats = points * np.where(largest < 0, -1.0, 1.0)
    return signed


def assign(points: Floats, side: int) -> Grid:
    """Gives each pixel of a square image the station of least total squared distance (Hungarian).

    Both axes of the points are stretched to the image's.
    """
    from scipy.optimize import linear_sum_assignment  # only here: inference needs no scipy

    spread = np.ptp(points, axis=0)
    stretched = (points - points.min(axis=0)) / np.where(spread > 0, spread, 1) * (side - 1)
    pixels = np.stack(np.divmod(np.arange(side * side), side), axis=1)  # row, column
    squared = ((stretched[:, None, :] - pixels[None, :, :]) ** 2).sum(axis=-1)
    station, pixel = linear_sum_assignment(squared)
    grid = np.empty(side * side, dtype=np.int64)
    grid[pixel] = station
    return grid.reshape(side, side)
