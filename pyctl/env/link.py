"""One simulation at work: its channel, its session and, where we started it, its process.

Turns what goes wrong into the errors of ``pyctl.errors``, and leaves nothing behind when it does.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from numbers import Real
from types import TracebackType
from typing import Any, Self

from pyctl.errors import (
    ChannelTimeout,
    PeerDisconnected,
    ProtocolError,
    SimulationCrashed,
    SimulationError,
    SimulationHung,
    UsageError,
)
from pyctl.exchange.codec import Hello, Peer, State
from pyctl.exchange.shm import AnySession
from pyctl.launch.watched import ASK_S, WatchedSimulation

# How long a simulation whose connection broke may take to exit, so that its status can be told.
EXIT_S = 0.5
# Between looks at whether a simulation lives that is one of many being waited for.
LOOK_S = 0.2

Launch = Callable[[AnySession], WatchedSimulation]


def require_timeout(timeout_s: Any, name: str = "timeout_s") -> None:
    """Checks how long a simulation may take for an answer.

    Args:
        timeout_s: what was given.
        name: of what it was given as.

    Raises:
        UsageError: it is not a finite number of seconds above 0.
    """
    number = isinstance(timeout_s, Real) and not isinstance(timeout_s, bool)
    if not number or not math.isfinite(timeout_s) or timeout_s <= 0:
        raise UsageError(f"{name} is {timeout_s!r}; a finite number of seconds above 0 is required")


class Link:
    """An episode with one simulation; a context manager that ends it.

    Attributes:
        session: the conversation.
        process: that was started for it, or None.
        hello: the simulation's first message.
        state: the last one received.
    """

    hello: Hello
    state: State

    def __init__(
        self,
        session: AnySession,
        launch: Launch | None,
        timeout_s: float,
        same_process: bool = False,
    ) -> None:
        """Starts the simulation, and does not wait for it: ``greet`` does.

        Args:
            session: that it will connect to; belongs to the link from now on.
            launch: starts the simulation; None if somebody else does.
            timeout_s: how long each answer may take [s].
            same_process: whether the process started is the simulation itself, so that no other
                one is let in.

        Raises:
            SimulationError: it could not be started.
            UsageError: likewise, because of what was given.
        """
        self._timeout_s = timeout_s
        self._same_process = same_process
        self._looked_s = 0.0
        self.process: WatchedSimulation | None = None
        self.session = session
        try:
            if launch is not None:
                self.process = launch(session)
        except BaseException:
            self.close()
            raise
        self._await()

    def greet(self) -> Hello:
        """Waits for the simulation's first message and returns it.

        Raises:
            SimulationError: it did not come, or went.
            ProtocolError: it does not speak the wire.
        """
        process_id = self.process.pid if self.process and self._same_process else None
        try:
            self.hello = self._call(self.session.handshake, process_id=process_id)
        except BaseException:
            self.close()
            raise
        return self.hello

    def begin(self) -> State:
        """Lets the simulation go on to its first state and returns it."""
        self.session.accept()
        self._await()
        self.state = self._receive(self.session.receive_state)
        return self.state

    def step(self, action: Any) -> State:
        """Puts an action in force and returns the state that comes of it.

        Raises:
            EpisodeOver: there is no episode to step.
            SimulationError: the simulation ended, or does not answer.
            ProtocolError: it sent what the wire does not allow.
        """
        self._await()
        self.state = self._receive(self.session.step, action)
        return self.state

    def send(self, action: Any) -> None:
        """Puts an action in force; ``receive`` waits for the state that comes of it."""
        self.session.send_action(action)
        self._await()

    def ready(self) -> bool:
        """Tells whether ``greet`` or ``receive`` would return, or raise, without waiting."""
        return self.session.state_ready() or self._is_lost()

    def note_sent(self) -> None:
        """Takes note that an action was sent by the session itself (``fast_step``)."""
        self._await()

    def receive(self) -> State:
        """Returns the state that comes of the action sent last; raises as ``step``."""
        self.state = self._receive(self.session.receive_state)
        return self.state

    def branch(self, peers: Sequence[Peer]) -> tuple[list[int], str | None]:
        """Asks the simulation for copies of itself.

        Returns:
            The copies' process ids, and why there are fewer than peers, if there are.

        Raises:
            EpisodeOver: there is no episode.
            SimulationError: the simulation ended, or does not answer.
        """
        self._await()
        info = self._receive(self.session.branch, peers).info
        return [int(pid) for pid in info["branches"]], info.get("branch_error")

    def close(self) -> None:
        """Stops the simulation, reaps its process and ends the connection; may be repeated."""
        asked = False
        try:
            asked = self.session.stop()
        finally:
            try:
                if self.process is not None:
                    self.process.stop(ask_s=ASK_S if asked else 0.0)
            finally:
                self.session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _await(self) -> None:
        """Notes until when the message must be there that is due from now on."""
        self._due_s = time.monotonic() + self._timeout_s

    def _is_lost(self) -> bool:
        """Looks now and then whether no message can come any more."""
        now = time.monotonic()
        if now > self._due_s:
            return True
        if self.process is None or now - self._looked_s < LOOK_S:
            return False
        self._looked_s = now
        try:
            self.process.require_alive()
        except SimulationError:
            return True  # who receives is told the same
        return False

    def _receive(self, call: Callable[..., State], *arguments: Any) -> State:
        try:
            state: State = self._call(call, *arguments)
        except (SimulationError, ProtocolError, KeyboardInterrupt):
            self.close()
            raise
        return state

    def _call(self, call: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
        watch = self.process.require_alive if self.process else None
        try:
            remaining_s = max(self._due_s - time.monotonic(), 0.0)
            return call(*arguments, timeout_s=remaining_s, watch=watch, **keywords)
        except ChannelTimeout as error:
            raise self._hung() from error
        except PeerDisconnected as error:
            raise self._lost() from error

    def _hung(self) -> SimulationHung:
        stage = self.session.stage.value
        text = (
            f"no answer within {self._timeout_s:g} s: {stage}; timeout_s (slicebed run --timeout) "
            "says how long to wait"
        )
        if self.process is None:
            return SimulationHung(text)
        return SimulationHung(text, stderr_tail=self.process.tail(), command=self.process.command)

    def _lost(self) -> Exception:
        if self.process is None:
            return SimulationCrashed("the simulation left before the episode's end")
        status = self.process.wait(EXIT_S)
        if status is not None:
            return self.process.failure(status)
        return ProtocolError(
            "the simulation lives but closed its connection before the episode's end; "
            "a message larger than the limit does that"
        )
