"""Decides for episodes: takes the requests that wait together, and waits a moment for more.

A pass is one call of ``act_together``. It is worth a wait only if the allocator computes several
episodes for less than one after the other, and only while other episodes are on their way here.
"""

from __future__ import annotations

import dataclasses
import queue
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from agents.protocol import Allocator, Decision, Observation
from pyctl.campaign.digest import canonical_json
from pyctl.campaign.settings import make_allocator
from pyctl.campaign.sharing.messages import DECLARED, Call, Done, Fault, Open, Reply, Request, pack

# Waiting may cost as much as this part of a pass, and never more than this time.
WAIT_OF_A_PASS = 0.5
MOST_WAIT_S = 0.005


@dataclass(eq=False)
class Episode:
    """An episode of some run.

    Attributes:
        replies: packed, for whoever sends them to the run.
        allocator: that decides; None before ``Open``.
        group: what it has in common with those that it is decided together with.
    """

    replies: queue.SimpleQueue[bytes] = field(default_factory=queue.SimpleQueue)
    allocator: Any = None
    group: tuple[type[Allocator], str] | None = None


@dataclass(frozen=True)
class Closed:
    """The last message of an episode: its run is over, or gone."""


@dataclass(frozen=True)
class Pass:
    """A call of an allocator's code that lasts.

    Attributes:
        begun_s: when it began.
        episodes: that it is for.
    """

    begun_s: float
    episodes: Sequence[Episode]


Letter = tuple[Episode, Request | Closed]


class Desk:
    """Answers letters, in one thread.

    Attributes:
        letters: requests of all episodes.
        current: call in progress, or None.
    """

    def __init__(self) -> None:
        self.letters: queue.Queue[Letter] = queue.Queue()
        self.current: Pass | None = None
        self._elsewhere: set[Episode] = set()  # will ask again
        self._took_s: dict[Any, float] = {}  # the last pass of each group

    def work(self) -> None:
        """Answers letters for ever."""
        while True:
            self.round()

    def round(self) -> None:
        """Waits for requests for decisions, and answers those that came."""
        waiting: dict[Episode, Observation] = {}
        until_s: float | None = None
        while (letter := self._next(until_s if waiting else None, bool(waiting))) is not None:
            self._take(*letter, waiting)
            if waiting and until_s is None:
                until_s = time.monotonic() + self._worth_s(waiting)
        for group in _groups(waiting):
            self._decide(group, [waiting[episode] for episode in group])

    def _next(self, until_s: float | None, some_wait: bool) -> Letter | None:
        """Takes the next letter; None when those that wait shall wait no longer."""
        if not some_wait:
            return self.letters.get()
        try:
            return self.letters.get_nowait()
        except queue.Empty:
            left_s = 0.0 if until_s is None else until_s - time.monotonic()
        if left_s <= 0 or not self._elsewhere:
            return None
        try:
            return self.letters.get(timeout=left_s)
        except queue.Empty:
            return None

    def _take(
        self, episode: Episode, message: Request | Closed, waiting: dict[Episode, Observation]
    ) -> None:
        """Answers what need not wait; notes the rest."""
        self._elsewhere.discard(episode)
        if isinstance(message, Closed):
            waiting.pop(episode, None)
        elif isinstance(message, Call) and message.method == "act":
            waiting[episode] = message.argument
        else:
            self._answer(episode, self._call(episode, message))

    def _worth_s(self, waiting: Iterable[Episode]) -> float:
        took_s = [self._took_s.get(episode.group, 0.0) for episode in waiting if _batches(episode)]
        return min(WAIT_OF_A_PASS * max(took_s, default=0.0), MOST_WAIT_S)

    def _call(self, episode: Episode, request: Request) -> Reply:
        self.current = Pass(time.monotonic(), [episode])
        try:
            if isinstance(request, Open):
                episode.allocator = make_allocator(request.allocator, request.values)
                told = type(episode.allocator).update is not Allocator.update
                return Done(declared=_declared(episode), is_told=told)
            value = getattr(episode.allocator, request.method)(request.argument)
            return Done(value, _declared(episode) if request.method == "reset" else None)
        except Exception as error:  # noqa: BLE001 - it is the run's, and ends that alone
            return Fault.of(error)
        finally:
            self.current = None

    def _decide(self, episodes: Sequence[Episode], observations: Sequence[Observation]) -> None:
        allocators = [episode.allocator for episode in episodes]
        begun_s = time.monotonic()
        self.current = Pass(begun_s, episodes)
        try:
            decided: list[Decision | Exception] = type(allocators[0]).act_together(
                allocators, observations
            )
            if len(decided) != len(episodes):
                raise ValueError(
                    f"act_together() returned {len(decided)} decisions for {len(episodes)} episodes"
                )
        except Exception as error:  # noqa: BLE001 - whose fault it is cannot be known
            decided = [error] * len(episodes)
        self.current = None
        self._took_s[episodes[0].group] = time.monotonic() - begun_s
        for episode, one in zip(episodes, decided, strict=True):
            self._answer(episode, Fault.of(one) if isinstance(one, Exception) else Done(one))

    def _answer(self, episode: Episode, reply: Reply) -> None:
        self._elsewhere.add(episode)
        episode.replies.put(pack(reply))


def _declared(episode: Episode) -> dict[str, Any]:
    """Collects what the run must know of the allocator; notes which group it is in."""
    allocator = episode.allocator
    settings = canonical_json(dataclasses.asdict(allocator.settings))
    episode.group = (type(allocator), settings)
    return {name: getattr(allocator, name) for name in DECLARED}


def _batches(episode: Episode) -> bool:
    """Whether its allocator has a way of its own to decide for several episodes."""
    own: Any = type(episode.allocator).act_together
    usual: Any = Allocator.act_together
    return own.__func__ is not usual.__func__


def _groups(waiting: Iterable[Episode]) -> list[list[Episode]]:
    """Puts those together that one pass decides for; others go alone, so that none waits."""
    together: dict[Any, list[Episode]] = defaultdict(list)
    for episode in waiting:
        together[episode.group if _batches(episode) else episode].append(episode)
    return list(together.values())
