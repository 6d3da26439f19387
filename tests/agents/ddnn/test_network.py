"""Parameter counts, the cut between edge and cloud, training mode, files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from agents.ddnn import message, network, storage
from agents.ddnn.data import Normaliser
from agents.ddnn.message import Kind, Message
from agents.errors import AllocatorError

NORMALISER = Normaliser(np.zeros(16), np.arange(1.0, 17.0))


def windows(samples: int = 1) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(3).random((samples, 16, 144), dtype=np.float32))


@pytest.mark.parametrize(("layout", "local"), [("stations", 590), ("time", 18)])
def test_parameters(layout: str, local: int) -> None:
    # stations: LSTM 4 (144 + 1 + 2) = 588, exit 2. time: LSTM 4 (1 + 1 + 2) = 16, exit 2.
    # Remote: LSTMs 4 * 256 (1 + 256 + 2) = 265 216 and 4 * 128 (256 + 128 + 2) = 197 632; linear
    # 128 * 129 + 64 * 129 + 32 * 65 + 33 = 26 881.
    net = network.build(layout)
    assert network.parameters(net.head) == local
    assert network.parameters(net.tail) == 265_216 + 197_632 + 26_881 == 489_729


@pytest.mark.parametrize("layout", network.LAYOUTS)
def test_shapes(layout: str) -> None:
    exits = network.build(layout, seed=1)(windows(3))
    assert exits.z.shape == (3, 16, 1)
    assert exits.local.shape == exits.remote.shape == (3, 16)
    assert float(exits.z.detach().abs().max()) < 1


@pytest.mark.parametrize("layout", network.LAYOUTS)
def test_edge_and_cloud_give_the_bits_of_the_whole(layout: str, tmp_path: Path) -> None:
    # Each side has its own part only, from a file; z goes through bytes.
    whole = network.build(layout, seed=5).eval()
    storage.save(tmp_path / "net.pt", whole, NORMALISER, {"layout": layout})
    edge = storage.load_distributed(tmp_path / "net.pt")[0].head
    cloud = storage.load_distributed(tmp_path / "net.pt")[0].tail
    with torch.no_grad():
        for window in windows(20).split(1):
            expected = whole(window)
            z, local = edge(window)
            sent = message.pack(Message(Kind.SIGNAL, 7, z.flatten().numpy()))
            got = torch.from_numpy(message.unpack(sent, values=16).values).reshape(1, 16, 1)
            assert torch.equal(got, expected.z)
            assert torch.equal(local, expected.local)
            assert torch.equal(cloud(got), expected.remote)


def test_same_seed_same_weights_and_torch_draws_are_left_alone() -> None:
    torch.manual_seed(11)
    one = network.build(seed=4).state_dict()
    drawn = torch.rand(1)
    torch.manual_seed(11)
    assert torch.equal(drawn, torch.rand(1))
    two, other = network.build(seed=4).state_dict(), network.build(seed=5).state_dict()
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert not all(torch.equal(one[name], other[name]) for name in one)


def test_unknown_layout() -> None:
    with pytest.raises(AllocatorError, match="layout is 'rows'; one of stations, time"):
        network.build("rows")


def test_training_mode_is_refused() -> None:
    net = network.build()
    with pytest.raises(AllocatorError, match=r"DistributedLstm is in training mode.*eval\(\)"):
        network.require_inference(net)
    net.eval()
    network.require_inference(net)
    net.tail.exit.train()  # a part of it is enough
    with pytest.raises(AllocatorError, match="training mode"):
        network.require_inference(net)


def test_the_central_network_with_and_without_the_bottleneck() -> None:
    # The first LSTM has 1 or 256 units: 588 or 4 * 256 (144 + 256 + 2); the next one follows.
    narrow, wide = network.CentralLstm(), network.CentralLstm(bottleneck=False)
    assert network.parameters(narrow) == 588 + 489_729
    assert network.parameters(wide) == 411_648 + 489_729 + 4 * 256 * 255
    assert narrow(windows(2)).shape == wide(windows(2)).shape == (2, 16)


def test_files_keep_weights_and_normaliser(tmp_path: Path) -> None:
    net = network.build("time", seed=2)
    storage.save(tmp_path / "net.pt", net, NORMALISER, {"layout": "time", "seed": 2})
    read, normaliser, about = storage.load_distributed(tmp_path / "net.pt")
    assert about == {"layout": "time", "seed": 2}
    assert np.array_equal(normaliser.high, NORMALISER.high)
    for name, value in net.state_dict().items():
        assert torch.equal(value, read.state_dict()[name])
    assert not read.training
    assert sorted(path.name for path in tmp_path.iterdir()) == ["net.pt"]


def test_files_that_are_none(tmp_path: Path) -> None:
    path = tmp_path / "net.pt"
    with pytest.raises(AllocatorError, match="cannot read the network in"):
        storage.load_distributed(path)
    path.write_bytes(b"nothing such")
    with pytest.raises(AllocatorError, match="cannot read the network in"):
        storage.load_distributed(path)
    torch.save({"weights": {}}, path)
    with pytest.raises(AllocatorError, match="holds no network of slicebed-ddnn"):
        storage.load_distributed(path)
    storage.save(path, network.CentralLstm(), NORMALISER, {})
    with pytest.raises(AllocatorError, match="holds a CentralLstm; a DistributedLstm is required"):
        storage.load_distributed(path)


class Harmful:
    def __reduce__(self) -> tuple[object, ...]:
        return (Path("harm-was-done").touch, ())


def test_files_with_code_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"format": storage.FORMAT, "weights": Harmful()}, "net.pt")
    with pytest.raises(AllocatorError, match="cannot read the network"):
        storage.load_distributed(tmp_path / "net.pt")
    assert not (tmp_path / "harm-was-done").exists()
