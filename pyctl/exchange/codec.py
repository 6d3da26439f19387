"""Messages: bytes <-> values. Pure functions that know the wire, and no socket.

Values are those of gymnasium: numpy arrays in the declared shape and dtype, ints, tuples, dicts.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from google.protobuf.message import DecodeError, EncodeError
from gymnasium import spaces

from pyctl.errors import ProtocolError
from pyctl.exchange import messages as wire
from pyctl.exchange.spaces import (
    DTYPES,
    Space,
    dtype_to_wire,
    pack,
    require_known_fields,
    space_from_wire,
    space_to_wire,
    unpack,
)

MAX_MESSAGE_BYTES = 256 * 1024 * 1024

_LISTS = {
    wire.INT: "intData",
    wire.UINT: "uintData",
    wire.FLOAT: "floatData",
    wire.DOUBLE: "doubleData",
}
_FLOATS = (wire.FLOAT, wire.DOUBLE)
_KINDS: Mapping[type[Any], int] = {
    spaces.Box: wire.BOX,
    spaces.Discrete: wire.DISCRETE,
    spaces.Tuple: wire.TUPLE,
    spaces.Dict: wire.DICT,
}


@dataclass(frozen=True, eq=False)
class Hello:
    """First message of a simulation.

    Attributes:
        process_id: as the simulation says.
        observation_space: of its states.
        action_space: of the answers it expects.
    """

    process_id: int
    observation_space: Space
    action_space: Space


@dataclass(frozen=True, eq=False)
class State:
    """State at a decision border.

    Attributes:
        observation: value of the observation space; None if the simulation sent none.
        reward: of the interval before.
        terminated: the model ended the episode (reason GameOver).
        truncated: the simulated time is over (reason SimulationEnd).
        info: the state's JSON object; another text as ``{"info": text}``; empty if none.
        in_space: whether the observation is known to be in the session's space, bounds included.
    """

    observation: Any
    reward: float
    terminated: bool = False
    truncated: bool = False
    info: dict[str, Any] = field(default_factory=dict)
    in_space: bool = False

    @property
    def ended(self) -> bool:
        """Tells whether this is the last state of its episode."""
        return self.terminated or self.truncated


@dataclass(frozen=True)
class Peer:
    """Where a copy of a simulation finds its agent.

    Attributes:
        endpoint: of the agent.
        log: file that the copy's output goes to; empty: where the original's goes.
        run: ``RngRun`` that a branch draws random numbers by from there on; None: it goes on in
            its original's.
    """

    endpoint: str
    log: str = ""
    run: int | None = None


def encode_hello(hello: Hello) -> bytes:
    """Writes ``SimInitMsg``."""
    message = wire.SimInitMsg(
        simProcessId=hello.process_id,
        obsSpace=space_to_wire(hello.observation_space),
        actSpace=space_to_wire(hello.action_space),
    )
    return _bytes(message)


def decode_hello(data: bytes) -> Hello:
    """Reads ``SimInitMsg``; a space that is not there is an empty Dict.

    Raises:
        ProtocolError: the bytes are no such message.
    """
    message = _parse(data, "SimInitMsg")
    return Hello(
        process_id=message.simProcessId,
        observation_space=_space_or_none(message, "obsSpace", "observation"),
        action_space=_space_or_none(message, "actSpace", "action"),
    )


def encode_ack(stop: bool = False) -> bytes:
    """Writes ``SimInitAck``: go on, or stop."""
    return _bytes(wire.SimInitAck(stopSimReq=True) if stop else wire.SimInitAck(done=True))


def encode_refusal(why: str) -> bytes:
    """Writes ``SimInitAck``: stop, since this agent will not talk to you."""
    return _bytes(wire.SimInitAck(stopSimReq=True, refusal=why))


def decode_ack(data: bytes) -> bool:
    """Reads ``SimInitAck``; returns whether to go on.

    Raises:
        ProtocolError: the bytes are no such message, it says neither, or the agent refuses to talk.
    """
    message = _parse(data, "SimInitAck")
    if message.refusal:
        raise ProtocolError(f"the agent refused: {message.refusal}")
    if not (message.done or message.stopSimReq):
        raise ProtocolError("SimInitAck says neither done nor stopSimReq")
    return not message.stopSimReq


def encode_state(state: State, observation_space: Space) -> bytes:
    """Writes ``EnvStateMsg``."""
    message = wire.EnvStateMsg(
        reward=state.reward,
        isGameOver=state.ended,
        reason=wire.GAME_OVER if state.terminated else wire.SIMULATION_END,
        info=json.dumps(state.info) if state.info else "",
    )
    if state.observation is not None:
        message.obsData.CopyFrom(encode_value(state.observation, observation_space))
    return _bytes(message)


def decode_state(data: bytes, observation_space: Space) -> State:
    """Reads ``EnvStateMsg`` in the declared shapes and dtypes.

    Raises:
        ProtocolError: the bytes are no such message, or do not fit the space.
    """
    message = _parse(data, "EnvStateMsg")
    observation = None
    if message.HasField("obsData"):
        observation = decode_value(message.obsData, observation_space, "observation")
    terminated = message.isGameOver and message.reason == wire.GAME_OVER
    return State(
        observation=observation,
        reward=message.reward,
        terminated=terminated,
        truncated=message.isGameOver and not terminated,
        info=read_info(message.info),
    )


def encode_action(action: Any, action_space: Space) -> bytes:
    """Writes ``EnvActMsg`` with an action that is in the space.

    DOUBLE elements are sent as FLOAT, as ns3-gym's own agent does: its simulations expect it.
    """
    message = wire.EnvActMsg()
    message.actData.CopyFrom(encode_value(action, action_space, narrow=True))
    return _bytes(message)


def encode_stop() -> bytes:
    """Writes ``EnvActMsg`` that asks to stop in place of an action."""
    return _bytes(wire.EnvActMsg(stopSimReq=True))


def encode_branch(peers: Sequence[Peer]) -> bytes:
    """Writes ``EnvActMsg`` that asks for a copy of the simulation for each peer."""
    branches = [
        wire.BranchPeer(endpoint=peer.endpoint, log=peer.log, run=peer.run) for peer in peers
    ]
    return _bytes(wire.EnvActMsg(branch=branches))


def decode_action(data: bytes, action_space: Space) -> Any:
    """Reads ``EnvActMsg``; None if it asks to stop.

    Raises:
        ProtocolError: the bytes are no such message, or do not fit the space.
    """
    message = _parse(data, "EnvActMsg")
    if message.stopSimReq:
        return None
    return decode_value(message.actData, action_space, "action")


def encode_value(value: Any, space: Space, name: str = "", narrow: bool = False) -> Any:
    """Writes a ``DataContainer``.

    Args:
        value: an element of the space.
        space: of the wire.
        name: inside a Dict.
        narrow: send DOUBLE as FLOAT.
    """
    container = wire.DataContainer(name=name)
    if isinstance(space, spaces.Box):
        container.type = wire.BOX
        body = _encode_box(np.asarray(value, dtype=space.dtype), narrow)
    elif isinstance(space, spaces.Discrete):
        container.type = wire.DISCRETE
        body = wire.DiscreteDataContainer(data=int(value))
    elif isinstance(space, spaces.Tuple):
        container.type = wire.TUPLE
        pairs = zip(value, space.spaces, strict=True)
        body = wire.TupleDataContainer(
            element=[encode_value(v, s, narrow=narrow) for v, s in pairs]
        )
    elif isinstance(space, spaces.Dict):
        container.type = wire.DICT
        body = wire.DictDataContainer(
            element=[encode_value(value[k], s, k, narrow) for k, s in space.spaces.items()]
        )
    else:
        raise ProtocolError(f"a value of {space} cannot travel")
    pack(container.data, body)
    return container


def decode_value(container: Any, space: Space, where: str) -> Any:
    """Reads a ``DataContainer`` in the shape and dtype of the space.

    FLOAT is accepted for DOUBLE and the other way round. Bounds are not checked here.

    Raises:
        ProtocolError: it does not fit the space; the text names the field.
    """
    kind = _kind_of(space)
    if container.type != kind:
        sent = wire.TYPE_NAMES.get(container.type, container.type)
        raise ProtocolError(f"{where} is a {sent}; {wire.TYPE_NAMES[kind]} is required")
    name = wire.TYPE_NAMES[kind] + "DataContainer"
    body = unpack(container.data, name, where)
    if isinstance(space, spaces.Box):
        return _decode_box(body, space, where)
    if isinstance(space, spaces.Discrete):
        return _decode_discrete(body.data, space, where)
    if isinstance(space, spaces.Tuple):
        return _decode_tuple(body.element, space, where)
    assert isinstance(space, spaces.Dict)  # noqa: S101 - _kind_of knows no others
    return _decode_dict(body.element, space, where)


def _encode_box(values: npt.NDArray[Any], narrow: bool) -> Any:
    dtype = dtype_to_wire(values.dtype)
    if narrow and dtype == wire.DOUBLE:
        dtype = wire.FLOAT
        with np.errstate(over="ignore"):  # beyond float32 is infinite there
            values = values.astype(np.float32)
    # tolist() gives Python numbers, which protobuf takes faster than numpy's.
    elements = values.ravel().tolist()
    return wire.BoxDataContainer(dtype=dtype, shape=values.shape, **{_LISTS[dtype]: elements})


def _decode_box(body: Any, space: spaces.Box, where: str) -> npt.NDArray[Any]:
    declared = dtype_to_wire(space.dtype)
    if body.dtype != declared and not (body.dtype in _FLOATS and declared in _FLOATS):
        sent = wire.DTYPE_NAMES.get(body.dtype, body.dtype)
        raise ProtocolError(
            f"{where}: the elements are {sent}; {wire.DTYPE_NAMES[declared]} is required"
        )
    elements = np.array(getattr(body, _LISTS[body.dtype]), dtype=DTYPES[body.dtype])
    required = math.prod(space.shape)
    if elements.size != required:
        raise ProtocolError(f"{where}: {elements.size} elements; {required} are required")
    for dtype, name in _LISTS.items():
        if dtype != body.dtype and len(getattr(body, name)):
            raise ProtocolError(f"{where}: {name} beside {_LISTS[body.dtype]}; one is allowed")
    if elements.dtype != space.dtype:
        with np.errstate(over="ignore", invalid="ignore"):  # infinite there; a signalling NaN
            elements = elements.astype(space.dtype)
    return elements.reshape(space.shape)


def _decode_discrete(choice: int, space: spaces.Discrete, where: str) -> np.int64:
    if not 0 <= choice < space.n:
        raise ProtocolError(f"{where} is {choice}; 0 to {int(space.n) - 1} are declared")
    return np.int64(choice)


def _decode_tuple(elements: Any, space: spaces.Tuple[Any], where: str) -> tuple[Any, ...]:
    if len(elements) != len(space.spaces):
        raise ProtocolError(f"{where}: {len(elements)} elements; {len(space.spaces)} are required")
    return tuple(
        decode_value(element, inner, f"{where}.{i}")
        for i, (element, inner) in enumerate(zip(elements, space.spaces, strict=True))
    )


def _decode_dict(elements: Any, space: spaces.Dict, where: str) -> dict[str, Any]:
    sent = {element.name: element for element in elements}
    if len(sent) != len(elements) or set(sent) != set(space.spaces):
        names = [element.name for element in elements]
        raise ProtocolError(f"{where} has the fields {names}; {list(space.spaces)} are required")
    return {name: decode_value(sent[name], inner, name) for name, inner in space.spaces.items()}


def _kind_of(space: Space) -> int:
    return _KINDS[type(space)]


def _parse(data: bytes, name: str) -> Any:
    if len(data) > MAX_MESSAGE_BYTES:
        raise ProtocolError(
            f"{name} of {len(data)} bytes; at most {MAX_MESSAGE_BYTES} are accepted"
        )
    message = wire.CLASSES[name]()
    try:
        message.ParseFromString(data)
    except DecodeError as error:
        raise ProtocolError(f"the {len(data)} bytes received are no {name}: {error}") from error
    require_known_fields(message, name)
    return message


def _bytes(message: Any) -> bytes:
    try:
        data: bytes = message.SerializeToString()
    except EncodeError as error:
        raise ProtocolError(f"{type(message).__name__} cannot be written: {error}") from error
    return data


def _space_or_none(message: Any, name: str, where: str) -> Space:
    if not message.HasField(name):
        return spaces.Dict({})
    return space_from_wire(getattr(message, name), where)


def read_info(text: str) -> dict[str, Any]:
    """Reads the JSON object of a state; another text as ``{"info": text}``."""
    if not text:
        return {}
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):  # no JSON, or nested beyond any sense
        return {"info": text}
    return value if isinstance(value, dict) else {"info": text}
