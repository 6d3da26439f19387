"""Short form of fuzz_codec: kept inputs, new ones, and few bytes that declare much."""

from __future__ import annotations

import json
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from pyctl.errors import ProtocolError
from pyctl.exchange import codec
from pyctl.exchange import messages as wire
from tests.fuzz import fuzz_codec, wire_tree

ROOT = Path(__file__).resolve().parents[2]
RUNS = 3000
TIME_LIMIT_S = 300


def test_no_finding_in_new_inputs() -> None:
    """In a process of its own, because it limits its memory."""
    result = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.fuzz_codec", "--runs", str(RUNS), "--seed", "1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT_S,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    outcomes = json.loads(result.stdout)["outcomes"]
    assert sum(outcomes.values()) == RUNS * len(fuzz_codec.CHECKS)
    # Changes that leave a message whole come through; most do not.
    for check in fuzz_codec.CHECKS:
        assert 100 < outcomes[f"{check.__name__} accepted"] < RUNS


@pytest.mark.parametrize("folder", ["python-codec", "decode-action", "decode-ack"])
def test_kept_inputs(folder: str) -> None:
    seeds = fuzz_codec.kept_inputs(fuzz_codec.CORPUS / folder)
    assert len(seeds) >= len(fuzz_codec.SPACES)
    for seed in seeds:
        fuzz_codec.try_input(seed.message, seed.space)


def test_a_finding_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(data: bytes, space: Any) -> Any:
        raise KeyError(len(data))

    monkeypatch.setattr(codec, "decode_action", broken)
    with pytest.raises(AssertionError, match=r"^[0-9a-f]* with .*: KeyError\(\d+\)$"):
        fuzz_codec.fuzz(10, seed=1)


def test_the_same_seed_makes_the_same_inputs() -> None:
    seeds = fuzz_codec.valid_messages()
    first, second = (fuzz_codec.Mutator(seeds, 5).inputs() for _ in range(2))
    assert [next(first) for _ in range(200)] == [next(second) for _ in range(200)]


def test_trees_are_written_as_they_were_read() -> None:
    whole = [seed.message for seed in fuzz_codec.valid_messages()]
    assert [wire_tree.serialize(wire_tree.parse(message) or []) for message in whole] == whole


def declared(*shapes: list[int]) -> bytes:
    """A hello with a Tuple of such Boxes."""
    observation = wire.SpaceDescription(type=wire.TUPLE)
    body = wire.TupleSpace()
    for shape in shapes:
        element = body.element.add(type=wire.BOX)
        element.space.Pack(wire.BoxSpace(high=1, dtype=wire.DOUBLE, shape=shape))
    observation.space.Pack(body)
    data: bytes = wire.SimInitMsg(obsSpace=observation).SerializeToString()
    return data


@pytest.mark.parametrize(
    "shapes", [[[2**26]], [[2**13, 2**13]], [[2**32 - 1] * 4], [[0, 2**32 - 1, 2**32 - 1]]]
)
def test_what_is_only_declared_is_not_allocated(shapes: list[list[int]]) -> None:
    data = declared(*shapes)
    tracemalloc.start()
    try:
        with pytest.raises(ProtocolError, match="elements travel in one space"):
            codec.decode_hello(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(data) < 200
    # Less than one of these arrays by three orders; the error's text and the message are in it.
    assert peak < 2**17


def test_many_small_arrays_are_bounded_together() -> None:
    # Four of 2**20 are allowed: four arrays of bounds, 8 + 8 + 1 + 1 bytes an element, and one
    # temporary; the fifth of a thousand is refused before it is made.
    data = declared(*[[2**20]] * 1000)
    tracemalloc.start()
    try:
        with pytest.raises(ProtocolError, match=r"observation\.4 has shape"):
            codec.decode_hello(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 * 2**20 * (8 + 8 + 1 + 1 + 8)
