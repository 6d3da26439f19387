"""One episode over shared memory: the same conversation as ``Session``, at the machine's speed.

The agent makes a memory file without a name (nothing is left behind, however it ends), the
simulation opens it by the agent's descriptor. The compiled part, ``_shm``, waits and moves arrays;
``ns3-scenarios/exchange/PROTOCOL.md``, *Shared memory*, says what lies where.

    session = ShmSession()              # session.endpoint goes to the simulation: --endpoint
    hello = session.handshake(60)
    session.accept()
    state = session.receive_state(60)
    state = session.step(action, 60)    # or, with nothing unusual in it: session.fast_step(action)
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from pyctl.errors import ChannelTimeout, EpisodeOver, PeerDisconnected, ProtocolError, UsageError
from pyctl.exchange import codec
from pyctl.exchange._shm import Client
from pyctl.exchange.channel import Watch
from pyctl.exchange.codec import Hello, Peer, State
from pyctl.exchange.session import Session, Stage
from pyctl.exchange.spaces import Space, nested_tuples

SEGMENT_DESCRIPTORS = 1
SIMULATION_END, GAME_OVER = 1, 2  # TurnEnd

FastStep = tuple[Any, float, bool, bool, dict[str, Any]]


class ShmSession:
    """The agent's side of one episode over shared memory.

    Attributes:
        endpoint: where the simulation finds the segment.
        observation_space: of the states; the wire's until it is replaced by a more exact one,
            before ``accept``.
        action_space: of the actions; likewise.
    """

    def __init__(self) -> None:
        """Makes the segment.

        Raises:
            UsageError: there is no memory for it.
        """
        self._client = Client()
        self._closed_as: Stage | None = None
        self._accepted = False
        self._sums: Sequence[Mapping[str, Any]] = ()
        self._sum_slack = 0.0
        self.endpoint: str = self._client.endpoint
        self.observation_space: Space | None = None
        self.action_space: Space | None = None

    @property
    def stage(self) -> Stage:
        """Where the session is."""
        if self._closed_as is not None:
            return self._closed_as
        if not self._accepted:
            return Stage.LISTENING
        return Stage.READY if self._client.is_our_turn else Stage.AWAITING_STATE

    def handshake(
        self, timeout_s: float, watch: Watch | None = None, process_id: int | None = None
    ) -> Hello:
        """Waits for the simulation's first message; it is answered by ``accept`` or ``stop``.

        Args:
            timeout_s: how long [s].
            watch: called each 50 ms; raises if no message can come any more. What has arrived by
                then still counts.
            process_id: the one simulation that is meant; another one is sent away. None: any.

        Raises:
            ChannelTimeout: none came in time.
            PeerDisconnected: the simulation left.
            ProtocolError: what came is no hello; the simulation is asked to stop.
        """
        self._require(Stage.LISTENING)
        deadline = time.monotonic() + timeout_s
        while True:
            try:
                data = self._client.receive_hello(max(deadline - time.monotonic(), 0.0), watch)
                hello = codec.decode_hello(data)
            except ProtocolError:
                self._say_stop(Stage.CLOSED)
                raise
            if process_id is None or hello.process_id == process_id:
                self.observation_space = hello.observation_space
                self.action_space = hello.action_space
                return hello
            self._client.post_stop()

    def limit_sums(self, fields: Sequence[Mapping[str, Any]], slack: float) -> None:
        """Has ``fast_step`` leave actions whose totals are above their limits to slower checks.

        To be called before ``accept``.

        Args:
            fields: of the actions, in the description.
            slack: that a total may have above its limit.
        """
        self._sums = fields
        self._sum_slack = slack

    def accept(self) -> None:
        """Lets the simulation that said hello go on.

        Raises:
            UsageError: there is no memory for its observations and actions.
        """
        self._require(Stage.LISTENING)
        if self.observation_space is None or self.action_space is None:
            raise EpisodeOver("accept() before handshake()")
        try:
            self._client.agree(
                nested_tuples(self.observation_space), nested_tuples(self.action_space)
            )
        except (ProtocolError, UsageError):
            self._say_stop(Stage.CLOSED)
            raise
        self._accepted = True
        for i, leaf in enumerate(_leaves(self.observation_space)):
            self._client.set_observation_bounds(i, *_bounds(leaf))
        names = []
        for i, (name, leaf) in enumerate(_named_leaves(self.action_space)):
            self._client.set_action_bounds(i, *_bounds(leaf))
            names.append(name)
        for field in self._sums:
            if field.get("sum_axis") is not None and field.get("sum_max") is not None:
                axis = field["axes"].index(field["sum_axis"])
                limit = field["sum_max"] + self._sum_slack
                self._client.limit_action_sums(names.index(field["name"]), axis, limit)

    def receive_state(self, timeout_s: float, watch: Watch | None = None) -> State:
        """Waits for the next state; the last one of an episode is answered at once.

        The observation is a copy: it stays as it is. See ``view`` for the memory itself.

        Raises:
            EpisodeOver: no state is due.
            ChannelTimeout: none came in time.
            PeerDisconnected: the simulation left.
            ProtocolError: what came is no state; the simulation is asked to stop.
        """
        self._require(Stage.AWAITING_STATE)
        try:
            observation, reward, end, step, t_sim_s, text, in_space = self._client.receive_state(
                timeout_s, watch
            )
            info = _info(text, step, t_sim_s)
        except ProtocolError:
            self._say_stop(Stage.CLOSED)
            raise
        state = State(
            observation=observation,
            reward=reward,
            terminated=end == GAME_OVER,
            truncated=end == SIMULATION_END,
            info=info,
            in_space=in_space,
        )
        if state.ended:
            self._say_stop(Stage.ENDED)
        return state

    def step(self, action: Any, timeout_s: float, watch: Watch | None = None) -> State:
        """Sends an action of the action space and waits for the state that comes of it.

        Raises:
            EpisodeOver: the simulation does not wait for an action.
            UsageError: the action is not in the space; nothing was sent.
            SlicebedError: as ``receive_state``.
        """
        self.send_action(action)
        return self.receive_state(timeout_s, watch)

    def send_action(self, action: Any) -> None:
        """Sends an action of the action space; ``receive_state`` waits for what comes of it.

        Raises:
            EpisodeOver: the simulation does not wait for an action.
            UsageError: the action is not in the space; nothing was sent.
        """
        self._require(Stage.READY)
        assert self.action_space is not None  # noqa: S101 - set by handshake()
        if not (self._client.put(action) or self._client.put(_exact(action, self.action_space))):
            raise UsageError(f"action is {action!r}; a value of {self.action_space} is required")
        self._client.post_action()

    def admits(self, action: Any) -> bool:
        """Tells whether an action is known to be in the space, and within its totals.

        One that is not known to be may still be mended, or be in a form that only slower checks
        understand.
        """
        return self._client.admits(action)

    def fast_step(self, action: Any) -> FastStep | bool:
        """Makes a whole ``env.step``, if there is nothing unusual about it.

        Returns:
            Observation, reward, False, False and info; or False: nothing was sent, the action has
            to be checked (and perhaps mended) and given to ``step``; or True: it was sent, and
            ``receive_state`` has to see to what comes of it. It comes later than 50 ms, is the
            last, has more to say, or keeps no bounds.
        """
        return self._client.step(action)

    def state_ready(self) -> bool:
        """Tells whether the message that is due is there to be received."""
        return self._client.is_turn_due()

    @staticmethod
    def wait_for_any(sessions: Sequence[ShmSession], wait_s: float) -> None:
        """Waits until the message that is due is there in one of several sessions.

        Args:
            sessions: one or more.
            wait_s: how long at most [s], in whole milliseconds.
        """
        Client.wait_for_any([session._client for session in sessions], wait_s)

    def branch(self, peers: Sequence[Peer], timeout_s: float, watch: Watch | None = None) -> State:
        """Asks the simulation for copies of itself as it is.

        Args:
            peers: ``endpoint`` and ``log`` of each copy.
            timeout_s: how long it may take [s].
            watch: see ``handshake``.

        Returns:
            Its state as before, with the copies' process ids in the info: ``branches``, and
            ``branch_error`` if there are fewer than peers.

        Raises:
            EpisodeOver: the simulation does not wait for an action.
            SlicebedError: as ``receive_state``.
        """
        self._require(Stage.READY)
        self._client.send_branch(codec.encode_branch(peers), timeout_s, watch)
        return self.receive_state(timeout_s, watch)

    def view(self) -> Any:
        """Gives the observation without a copy: read-only arrays that change with each state."""
        self._require_accepted()
        return self._client.observation_view()

    def action_view(self) -> Any:
        """Gives the action's memory: arrays to write in place and then give to ``step``."""
        self._require_accepted()
        return self._client.action_view()

    def stop(self, wait_s: float = 0.0) -> bool:
        """Asks the simulation to stop, if it can be asked; the session is closed after it.

        Args:
            wait_s: how long a simulation that is computing is waited for, since it can be asked
                at its next state only.

        Returns:
            Whether the simulation ends by itself now: it was asked to, or its episode has ended.
        """
        stage = self.stage
        if stage in (Stage.ENDED, Stage.CLOSED):
            return stage is Stage.ENDED
        if stage is Stage.AWAITING_STATE and wait_s > 0:
            with contextlib.suppress(ChannelTimeout, PeerDisconnected, ProtocolError):
                self._client.receive_state(wait_s, None)
        asked = self._client.is_our_turn
        if asked:
            self._client.post_stop()
        self._closed_as = Stage.CLOSED
        return asked

    def close(self) -> None:
        """Lets go of the segment; the simulation was asked to stop before, if it could be."""
        if self._closed_as is not Stage.ENDED:
            self._closed_as = Stage.CLOSED
        self._client.close()

    def _say_stop(self, stage: Stage) -> None:
        self._closed_as = stage
        self._client.post_stop()

    def _require(self, stage: Stage) -> None:
        if self.stage is not stage:
            raise EpisodeOver(
                f"{self.stage.value} (state {self.stage.name}); {stage.name} is required, "
                "call reset() to begin an episode"
            )

    def _require_accepted(self) -> None:
        if not self._accepted or self._closed_as is not None:
            self._require(Stage.READY)


