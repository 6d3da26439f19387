"""What travels between edge and cloud, as bytes: z up, the remote allocation down, probes.

All little-endian, 16 bytes of header and 4 bytes a value:

    offset  size  field
    0       2     magic "DZ"
    2       1     version, 1
    3       1     kind: 1 signal (edge to cloud), 2 allocation (cloud to edge), 3 probe, 4 echo
    4       4     sequence number of the decision; an answer carries that of its question
    8       2     number of values; 0 in probes and echoes
    10      2     reserved, 0
    12      4     CRC-32 of the whole message with 0 in this place
    16      4 n   values, float32, finite

With 16 stations a message is 80 bytes; UDP and IPv4 add 28.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from agents.errors import AllocatorError

MAGIC = b"DZ"
VERSION = 1
_HEADER = struct.Struct("<2sBBIHHI")
HEADER_BYTES = _HEADER.size
VALUE_BYTES = 4
MAX_VALUES = 0xFFFF
MAX_SEQUENCE = 0xFFFFFFFF

Array = npt.NDArray[np.float32]


class Kind(IntEnum):
    """What a message is."""

    SIGNAL = 1
    ALLOCATION = 2
    PROBE = 3
    ECHO = 4

    @property
    def has_values(self) -> bool:
        """Whether it carries values: probes and their echoes carry none."""
        return self in (Kind.SIGNAL, Kind.ALLOCATION)


class MessageError(AllocatorError):
    """Bytes that are no message, or values that no message may carry."""


@dataclass(frozen=True, eq=False)
class Message:
    """One message.

    Attributes:
        kind: what it is.
        sequence: number of the decision.
        values: z or allocation of each station, (stations,); empty in probes and echoes.
    """

    kind: Kind
    sequence: int
    values: Array


def size(values: int) -> int:
    """Bytes of a message with that many values, without the headers of UDP and IP."""
    return HEADER_BYTES + VALUE_BYTES * values


def pack(message: Message) -> bytes:
    """Writes a message.

    Raises:
        MessageError: a value is not finite, or there are too many or none where some belong.
    """
    values = np.ascontiguousarray(message.values, dtype="<f4")
    if not 0 <= message.sequence <= MAX_SEQUENCE:
        raise MessageError(f"sequence is {message.sequence}; 0 to {MAX_SEQUENCE} is required")
    if values.ndim != 1 or values.size > MAX_VALUES:
        raise MessageError(f"values have shape {values.shape}; one axis of at most {MAX_VALUES}")
    _check_values(message.kind, values)
    return _assemble(message.kind, message.sequence, values.tobytes())


def unpack(data: bytes, values: int) -> Message:
    """Reads a message.

    Args:
        data: all its bytes.
        values: number of values that a signal or allocation must have here.

    Raises:
        MessageError: they are truncated, too many, damaged or of another version.
    """
    if len(data) < HEADER_BYTES:
        raise MessageError(f"message has {len(data)} bytes; {HEADER_BYTES} or more are required")
    magic, version, number, sequence, count, _, crc = _HEADER.unpack_from(data)
    if magic != MAGIC:
        raise MessageError(f"message begins with {magic!r}; {MAGIC!r} is required")
    if version != VERSION:
        raise MessageError(f"message is of version {version}; {VERSION} is required")
    if len(data) != size(count):
        raise MessageError(f"message has {len(data)} bytes; {size(count)} belong to {count} values")
    kind = _kind(number)
    wanted = values if kind.has_values else 0
    if count != wanted:
        raise MessageError(f"{kind.name.lower()} has {count} values; {wanted} are required")
    payload = data[HEADER_BYTES:]
    # What the sender would have written: a reserved field or checksum of another value differs.
    if _assemble(kind, sequence, payload) != data:
        raise MessageError(f"message is damaged: its checksum is {crc:#010x}")
    read = np.frombuffer(payload, dtype="<f4").astype(np.float32)
    _check_values(kind, read)
    return Message(kind, sequence, read)


def _assemble(kind: Kind, sequence: int, payload: bytes) -> bytes:
    count = len(payload) // VALUE_BYTES
    open_header = _HEADER.pack(MAGIC, VERSION, kind, sequence, count, 0, 0)
    crc = zlib.crc32(payload, zlib.crc32(open_header))
    return _HEADER.pack(MAGIC, VERSION, kind, sequence, count, 0, crc) + payload


def _kind(number: int) -> Kind:
    try:
        return Kind(number)
    except ValueError:
        raise MessageError(
            f"message is of kind {number}; {', '.join(str(k.value) for k in Kind)} are known"
        ) from None


def _check_values(kind: Kind, values: Array) -> None:
    if bool(values.size) != kind.has_values:
        raise MessageError(f"{kind.name.lower()} has {values.size} values")
    wrong = np.flatnonzero(~np.isfinite(values))
    if wrong.size:
        raise MessageError(
            f"value of station {wrong[0]} is {values[wrong[0]]}; a finite number is required"
        )
