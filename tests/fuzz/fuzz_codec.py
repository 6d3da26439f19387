"""Throws bytes at the decoders of pyctl.exchange: random ones, and valid messages with changes.

    python -m tests.fuzz.fuzz_codec --runs 1000000 --seed 1

They come from a mutator because they are millions: with it all decoders get a thousand and more a
second, of real messages and of what was found before, where Hypothesis makes some hundreds. What
holds for messages of any space is Hypothesis's (``test_decoders``).

Prints what was done as JSON; a finding is printed with its input and ends the run with status 1.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import resource
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium import spaces

from pyctl.errors import ProtocolError, UsageError
from pyctl.exchange import codec
from pyctl.exchange.codec import Hello, Peer, State
from pyctl.exchange.usual import UsualCodec
from tests.fuzz import wire_tree

CORPUS = Path(__file__).resolve().parents[1] / "corpus"
MAX_BYTES = 4096
# Beyond what the process has when it begins: an input may not make more than this of its few bytes.
ROOM_BYTES = 512 * 2**20
SLOW_S = 2.0  # of processor time

Space = spaces.Space[Any]

SPACES: list[Space] = [
    spaces.Box(0, 1, (2,), np.float32),
    spaces.Box(-5, 5, (2, 3), np.float64),
    spaces.Box(-9, 9, (), np.int32),
    spaces.Box(0, 9, (2, 1, 3), np.uint32),
    spaces.Box(-1, 1, (0,), np.float32),
    spaces.Discrete(5),
    spaces.Tuple([spaces.Discrete(3), spaces.Box(0, 1, (2,), np.float64)]),
    spaces.Dict(
        {
            "prb_max": spaces.Box(0, 1, (2, 2), np.float32),
            "inner": spaces.Dict({"pair": spaces.Tuple([spaces.Discrete(2), spaces.Discrete(2)])}),
        }
    ),
    spaces.Dict({}),
    spaces.Tuple([]),
]


@dataclass(frozen=True)
class Seed:
    """A message, and the space that it is read against."""

    message: bytes
    space: Space


def valid_messages() -> list[Seed]:
    """Makes messages of each kind for each space."""
    return [Seed(message, space) for space in SPACES for message in _messages_of(space)]


def _messages_of(space: Space) -> list[bytes]:
    space.seed(1)
    value = space.sample()
    info = {"step": 3, "description": {"slicebed": 1, "observation": []}}
    return [
        codec.encode_ack(),
        codec.encode_ack(stop=True),
        codec.encode_stop(),
        codec.encode_branch([Peer("ipc:///tmp/a", "log"), Peer("tcp://127.0.0.1:1", run=7)]),
        codec.encode_hello(Hello(7, space, SPACES[0])),
        codec.encode_action(value, space),
        codec.encode_state(State(value, 0.5), space),
        codec.encode_state(State(value, 0.5, info=info), space),
        codec.encode_state(State(value, 0.5, terminated=True), space),
    ]


def kept_inputs(folder: Path = CORPUS / "python-codec") -> list[Seed]:
    """Reads the inputs that were found before; each is read against all spaces."""
    messages = [path.read_bytes() for path in sorted(folder.iterdir())]
    return [Seed(message, space) for message in messages for space in SPACES]


class Mutator:
    """Changes messages, from a seed."""

    def __init__(self, seeds: list[Seed], seed: int) -> None:
        self._random = random.Random(seed)
        self._pool = list(seeds)
        self._changes: list[Callable[[bytearray], None]] = [
            self._flip,
            self._set,
            self._insert,
            self._delete,
            self._cut,
            self._repeat,
            self._number,
            self._splice,
        ]

    def inputs(self) -> Iterator[Seed]:
        """Yields inputs for ever: random bytes, a tenth; changed bytes; changed fields, half."""
        while True:
            kind = self._random.random()
            changes = self._random.choice((1, 1, 1, 2, 4, 8))
            seed = self._random.choice(self._pool)
            if kind < 0.1:
                data = self._random.randbytes(self._random.randrange(64))
            elif kind < 0.5:
                data = self._change_bytes(seed.message, changes)
            else:
                data = self._change_fields(seed.message, changes)
            yield Seed(data[:MAX_BYTES], seed.space)

    def _change_bytes(self, message: bytes, changes: int) -> bytes:
        data = bytearray(message)
        for _ in range(changes):
            self._random.choice(self._changes)(data)
        return bytes(data)

    def _change_fields(self, message: bytes, changes: int) -> bytes:
        tree = wire_tree.parse(message)
        if tree is None:
            return message
        for _ in range(changes):
            wire_tree.change(tree, self._random)
        return wire_tree.serialize(tree)

    def _at(self, data: bytearray) -> int:
        return self._random.randrange(len(data) + 1)

    def _flip(self, data: bytearray) -> None:
        if data:
            data[self._random.randrange(len(data))] ^= 1 << self._random.randrange(8)

    def _set(self, data: bytearray) -> None:
        if data:
            data[self._random.randrange(len(data))] = self._random.choice((0, 1, 8, 18, 127, 255))

    def _insert(self, data: bytearray) -> None:
        at = self._at(data)
        data[at:at] = self._random.randbytes(self._random.randrange(1, 8))

    def _delete(self, data: bytearray) -> None:
        at = self._at(data)
        del data[at : at + self._random.randrange(1, 8)]

    def _cut(self, data: bytearray) -> None:
        del data[self._at(data) :]

    def _repeat(self, data: bytearray) -> None:
        at = self._at(data)
        chunk = data[at : at + self._random.randrange(1, 64)]
        data[at:at] = chunk * self._random.choice((1, 1, 2, 30))

    def _number(self, data: bytearray) -> None:
        """Puts a whole number as the wire writes it over a byte: a length, a size, a count."""
        at = self._at(data)
        data[at : at + 1] = wire_tree.varint(self._random.choice(wire_tree.NUMBERS))

    def _splice(self, data: bytearray) -> None:
        other = self._random.choice(self._pool).message
        data[self._at(data) :] = other[self._random.randrange(len(other) + 1) :]


def require_of_space(value: Any, space: Space) -> None:
    """Checks that a decoded value has the form of its space; bounds are not the decoder's."""
    if isinstance(space, spaces.Box):
        assert isinstance(value, np.ndarray), value
        assert (value.shape, value.dtype) == (space.shape, space.dtype)
    elif isinstance(space, spaces.Discrete):
        assert value in space, value
    elif isinstance(space, spaces.Tuple):
        assert isinstance(value, tuple)
        for each, inner in zip(value, space.spaces, strict=True):
            require_of_space(each, inner)
    else:
        assert isinstance(space, spaces.Dict)
        assert list(value) == list(space.spaces)
        for name, inner in space.spaces.items():
            require_of_space(value[name], inner)


