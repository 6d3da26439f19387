"""What a run has in place of an allocator that the model server holds."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any, ClassVar

from agents.protocol import Allocator, Context, Decision, Feedback, Observation
from pyctl.campaign.settings import MakeAllocator
from pyctl.campaign.sharing.door import Door, ModelServerLost
from pyctl.campaign.sharing.messages import Call, Done, Open, Reply, Request, receive, send

# A batch that is killed takes its server with it and interrupts its workers, in any order.
INTERRUPT_S = 1.0


class SharedAllocator(Allocator):
    """Asks the server; has the attributes that the server's allocator declares."""

    name: ClassVar[str] = "shared"
    summary: ClassVar[str] = "decided by the model server"

    def __init__(
        self, connection: Connection, allocator: type[Allocator], values: Mapping[str, Any]
    ) -> None:
        """Has the server make the allocator.

        Args:
            connection: to the server, of this episode alone.
            allocator: class.
            values: of its settings.

        Raises:
            UsageError: they are refused, as ``make_allocator`` does.
            ModelServerLost: the server is gone.
        """
        self._connection = connection
        self._is_told = self._ask(Open(allocator, values)).is_told

    def reset(self, context: Context) -> None:
        """Begins an episode."""
        self._ask(Call("reset", context))

    def act(self, observation: Observation) -> Decision:
        """Decides for the coming interval, perhaps together with other episodes."""
        decided: Decision = self._ask(Call("act", observation)).value
        return decided

    def update(self, feedback: Feedback) -> None:
        """Tells what came of a decision, if the allocator listens."""
        if self._is_told:
            self._ask(Call("update", feedback))

    def _ask(self, request: Request) -> Done:
        try:
            send(self._connection, request)
            reply: Reply = receive(self._connection)
        except (EOFError, OSError) as error:
            time.sleep(INTERRUPT_S)  # ended by the interrupt, if there is one: the run did not fail
            raise ModelServerLost("the model server ended") from error
        if not isinstance(reply, Done):
            raise reply.exception()
        if reply.declared is not None:
            vars(self).update(reply.declared)
        return reply


@contextmanager
def shared_allocators(door: Door) -> Iterator[MakeAllocator]:
    """Connects an episode to the server; gives what makes its allocator.

    Raises:
        ModelServerLost: the server does not answer.
    """
    connection = door.connect()
    try:
        yield lambda allocator, values: SharedAllocator(connection, allocator, values)
    finally:
        connection.close()
