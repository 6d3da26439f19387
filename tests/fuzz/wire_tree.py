"""Protobuf messages as trees of fields: changed inside, they stay well-formed."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

VARINT, I64, LEN, I32 = 0, 1, 2, 5
WIDTHS = {I64: 8, I32: 4}
MAX_FIELD = 200
NUMBERS = [0, 1, 2, 3, 4, 5, 127, 128, 255, 2**14, 2**26, 2**31 - 1, 2**31, 2**32 - 1, 2**64 - 1]


@dataclass
class Node:
    """One field: a number, bytes, or the fields of a message in it."""

    field: int
    wire_type: int
    value: int | bytes | list[Node]


def varint(number: int) -> bytes:
    """Writes a whole number as the wire does."""
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def parse(data: bytes) -> list[Node] | None:
    """Reads a message; None if the bytes are none."""
    nodes = []
    at = 0
    while at < len(data):
        tag, at = _read_varint(data, at)
        field, wire_type = tag >> 3, tag & 7
        if not 0 < field <= MAX_FIELD:
            return None
        value: Any
        if wire_type == VARINT:
            value, at = _read_varint(data, at)
        elif wire_type in WIDTHS:
            value, at = data[at : at + WIDTHS[wire_type]], at + WIDTHS[wire_type]
        elif wire_type == LEN:
            length, at = _read_varint(data, at)
            inner, at = data[at : at + length], at + length
            value = (parse(inner) if inner else None) or inner
        else:
            return None
        if at > len(data):
            return None
        nodes.append(Node(field, wire_type, value))
    return nodes


def serialize(nodes: list[Node]) -> bytes:
    """Writes a message; all lengths are right."""
    out = bytearray()
    for node in nodes:
        out += varint(node.field << 3 | node.wire_type)
        if node.wire_type == VARINT:
            assert isinstance(node.value, int)
            out += varint(node.value)
            continue
        body = serialize(node.value) if isinstance(node.value, list) else node.value
        assert isinstance(body, bytes)
        out += (varint(len(body)) if node.wire_type == LEN else b"") + body
    return bytes(out)


def change(nodes: list[Node], source: random.Random) -> None:
    """Changes one field, anywhere in the tree."""
    lists = [nodes]
    for each in lists:  # grows
        lists += [node.value for node in each if isinstance(node.value, list)]
    fields = source.choice([each for each in lists if each] or [[]])
    if not fields:
        return
    at = source.randrange(len(fields))
    kind = source.randrange(5)
    if kind == 0:
        del fields[at]
    elif kind == 1:
        fields[at:at] = [fields[at]] * source.choice((1, 1, 2, 40))
    elif kind == 2:
        fields[at], fields[0] = fields[0], fields[at]
    elif kind == 3:
        fields[at] = Node(source.randrange(1, 8), fields[at].wire_type, fields[at].value)
    else:
        fields[at] = Node(fields[at].field, fields[at].wire_type, _other(fields[at], source))


def _other(node: Node, source: random.Random) -> int | bytes | list[Node]:
    if node.wire_type == VARINT:
        return source.choice(NUMBERS)
    if node.wire_type in WIDTHS:
        return source.choice((b"\0", b"\x7f", b"\xff", b"\x80")) * WIDTHS[node.wire_type]
    if isinstance(node.value, list):
        return []
    assert isinstance(node.value, bytes)
    return node.value[: source.randrange(len(node.value) + 1)] + source.randbytes(
        source.randrange(3)
    )


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while at < len(data) and shift < 64:
        number |= (data[at] & 127) << shift
        at += 1
        if data[at - 1] < 128:
            return number & 2**64 - 1, at
        shift += 7
    return 0, len(data) + 1  # not a number: beyond the end
