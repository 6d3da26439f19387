"""Spaces of the wire <-> gymnasium spaces.

A Box of the wire has one low and one high for all its elements. Bounds per element ride in our
scenarios' description (a JSON object); ``fields_space`` makes the exact space from it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from google.protobuf.message import DecodeError
from google.protobuf.unknown_fields import UnknownFieldSet
from gymnasium import spaces

from pyctl.errors import ProtocolError
from pyctl.exchange import messages as wire

Space = spaces.Space[Any]

DTYPES: dict[int, npt.DTypeLike] = {
    wire.INT: np.int32,
    wire.UINT: np.uint32,
    wire.FLOAT: np.float32,
    wire.DOUBLE: np.float64,
}
# A few bytes can declare arrays of any size, and a Box keeps four arrays of bounds: of one space,
# all Boxes together have at most this many elements (75 MB of bounds).
MAX_ELEMENTS = 2**22
MAX_AXES = 32
MAX_DEPTH = 32
TYPE_URL = "type.googleapis.com/"


def space_from_wire(description: Any, where: str = "space") -> Space:
    """Reads a ``SpaceDescription``.

    Args:
        description: the message.
        where: what it describes, for error texts.

    Raises:
        ProtocolError: it is not a space, or one of more than ``MAX_ELEMENTS`` elements.
    """
    return _Reader().read(description, where, depth=0)


def space_to_wire(space: Space, name: str = "") -> Any:
    """Writes a ``SpaceDescription``; a Box gets its lowest low and its highest high.

    Raises:
        ProtocolError: the wire has no such space.
    """
    message = wire.SpaceDescription(name=name)
    if isinstance(space, spaces.Box):
        body = wire.BoxSpace(
            low=float(space.low.min()) if space.low.size else 0.0,
            high=float(space.high.max()) if space.high.size else 0.0,
            dtype=dtype_to_wire(space.dtype),
            shape=space.shape,
        )
        message.type = wire.BOX
    elif isinstance(space, spaces.Discrete) and space.start == 0:
        body = wire.DiscreteSpace(n=int(space.n))
        message.type = wire.DISCRETE
    elif isinstance(space, spaces.Tuple):
        body = wire.TupleSpace(element=[space_to_wire(element) for element in space.spaces])
        message.type = wire.TUPLE
    elif isinstance(space, spaces.Dict):
        body = wire.DictSpace(
            element=[space_to_wire(element, key) for key, element in space.spaces.items()]
        )
        message.type = wire.DICT
    else:
        raise ProtocolError(f"{space} cannot travel; Discrete from 0, Box, Tuple, Dict can")
    pack(message.space, body)
    return message


def fields_space(fields: Sequence[Mapping[str, Any]]) -> spaces.Dict:
    """Makes the space of an observation or action from its fields in the description.

    Bounds and dtypes are the fields' own; the order is that of the description.
    """
    return spaces.Dict([(field["name"], _field_box(field)) for field in fields])


def require_same_layout(declared: Space, sent: Space, where: str) -> None:
    """Checks that a space of the description and the one on the wire agree.

    Bounds may differ, since the wire has no bounds per element.

    Raises:
        ProtocolError: they differ in kind, names, shape or dtype.
    """
    if type(declared) is not type(sent):
        raise ProtocolError(f"{where} is {sent} on the wire; the description says {declared}")
    if isinstance(declared, spaces.Dict) and isinstance(sent, spaces.Dict):
        if list(declared.spaces) != list(sent.spaces):
            raise ProtocolError(
                f"{where} has the fields {list(sent.spaces)} on the wire; "
                f"the description says {list(declared.spaces)}"
            )
        for name, element in declared.spaces.items():
            require_same_layout(element, sent.spaces[name], name)
    elif (declared.shape, declared.dtype) != (sent.shape, sent.dtype):
        raise ProtocolError(
            f"{where} is {sent.dtype} {sent.shape} on the wire; "
            f"the description says {declared.dtype} {declared.shape}"
        )


def dtype_to_wire(dtype: npt.DTypeLike) -> int:
    """Returns the wire's type for elements of a dtype: 32 bits for integers of all widths."""
    kind = np.dtype(dtype)
    if kind.kind in "iub":
        return wire.INT if kind.kind == "i" else wire.UINT
    return wire.DOUBLE if kind == np.float64 else wire.FLOAT


def pack(container: Any, message: Any) -> None:
    """Puts a message into an ``Any``, as its ``Pack`` does at more expense."""
    container.type_url = TYPE_URL + message.DESCRIPTOR.full_name
    container.value = message.SerializeToString()


