r"""One episode as a conversation over a channel: who speaks when, and nothing else.

::

    LISTENING --hello, ack--> AWAITING_STATE --state--> READY --action--> AWAITING_STATE ...
                                                  \--last state, stop--> ENDED
    any other --stop()--> CLOSED
"""

from __future__ import annotations

import enum
import time
from collections.abc import Sequence
from typing import Any

from pyctl.errors import ChannelTimeout, EpisodeOver, PeerDisconnected, ProtocolError
from pyctl.exchange import codec
from pyctl.exchange.channel import Channel, Watch
from pyctl.exchange.codec import Hello, Peer, State
from pyctl.exchange.spaces import Space
from pyctl.exchange.usual import UsualCodec


class Stage(enum.Enum):
    """Where a session is; the value says it in words."""

    LISTENING = "no simulation has come yet"
    AWAITING_STATE = "the simulation is computing its next state"
    READY = "the simulation waits for an action"
    ENDED = "the episode has ended"
    CLOSED = "the session is closed"


class Session:
    """The agent's side of one episode.

    Attributes:
        fast_step: None; see ``ShmSession``.
        stage: where it is.
        observation_space: of the states; the wire's until it is replaced by a more exact one,
            before ``accept``.
        action_space: of the actions; likewise.
    """

    fast_step: None = None

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self.stage = Stage.LISTENING
        self.observation_space: Space | None = None
        self.action_space: Space | None = None

    @property
    def endpoint(self) -> str:
        """Returns where the simulation has to connect."""
        return self._channel.endpoint

    def handshake(
        self, timeout_s: float, watch: Watch | None = None, process_id: int | None = None
    ) -> Hello:
        """Waits for the simulation's first message; it is answered by ``accept`` or ``stop``.

        Args:
            timeout_s: how long [s].
            watch: see ``Channel.receive``.
            process_id: the one simulation that is meant; others are refused, whatever they say.
                None: any.

        Raises:
            ChannelTimeout: none came in time.
            ProtocolError: what came is no hello, and any simulation is meant; it is asked to stop.
        """
        self._require(Stage.LISTENING)
        deadline = time.monotonic() + timeout_s
        while True:
            data = self._channel.receive(max(deadline - time.monotonic(), 0.0), watch)
            try:
                hello = codec.decode_hello(data)
            except ProtocolError:
                if process_id is None:
                    self._channel.send(codec.encode_ack(stop=True))
                    raise
            else:
                if process_id is None or hello.process_id == process_id:
                    self.observation_space = hello.observation_space
                    self.action_space = hello.action_space
                    return hello
            self._channel.send(codec.encode_refusal(f"it waits for process {process_id}"))

    def accept(self) -> None:
        """Lets the simulation that said hello go on."""
        self._require(Stage.LISTENING)
        if self.observation_space is None or self.action_space is None:
            raise EpisodeOver("accept() before handshake()")
        self._codec = UsualCodec(self.observation_space, self.action_space)
        self._channel.admit(codec.encode_refusal("it talks to another simulation"))
        self.stage = Stage.AWAITING_STATE
        self._channel.send(codec.encode_ack())

    def receive_state(self, timeout_s: float, watch: Watch | None = None) -> State:
        """Waits for the next state; the last one of an episode is answered at once.

        Raises:
            EpisodeOver: no state is due.
            ChannelTimeout: none came in time.
            PeerDisconnected: the simulation left.
            ProtocolError: what came is no state; the simulation is asked to stop.
        """
        self._require(Stage.AWAITING_STATE)
        data = self._channel.receive(timeout_s, watch)
        self.stage = Stage.READY
        try:
            state = self._codec.decode_state(data)
        except ProtocolError:
            self._say_stop(Stage.CLOSED)
            raise
        if state.ended:
            self._say_stop(Stage.ENDED)
        return state

    def step(self, action: Any, timeout_s: float, watch: Watch | None = None) -> State:
        """Sends an action of the action space and waits for the state that comes of it.

        Raises:
            EpisodeOver: the simulation does not wait for an action.
            SlicebedError: as ``receive_state``.
        """
        self.send_action(action)
        return self.receive_state(timeout_s, watch)

    def send_action(self, action: Any) -> None:
        """Sends an action of the action space; ``receive_state`` waits for what comes of it.

        Raises:
            EpisodeOver: the simulation does not wait for an action.
        """
        self._require(Stage.READY)
        message = self._codec.encode_action(action)
        # First the stage: Ctrl-C may come when the message has left.
        self.stage = Stage.AWAITING_STATE
        self._channel.send(message)

    def admits(self, action: Any) -> bool:
        """Tells that nothing is known of an action; see ``ShmSession``."""
        return False

    def state_ready(self) -> bool:
        """Tells whether the message that is due is there to be received."""
        return self._channel.ready()

    @staticmethod
    def wait_for_any(sessions: Sequence[Session], wait_s: float) -> None:
        """Waits until the message that is due is there in one of several sessions.

        Args:
            sessions: one or more.
            wait_s: how long at most [s], in whole milliseconds.
        """
        Channel.wait_for_any([session._channel for session in sessions], wait_s)

    def branch(self, peers: Sequence[Peer], timeout_s: float, watch: Watch | None = None) -> State:
        """Asks the simulation for copies of itself as it is.

        Returns:
            Its state as before, with the copies' process ids in the info: ``branches``, and
            ``branch_error`` if there are fewer than peers.

        Raises:
            EpisodeOver: the simulation does not wait for an action.
            SlicebedError: as ``receive_state``.
        """
        self._require(Stage.READY)
        self.stage = Stage.AWAITING_STATE
        self._channel.send(codec.encode_branch(peers))
        return self.receive_state(timeout_s, watch)

    def stop(self, wait_s: float = 0.0) -> bool:
        """Asks the simulation to stop, if it can be asked; the session is closed after it.

        Args:
            wait_s: how long a simulation that is computing is waited for, since it can be asked
                at its next state only.

        Returns:
            Whether the simulation ends by itself now: it was asked to, or its episode has ended.
        """
        if self.stage is Stage.ENDED:
            return True
        asked = False
        if self.stage is Stage.READY:
            self._say_stop(Stage.CLOSED)
            asked = True
        elif self.stage is Stage.LISTENING and self.observation_space is not None:
            self._channel.send(codec.encode_ack(stop=True))
            asked = True
        elif self.stage is Stage.AWAITING_STATE and wait_s > 0:
            asked = self._stop_at_next_state(wait_s)
        self.stage = Stage.CLOSED
        return asked

    def close(self) -> None:
        """Ends the connection; the simulation was asked to stop before, if it could be."""
        self._channel.close()

    def _stop_at_next_state(self, wait_s: float) -> bool:
        try:
            self._channel.receive(wait_s)
        except (ChannelTimeout, PeerDisconnected):
            return False
        self._say_stop(Stage.CLOSED)
        return True

    def _say_stop(self, stage: Stage) -> None:
        self.stage = stage
        self._channel.send(codec.encode_stop())

    def _require(self, stage: Stage) -> None:
        if self.stage is not stage:
            raise EpisodeOver(
                f"{self.stage.value} (state {self.stage.name}); {stage.name} is required, "
                "call reset() to begin an episode"
            )
