"""The errors of the package: one class for each kind of failure, all below ``SlicebedError``.

The text of an error names the field, its value and what would be right. ``exit_status`` is what
the command ``slicebed`` returns. All errors survive pickling, so that workers can send them.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any, ClassVar


class SlicebedError(Exception):
    """Base of all errors that a user may meet."""

    exit_status: ClassVar[int] = 1


class UsageError(SlicebedError):
    """What the user gave is wrong; nothing was run."""

    exit_status: ClassVar[int] = 2


class UnknownName(UsageError):
    """A name that is not among the known ones.

    Attributes:
        kind: of thing, such as ``scenario``.
        name: as given.
        known: the names that would be right.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        self.kind = kind
        self.name = name
        self.known = sorted(known)
        super().__init__(_unknown(kind, name, self.known))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.kind, self.name, self.known)


class InvalidAction(UsageError):
    """A decision that the scenario would refuse; it was not sent."""


class ProtocolError(SlicebedError):
    """The peer sent what the wire does not allow."""


class EpisodeOver(SlicebedError):
    """A step where there is no episode to step."""


class ChannelTimeout(SlicebedError):
    """No message came before the deadline."""


class PeerDisconnected(SlicebedError):
    """The peer closed its connection."""


class SimulationError(SlicebedError):
    """The simulation did not do what it should.

    Attributes:
        exit_status_sim: its exit status as a shell shows it (128 + number of the signal that
            killed it), or None if it had not ended.
        stderr_tail: the last lines it wrote, or an empty text.
        command: one line that runs it again, or an empty text.
    """

    def __init__(
        self,
        message: str,
        *,
        exit_status_sim: int | None = None,
        stderr_tail: str = "",
        command: str = "",
    ) -> None:
        self.message = message
        self.exit_status_sim = exit_status_sim
        self.stderr_tail = stderr_tail
        self.command = command
        super().__init__(message)

    def __str__(self) -> str:
        text = self.message
        if self.stderr_tail:
            text += f"\nlast lines of the simulation:\n{self.stderr_tail}"
        if self.command:
            text += f"\nto reproduce: {self.command}"
        return text

    def __reduce__(self) -> tuple[Any, ...]:
        keywords = {
            "exit_status_sim": self.exit_status_sim,
            "stderr_tail": self.stderr_tail,
            "command": self.command,
        }
        return _rebuild, (type(self), self.message, keywords)


class SimulationCrashed(SimulationError):
    """The simulation ended before the episode did."""


class SimulationHung(SimulationError):
    """The simulation lives and does not answer."""


class SimulationRefused(SimulationError, UsageError):
    """The simulation found its parameters or a decision wrong (its exit status 2)."""

    def __str__(self) -> str:
        return self.message


def located(error: SlicebedError, place: str) -> SlicebedError:
    """Makes an error of the same kind whose text begins with where it happened.

    An unknown name, whose text is made of its parts, becomes a ``UsageError``.
    """
    if isinstance(error, SimulationError):
        kind, message, keywords = error.__reduce__()[1]
        return _rebuild(kind, f"{place}: {message}", keywords)
    kind = UsageError if isinstance(error, UnknownName) else type(error)
    return kind(f"{place}: {error}")


def _rebuild(
    kind: type[SimulationError], message: str, keywords: dict[str, Any]
) -> SimulationError:
    return kind(message, **keywords)


def _unknown(kind: str, name: str, known: list[str]) -> str:
    nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean {nearest[0]!r}? " if nearest else ""
    listed = ", ".join(known) if known else "none"
    return f"unknown {kind} {name!r}; {hint}known: {listed}"
