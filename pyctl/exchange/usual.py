"""States and actions of one pair of spaces over sockets, the usual ones at a tenth of the cost.

The compiled part knows floats, doubles and choices, in the form in which protobuf writes them.
Whatever else comes goes through ``codec``, which also says what is wrong with it; the results are
the same.
"""

from __future__ import annotations

import contextlib
from typing import Any

from pyctl.errors import ProtocolError
from pyctl.exchange import codec
from pyctl.exchange import messages as wire
from pyctl.exchange._wire import WireCodec
from pyctl.exchange.codec import State
from pyctl.exchange.spaces import Space, nested_tuples


class UsualCodec:
    """Reads states and writes actions of one pair of spaces."""

    def __init__(self, observation_space: Space, action_space: Space) -> None:
        self._observation_space = observation_space
        self._action_space = action_space
        self._compiled: WireCodec | None = None
        # Whole numbers are left to the other codec.
        with contextlib.suppress(ProtocolError):
            self._compiled = WireCodec(
                nested_tuples(observation_space), nested_tuples(action_space)
            )

    def decode_state(self, data: bytes) -> State:
        """Reads ``EnvStateMsg``; see ``codec.decode_state``."""
        found = self._compiled.decode_state(data) if self._compiled else None
        if found is None:
            return codec.decode_state(data, self._observation_space)
        observation, reward, is_last, reason, text = found
        terminated = is_last and reason == wire.GAME_OVER
        info = codec.read_info(text)
        return State(observation, reward, terminated, is_last and not terminated, info)

    def encode_action(self, action: Any) -> bytes:
        """Writes ``EnvActMsg``; see ``codec.encode_action``."""
        message = self._compiled.encode_action(action) if self._compiled else None
        return codec.encode_action(action, self._action_space) if message is None else message
