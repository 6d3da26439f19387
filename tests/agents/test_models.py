"""Models that are loaded once, and results that do not depend on how many rows there are."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest
import torch
from torch import nn

from agents import models
from agents.models import in_fixed_shape, load_once


class Weights:
    def __init__(self, text: str) -> None:
        self.text = text


def read(path: Path, device: str) -> Weights:
    return Weights(f"{path.read_text()} on {device}")


def test_a_file_is_loaded_once_for_each_device(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("one")
    first = load_once(path, "cpu", read)
    assert load_once(path, "cpu", read) is first
    other = load_once(path, "cuda", read)
    assert (first.text, other.text) == ("one on cpu", "one on cuda")


def test_a_file_that_was_written_anew_is_loaded_anew(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("one")
    load_once(path, "cpu", read)
    path.write_text("three")
    assert load_once(path, "cpu", read).text == "three on cpu"


def test_models_that_nobody_uses_are_let_go(tmp_path: Path) -> None:
    for number in range(10):
        (tmp_path / str(number)).write_text("x")
        load_once(tmp_path / str(number), "cpu", read)
    gc.collect()
    kept = [key for key in models._loaded if key[0].parent == tmp_path]
    assert [key[0].name for key in kept] == ["6", "7", "8", "9"]


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_once(tmp_path / "none", "cpu", read)


def test_a_row_gives_the_same_bits_among_others_and_alone() -> None:
    torch.manual_seed(3)
    net = nn.Sequential(nn.Linear(33, 129), nn.ReLU(), nn.Linear(129, 7))
    rows = torch.randn(75, 33)
    with torch.inference_mode():
        together = in_fixed_shape(net, rows, 32)
        alone = torch.cat([in_fixed_shape(net, rows[i : i + 1], 32) for i in range(75)])
        plain = net(rows)
    assert together.shape == (75, 7)
    assert torch.equal(together, alone)
    # float32 sums of 129 products, in another order: within some units of the last place.
    assert torch.allclose(together, plain, atol=1e-5, rtol=1e-5)