def check_hello(data: bytes, space: Space) -> None:
    """A hello that was understood is understood again when it is sent on."""
    hello = codec.decode_hello(data)
    again = codec.decode_hello(codec.encode_hello(hello))
    assert type(again.observation_space) is type(hello.observation_space)
    assert again.process_id == hello.process_id


def check_state(data: bytes, space: Space) -> None:
    state = codec.decode_state(data, space)
    assert isinstance(state.info, dict)
    if state.observation is not None:
        require_of_space(state.observation, space)
        again = codec.decode_state(codec.encode_state(state, space), space)
        assert codec.encode_state(again, space) == codec.encode_state(state, space)


def check_reader(data: bytes, space: Space) -> None:
    """What the compiled reader accepts is what the decoder makes of it."""
    if id(space) not in _READERS:
        _READERS[id(space)] = UsualCodec(space, space)
    quick = _READERS[id(space)].decode_state(data)
    try:
        exact = codec.decode_state(data, space)
    except ProtocolError as error:
        raise AssertionError(f"read by the compiled reader, and no message: {error}") from error
    assert codec.encode_state(quick, space) == codec.encode_state(exact, space)


def check_action(data: bytes, space: Space) -> None:
    action = codec.decode_action(data, space)
    if action is not None:
        require_of_space(action, space)


def check_ack(data: bytes, space: Space) -> None:
    assert codec.decode_ack(data) in (True, False)


CHECKS = (check_hello, check_state, check_reader, check_action, check_ack)
_READERS: dict[int, UsualCodec] = {}


def try_input(data: bytes, space: Space) -> Counter[str]:
    """Gives one input to all decoders.

    Raises:
        Exception: whatever leaves a decoder and is neither a ProtocolError nor a UsageError.
    """
    outcomes: Counter[str] = Counter()
    for check in CHECKS:
        try:
            check(data, space)
            outcomes[f"{check.__name__} accepted"] += 1
        except (ProtocolError, UsageError):
            outcomes["refused"] += 1
    return outcomes


def fuzz(runs: int, seed: int) -> dict[str, Any]:
    """Gives that many inputs to the decoders.

    Raises:
        AssertionError: a finding; the text has the input.
    """
    mutator = Mutator(valid_messages() + kept_inputs(), seed)
    outcomes: Counter[str] = Counter()
    since = time.monotonic()
    slowest_s = 0.0
    for each in itertools.islice(mutator.inputs(), runs):
        before = time.process_time()
        where = f"{each.message.hex()} with {each.space}"
        try:
            outcomes.update(try_input(each.message, each.space))
        except Exception as error:
            raise AssertionError(f"{where}: {error!r}") from error
        took_s = time.process_time() - before
        slowest_s = max(slowest_s, took_s)
        assert took_s < SLOW_S, f"{where}: {took_s:.1f} s"
    return {
        "inputs": runs,
        "decodes": outcomes.total(),
        "outcomes": dict(outcomes),
        "inputs_per_s": round(runs / (time.monotonic() - since)),
        "slowest_s": round(slowest_s, 3),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def limit_memory() -> None:
    """Makes an input that needs much more memory than there is now end in a MemoryError."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + ROOM_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=10_000, help="inputs; each to all decoders")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    warnings.simplefilter("error")
    limit_memory()
    try:
        print(json.dumps(fuzz(options.runs, options.seed)))
    except AssertionError as finding:
        print(f"found: {finding}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