AnySession = Session | ShmSession


def _named_leaves(space: Space, name: str = "") -> Iterator[tuple[str, Space]]:
    if isinstance(space, spaces.Tuple):
        for element in space.spaces:
            yield from _named_leaves(element)
    elif isinstance(space, spaces.Dict):
        for key, element in space.spaces.items():
            yield from _named_leaves(element, key)
    else:
        yield name, space


def _leaves(space: Space) -> list[Space]:
    return [leaf for _, leaf in _named_leaves(space)]


def _bounds(leaf: Space) -> tuple[bytes, bytes]:
    """Returns the bounds of a leaf's elements: one for all where they are alike."""
    if isinstance(leaf, spaces.Discrete):
        return np.int32(0).tobytes(), np.int32(leaf.n - 1).tobytes()
    assert isinstance(leaf, spaces.Box)  # noqa: S101 - there are no other leaves
    return _shortest(leaf.low), _shortest(leaf.high)


def _shortest(bound: npt.NDArray[Any]) -> bytes:
    flat = bound.ravel()
    if bound.dtype.kind == "f":
        # No element may be infinite, whatever the bounds are.
        limits = np.finfo(bound.dtype)
        flat = np.clip(flat, limits.min, limits.max)
    if not flat.size:
        return bytes(bound.dtype.itemsize)
    return flat[:1].tobytes() if (flat == flat[0]).all() else flat.tobytes()


def _exact(value: Any, space: Space) -> Any:
    """Brings a value into the form that the compiled part takes, if it is in the space at all."""
    try:
        if isinstance(space, spaces.Box):
            return np.asarray(value, dtype=space.dtype, order="C")
        if isinstance(space, spaces.Tuple):
            return tuple(_exact(v, s) for v, s in zip(value, space.spaces, strict=True))
        if isinstance(space, spaces.Dict):
            return {name: _exact(value[name], s) for name, s in space.spaces.items()}
    except (KeyError, OverflowError, TypeError, ValueError):
        return None
    return value


def _info(text: bytes, step: int | None, t_sim_s: float) -> dict[str, Any]:
    """Reads a state's JSON object, and adds the border that travels beside it."""
    info: dict[str, Any] = {}
    if text:
        try:
            value = json.loads(text)
        except ValueError as error:
            raise ProtocolError(f"the info is no JSON: {text[:80]!r}") from error
        if not isinstance(value, dict):
            raise ProtocolError(f"the info is {text[:80]!r}; a JSON object is required")
        info = value
    if step is not None:
        info["step"] = step
        info["t_sim_s"] = t_sim_s
    return info
