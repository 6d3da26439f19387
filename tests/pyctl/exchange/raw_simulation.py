"""A simulation's end of a segment, written from the tables of PROTOCOL.md with ``mmap`` alone."""

from __future__ import annotations

import mmap
import os
import struct
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from pyctl.exchange import codec
from pyctl.exchange.codec import Hello
from pyctl.exchange.spaces import Space

HELLO, STATE, GO, ACTION, STOP, BRANCH, MORE, CONTINUE = range(1, 9)
AREA, AREA_BYTES, ARENAS = 4096, 61440, 65536
PID, START = 128, 136
TURN, RECORD, CLOSED = 384, 448, 516
AGENT_TURN, AGENT_RECORD = 640, 704
DEV_SHM = "/dev/shm"  # noqa: S108 - where named shared memory would be
RECORD_FORMAT = "<IIQdfII"  # kind, step, bytes, t_sim_s, reward, end, has_border


def start_ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[22 - 3])


def offsets(space: Space, start: int) -> tuple[list[int], int]:
    """Where the leaves of a space lie from ``start`` on, and where the last one ends."""
    places = []
    for leaf in leaves(space):
        place = -(-start // 64) * 64
        places.append(place)
        start = place + leaf.nbytes
    return places, start


def leaves(space: Space) -> list[npt.NDArray[Any]]:
    """Empty arrays in the shape and dtype of a space's leaves."""
    if isinstance(space, spaces.Discrete):
        return [np.empty((), np.int32)]
    if isinstance(space, spaces.Box):
        return [np.empty(space.shape, space.dtype)]
    inner = space.spaces.values() if isinstance(space, spaces.Dict) else space.spaces  # type: ignore[attr-defined]
    return [leaf for element in inner for leaf in leaves(element)]


def flat(value: Any) -> list[Any]:
    """The leaves of a value."""
    if isinstance(value, dict):
        value = tuple(value.values())
    return [leaf for v in value for leaf in flat(v)] if isinstance(value, tuple) else [value]


class RawSimulation:
    """Speaks over the segment at an endpoint; never waits."""

    def __init__(self, endpoint: str, observation_space: Space, action_space: Space) -> None:
        self.spaces = (observation_space, action_space)
        self.file = os.open(endpoint.removeprefix("shm:"), os.O_RDWR)
        self.memory = mmap.mmap(self.file, ARENAS)
        self.turns = 0
        self.write(START, struct.pack("<Q", start_ticks(os.getpid())))
        self.write(PID, struct.pack("<Q", os.getpid()))

    def close(self) -> None:
        self.memory.close()
        os.close(self.file)

    def write(self, place: int, data: bytes) -> None:
        self.memory[place : place + len(data)] = data

    def post(
        self, kind: int, message: bytes = b"", *, bytes_: int | None = None, **more: Any
    ) -> None:
        self.write(AREA, message)
        told = len(message) if bytes_ is None else bytes_
        names = ("step", "t_sim_s", "reward", "end", "has_border")
        step, t_sim_s, reward, end, has_border = (more.get(name, 0) for name in names)
        record = struct.pack(RECORD_FORMAT, kind, step, told, t_sim_s, reward, end, has_border)
        self.write(RECORD, record)
        self.turns += 1
        self.write(TURN, struct.pack("<I", self.turns))

    def hello(self) -> None:
        self.post(HELLO, codec.encode_hello(Hello(os.getpid(), *self.spaces)))

    def agent_turns(self) -> int:
        """How many turns the agent has taken."""
        return int(struct.unpack_from("<I", self.memory, AGENT_TURN)[0])

    def take(self, kind: int) -> bytes:
        """What the agent said; it said it before."""
        assert self.agent_turns() == self.turns
        said, _, told, *_ = struct.unpack_from(RECORD_FORMAT, self.memory, AGENT_RECORD)
        assert said == kind
        return self.memory[AREA : AREA + told]

    def map_arenas(self) -> None:
        self.take(GO)
        observation, end = offsets(self.spaces[0], ARENAS)
        action, end = offsets(self.spaces[1], -(-end // 128) * 128)
        self.places = (observation, action)
        size = os.fstat(self.file).st_size
        assert size == -(-end // 64) * 64
        self.memory = mmap.mmap(self.file, size)

    def state(self, observation: Any, info: bytes = b"", **more: Any) -> None:
        arrays = zip(flat(observation), leaves(self.spaces[0]), self.places[0], strict=True)
        for value, leaf, place in arrays:
            self.write(place, np.asarray(value, leaf.dtype).tobytes())
        self.post(STATE, info, **more)

    def action(self) -> list[npt.NDArray[Any]]:
        self.take(ACTION)
        return [
            np.frombuffer(self.memory, leaf.dtype, leaf.size, place).reshape(leaf.shape)
            for leaf, place in zip(leaves(self.spaces[1]), self.places[1], strict=True)
        ]
