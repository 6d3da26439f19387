"""Messages whose bytes are all known but for their numbers: written and read without a parser.

For a space of float32 Boxes, ``EnvActMsg`` and the observation in ``EnvStateMsg`` always have the
same length and differ in the elements alone, which lie in them as they lie in an array. So they are
copied, in a fraction of the time that building or parsing nested messages takes. What does not look
like that is left to ``codec``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from pyctl.exchange import codec
from pyctl.exchange.codec import State
from pyctl.exchange.spaces import Space

FLOAT = np.dtype("<f4")
# A number that no length, tag or name is likely to hold: it finds the elements in the bytes.
_MARK = np.frombuffer(b"\xa5\x5a\xc3\x3c", FLOAT)


class Template:
    """The bytes of a value of one space, and where its elements are in them.

    Attributes:
        whole: the bytes, with zeros for elements.
    """

    def __init__(self, space: Space, whole: bytes, places: list[slice]) -> None:
        self.whole = whole
        self._space = space
        self._places = places
        edges = [0, *(edge for place in places for edge in (place.start, place.stop)), len(whole)]
        self._between = [slice(*pair) for pair in zip(edges[::2], edges[1::2], strict=True)]
        self._known = [whole[part] for part in self._between]
        self._names = list(space.spaces) if isinstance(space, spaces.Dict) else None
        self._shapes = [leaf.shape for leaf in _leaves(space)]

    def fill(self, value: Any) -> bytes:
        """Writes a value of the space."""
        values = (value,) if self._names is None else [value[name] for name in self._names]
        message = bytearray(self.whole)
        for place, array in zip(self._places, values, strict=True):
            message[place] = array.astype(FLOAT, copy=False).tobytes()
        return bytes(message)

    def read(self, message: bytes) -> Any | None:
        """Reads a value from the beginning of a message; None if it is not written like this."""
        if len(message) < len(self.whole):  # cut off among the elements
            return None
        for part, known in zip(self._between, self._known, strict=True):
            if message[part] != known:
                return None
        arrays = [
            np.frombuffer(message[place], FLOAT).reshape(shape).copy()
            for place, shape in zip(self._places, self._shapes, strict=True)
        ]
        return arrays[0] if self._names is None else dict(zip(self._names, arrays, strict=True))


class ActionWriter:
    """Writes the actions of one space as ``codec.encode_action`` does."""

    def __init__(self, space: Space) -> None:
        self._space = space
        self._template = _template(space, lambda value: codec.encode_action(value, space))

    def write(self, action: Any) -> bytes:
        """Writes ``EnvActMsg`` with an action that is in the space."""
        if self._template is None:
            return codec.encode_action(action, self._space)
        return self._template.fill(action)


class StateReader:
    """Reads the states of one observation space as ``codec.decode_state`` does."""

    def __init__(self, space: Space) -> None:
        self._space = space
        self._template = _template(
            space, lambda value: codec.encode_state(State(value, 0.0), space)
        )

    def read(self, message: bytes) -> State:
        """Reads ``EnvStateMsg``.

        Raises:
            ProtocolError: as ``codec.decode_state``.
        """
        observation = None if self._template is None else self._template.read(message)
        if observation is None or self._template is None:
            return codec.decode_state(message, self._space)
        rest = message[len(self._template.whole) :]
        return codec.decode_state(rest, self._space, observation)


def _template(space: Space, write: Any) -> Template | None:
    """Finds where the elements of each leaf are; None if the space has other leaves than floats."""
    leaves = list(_leaves(space))
    floats = all(isinstance(leaf, spaces.Box) and leaf.dtype == FLOAT for leaf in leaves)
    nested = isinstance(space, spaces.Tuple) or len(leaves) == 0
    if nested or not floats or not all(int(np.prod(leaf.shape)) for leaf in leaves):
        return None
    zeros = [np.zeros(leaf.shape, FLOAT) for leaf in leaves]
    whole = write(_compose(space, zeros))
    places = []
    for i, leaf in enumerate(leaves):
        marked = [*zeros[:i], np.full(leaf.shape, _MARK[0], FLOAT), *zeros[i + 1 :]]
        mark = marked[i].tobytes()
        start = write(_compose(space, marked)).find(mark)
        if start < 0:
            return None
        places.append(slice(start, start + len(mark)))
    return Template(space, whole, places)


def _leaves(space: Space) -> Iterator[Any]:
    if isinstance(space, spaces.Dict):
        yield from space.spaces.values()
    else:
        yield space


def _compose(space: Space, arrays: list[npt.NDArray[Any]]) -> Any:
    if isinstance(space, spaces.Dict):
        return dict(zip(space.spaces, arrays, strict=True))
    return arrays[0]
