"""The format of z: round trips, sizes, and bytes that nobody of ours wrote."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from agents.ddnn.message import Kind, Message, MessageError, pack, size, unpack

FLOATS = arrays.arrays(
    np.float32, 16, elements=st.floats(-1e6, 1e6, width=32, allow_subnormal=True)
)
Z = np.linspace(-1, 1, 16, dtype=np.float32)


@given(values=FLOATS, sequence=st.integers(0, 2**32 - 1))
def test_round_trip(values: np.ndarray, sequence: int) -> None:
    data = pack(Message(Kind.SIGNAL, sequence, values))
    got = unpack(data, values=16)
    assert (got.kind, got.sequence) == (Kind.SIGNAL, sequence)
    assert got.values.tobytes() == values.tobytes()  # -0.0 stays -0.0


def test_every_byte_by_hand() -> None:
    data = pack(Message(Kind.ALLOCATION, 0x01020304, np.array([1.0, -2.0], np.float32)))
    head = b"DZ\x01\x02" + b"\x04\x03\x02\x01" + b"\x02\x00" + b"\x00\x00"
    body = b"\x00\x00\x80\x3f" + b"\x00\x00\x00\xc0"
    crc = zlib.crc32(head + bytes(4) + body)
    assert data == head + struct.pack("<I", crc) + body


def test_sizes() -> None:
    assert len(pack(Message(Kind.SIGNAL, 0, Z))) == size(16) == 80
    assert len(pack(Message(Kind.PROBE, 0, np.empty(0, np.float32)))) == size(0) == 16


def test_probes_are_answered_without_values() -> None:
    got = unpack(pack(Message(Kind.ECHO, 9, np.empty(0, np.float32))), values=16)
    assert (got.kind, got.sequence, got.values.size) == (Kind.ECHO, 9, 0)


@given(data=st.binary(max_size=120))
def test_random_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(MessageError):
        unpack(data, values=16)


@given(position=st.integers(0, 79), bit=st.integers(0, 7))
def test_every_flipped_bit_is_seen(position: int, bit: int) -> None:
    data = bytearray(pack(Message(Kind.SIGNAL, 77, Z)))
    data[position] ^= 1 << bit
    with pytest.raises(MessageError):
        unpack(bytes(data), values=16)


@given(length=st.integers(0, 79))
def test_truncated_bytes_are_refused(length: int) -> None:
    with pytest.raises(MessageError, match="bytes"):
        unpack(pack(Message(Kind.SIGNAL, 77, Z))[:length], values=16)


def forged(**changes: object) -> bytes:
    """A message with a right checksum and fields of one's choice."""
    fields = {"version": 1, "kind": 1, "count": 16, "reserved": 0, "body": Z.tobytes(), **changes}
    head = struct.pack(
        "<2sBBIHH",
        b"DZ",
        fields["version"],
        fields["kind"],
        5,
        fields["count"],
        fields["reserved"],
    )
    body = fields["body"]
    assert isinstance(body, bytes)
    return head + struct.pack("<I", zlib.crc32(head + bytes(4) + body)) + body


def test_a_forged_message_without_changes_is_read() -> None:
    assert unpack(forged(), values=16).sequence == 5


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"version": 2}, "version 2; 1 is required"),
        ({"kind": 9}, "kind 9; 1, 2, 3, 4 are known"),
        ({"reserved": 1}, "damaged"),
        ({"count": 15}, "80 bytes; 76 belong to 15 values"),
        ({"count": 2, "body": bytes(8)}, "signal has 2 values; 16 are required"),
        ({"kind": 3}, "probe has 16 values; 0 are required"),
        ({"body": np.full(16, np.nan, np.float32).tobytes()}, "station 0 is nan; a finite"),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, object], told: str) -> None:
    with pytest.raises(MessageError, match=told):
        unpack(forged(**changes), values=16)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nothing_infinite_is_sent(value: float) -> None:
    values = Z.copy()
    values[3] = value
    with pytest.raises(MessageError, match="station 3"):
        pack(Message(Kind.SIGNAL, 0, values))


def test_nothing_of_a_wrong_form_is_sent() -> None:
    with pytest.raises(MessageError, match="shape"):
        pack(Message(Kind.SIGNAL, 0, Z.reshape(4, 4)))
    with pytest.raises(MessageError, match="signal has 0 values"):
        pack(Message(Kind.SIGNAL, 0, np.empty(0, np.float32)))
    with pytest.raises(MessageError, match="sequence is -1"):
        pack(Message(Kind.SIGNAL, -1, Z))
