"""DeepCog: stations that go together are put beside each other; shapes; dropout."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from agents.ddnn import deepcog
from agents.ddnn.network import parameters, require_inference
from agents.errors import AllocatorError


def field(order: np.ndarray, slots: int = 4000) -> np.ndarray:
    """Demands of 16 stations on a 4 x 4 field that are alike where the stations are near."""
    row, column = np.divmod(np.arange(16), 4)
    squared = (row[:, None] - row) ** 2 + (column[:, None] - column) ** 2
    factor = np.linalg.cholesky(np.exp(-squared / 18) + 1e-9 * np.eye(16))
    return (np.random.default_rng(1).standard_normal((slots, 16)) @ factor.T)[:, order]


def test_neighbours_of_the_field_are_neighbours_of_the_image() -> None:
    order = np.random.default_rng(2).permutation(16)
    grid = order[deepcog.arrange(field(order))]  # back to places in the field
    assert sorted(grid.ravel().tolist()) == list(range(16))
    row, column = np.divmod(grid, 4)
    distance = [
        np.hypot(np.diff(row, axis=axis), np.diff(column, axis=axis)).mean() for axis in (0, 1)
    ]
    # Neighbours of a right image are 1 apart; of a random one 2.1 on average.
    assert np.mean(distance) < 1.2


def test_embedding_keeps_distances_of_the_plane() -> None:
    # Four points of a square of side 0.5 have squared distances 0.25 and 0.5 = 2 (1 - r).
    points = np.array([[0, 0], [0, 0.5], [0.5, 0], [0.5, 0.5]])
    squared = ((points[:, None] - points) ** 2).sum(axis=-1)
    found = deepcog.embed(1 - squared / 2)
    assert ((found[:, None] - found) ** 2).sum(axis=-1) == pytest.approx(squared, abs=1e-12)


def test_assignment_of_points_that_are_pixels() -> None:
    places = np.random.default_rng(3).permutation(16)
    points = np.stack(np.divmod(places, 4), axis=1) * 0.3 - 7.0
    grid = deepcog.assign(points, 4)
    assert places[grid].ravel().tolist() == list(range(16))


def test_a_number_of_stations_that_is_no_square() -> None:
    with pytest.raises(AllocatorError, match="15 stations; a square number"):
        deepcog.arrange(np.random.default_rng(1).random((50, 15)))


def test_it_sees_the_last_lags_at_their_pixels() -> None:
    grid = np.arange(16).reshape(4, 4)
    net = deepcog.build(grid, seed=1).eval()
    windows = torch.rand((3, 16, 144), generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        plain = net(windows)
        assert plain.shape == (3, 16)
        windows[:, :, :-6] = 9.0  # older than it sees
        assert torch.equal(net(windows), plain)
        shuffled = np.random.default_rng(1).permutation(16)
        moved = deepcog.build(shuffled[grid], seed=1).eval()
        back = torch.empty_like(windows)
        back[:, shuffled] = windows
        assert torch.equal(moved(back), plain)


def test_parameters() -> None:
    # Convolutions 32 * (27 + 1), 32 * (32 * 216 + 1), 16 * (32 * 216 + 1); linear layers of
    # 16 * 16 * 6 inputs: 64 * 1537, 32 * 65, 16 * 33.
    expected = 32 * 28 + 32 * 6913 + 16 * 6913 + 64 * 1537 + 32 * 65 + 16 * 33
    assert parameters(deepcog.build(np.arange(16).reshape(4, 4))) == expected


def test_dropout_left_on_is_refused() -> None:
    net = deepcog.build(np.arange(16).reshape(4, 4))
    with pytest.raises(AllocatorError, match="training mode, where dropout is random"):
        require_inference(net)
    require_inference(net.eval())


def test_depth() -> None:
    with pytest.raises(AllocatorError, match="depth is 145; 1 to 144"):
        deepcog.build(np.arange(16).reshape(4, 4), depth=145)