def unpack(container: Any, name: str, where: str) -> Any:
    """Takes the message of the given name out of an ``Any``.

    Raises:
        ProtocolError: another message is there, or none, or damaged bytes.
    """
    message = wire.CLASSES[name]()
    if container.type_url.rpartition("/")[1:] != ("/", f"{wire.PACKAGE}.{name}"):
        raise ProtocolError(
            f"{where}: {container.type_url or 'nothing'} was sent; "
            f"{wire.PACKAGE}.{name} is required"
        )
    try:
        message.ParseFromString(container.value)
    except DecodeError as error:
        raise ProtocolError(f"{where}: the bytes are no {name}: {error}") from error
    require_known_fields(message, f"{where} ({name})")
    return message


def require_known_fields(message: Any, where: str) -> None:
    """Refuses bytes that parse, but belong to no field of the message.

    Raises:
        ProtocolError: there are such bytes.
    """
    unknown = UnknownFieldSet(message)
    if len(unknown):
        raise ProtocolError(f"{where}: bytes of the unknown field {unknown[0].field_number}")


class _Reader:
    """Reads one space with all spaces in it, and counts their elements."""

    def __init__(self) -> None:
        self._elements = 0

    def read(self, description: Any, where: str, depth: int) -> Space:
        if depth > MAX_DEPTH:
            raise ProtocolError(f"{where} is nested deeper than {MAX_DEPTH}")
        kind = description.type
        if kind == wire.BOX:
            return self._box(unpack(description.space, "BoxSpace", where), where)
        if kind == wire.DISCRETE:
            return _discrete(unpack(description.space, "DiscreteSpace", where), where)
        if kind == wire.TUPLE:
            elements = unpack(description.space, "TupleSpace", where).element
            return spaces.Tuple(
                [self.read(e, f"{where}.{i}", depth + 1) for i, e in enumerate(elements)]
            )
        if kind == wire.DICT:
            return self._dict(unpack(description.space, "DictSpace", where).element, where, depth)
        raise ProtocolError(f"{where} has type {kind}; Discrete, Box, Tuple or Dict is required")

    def _dict(self, elements: Any, where: str, depth: int) -> spaces.Dict:
        names = [element.name for element in elements]
        if len(set(names)) != len(names):
            raise ProtocolError(f"{where} has the fields {names}; each name may come once")
        return spaces.Dict([(e.name, self.read(e, e.name, depth + 1)) for e in elements])

    def _box(self, message: Any, where: str) -> spaces.Box:
        if message.dtype not in DTYPES:
            raise ProtocolError(f"{where} has dtype {message.dtype}; 1 to 4 are known")
        dtype = np.dtype(DTYPES[message.dtype])
        shape = self._shape(message.shape, where)
        low, high = message.low, message.high
        if not low <= high:
            raise ProtocolError(f"{where} has low {low} and high {high}; low <= high is required")
        if low == high == 0:
            # ns3-gym sends 0, 0 for a Box that was made with bounds per element.
            low, high = -np.inf, np.inf
        return spaces.Box(
            np.full(shape, _within(low, dtype), dtype),
            np.full(shape, _within(high, dtype), dtype),
            dtype=dtype,
        )

    def _shape(self, lengths: Sequence[int], where: str) -> tuple[int, ...]:
        if len(lengths) > MAX_AXES:
            raise ProtocolError(f"{where} has {len(lengths)} axes; at most {MAX_AXES} are allowed")
        shape = tuple(lengths)
        # An array without elements has strides of its other axes all the same.
        self._elements += math.prod(max(length, 1) for length in shape)
        if self._elements > MAX_ELEMENTS:
            raise ProtocolError(
                f"{where} has shape {shape}; at most {MAX_ELEMENTS} elements travel in one space"
            )
        return shape


def _within(bound: float, dtype: np.dtype[Any]) -> Any:
    """Brings a bound, a 32-bit float, into the range of an integer dtype."""
    if dtype.kind == "f":
        return bound
    limits = np.iinfo(dtype)
    if not np.isfinite(bound):
        return limits.min if bound < 0 else limits.max
    return min(max(int(bound), limits.min), limits.max)


def _discrete(message: Any, where: str) -> spaces.Discrete:
    if message.n < 1:
        raise ProtocolError(f"{where} is Discrete({message.n}); at least one choice is required")
    return spaces.Discrete(message.n)


def _field_box(field: Mapping[str, Any]) -> spaces.Box:
    shape = tuple(int(length) for length in field["shape"])
    dtype = np.dtype(field["dtype"])
    low, high = (_bound(field[side], shape, dtype) for side in ("low", "high"))
    return spaces.Box(low, high, dtype=dtype)


def _bound(
    bound: float | Sequence[float], shape: tuple[int, ...], dtype: np.dtype[Any]
) -> npt.NDArray[Any]:
    values = np.asarray(bound, dtype=dtype)
    return np.full(shape, values) if values.ndim == 0 else values.reshape(shape)
