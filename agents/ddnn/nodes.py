"""Both ends of the distributed LSTM: they exchange bytes, and know nothing of what carries them.

    edge = EdgeNode(network.head, normaliser, Offloader(policy), times)
    cloud = CloudNode(network.tail)
    step = edge.decide(window)             # step.allocation now, and step.message to send, if any
    edge.receive(cloud.answer(step.message), response_s=0.043)      # allocation, or None
    edge.give_up()                         # no answer in time: the local allocation

Demands and allocations are in raw units, of 16 stations. Answers that are late, doubled or damaged
are counted and change nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace

import numpy as np
import torch
from torch import Tensor

from agents.ddnn import message
from agents.ddnn.data import STATIONS, Floats, Normaliser, check_window
from agents.ddnn.message import Kind, Message, MessageError
from agents.ddnn.network import Head, Tail, require_inference
from agents.ddnn.policies import Offloader
from agents.ddnn.view import View
from agents.ddnn.wan import ResponseTimes

NOTHING = np.empty(0, np.float32)


@dataclass
class Counts:
    """What became of questions and answers.

    Attributes:
        asked: questions sent.
        answered: in time.
        unanswered: given up.
        late: answers to a question that was given up.
        doubled: answers to a question that was answered.
        damaged: messages that are none.
        probes: sent while the WAN was down.
    """

    asked: int = 0
    answered: int = 0
    unanswered: int = 0
    late: int = 0
    doubled: int = 0
    damaged: int = 0
    probes: int = 0

    def to_dict(self) -> dict[str, int]:
        """Gives them by name."""
        return {one.name: getattr(self, one.name) for one in fields(self)}


@dataclass(frozen=True, eq=False)
class Step:
    """What the edge does at the beginning of a slot.

    Attributes:
        allocation: to put in force at once, (stations,); None if what is in force stays until an
            answer comes or is given up.
        message: to send to the cloud; None if there is none.
        local: what the local exit allocates, (stations,): in force if no answer comes in time.
        asks: whether the message is a question; else it is a probe, or there is none.
    """

    allocation: Floats | None
    message: bytes | None
    local: Floats
    asks: bool = False


class CloudNode:
    """Answers signals with allocations, and probes with echoes."""

    def __init__(self, tail: Tail) -> None:
        require_inference(tail)
        self._tail = tail

    def answer(self, data: bytes) -> bytes:
        """Answers a message.

        Raises:
            MessageError: it is none, or none that a cloud gets.
        """
        question = message.unpack(data, STATIONS)
        if question.kind is Kind.PROBE:
            return message.pack(Message(Kind.ECHO, question.sequence, NOTHING))
        if question.kind is not Kind.SIGNAL:
            raise MessageError(f"the cloud got an {question.kind.name.lower()}; a signal is right")
        with torch.no_grad():
            allocation = self._tail(torch.from_numpy(question.values).reshape(1, STATIONS, 1))
        return message.pack(
            Message(Kind.ALLOCATION, question.sequence, allocation.flatten().numpy())
        )


class EdgeNode:
    """Runs the local part and the offloading policy, slot by slot.

    Args:
        head: local part.
        normaliser: of the demands that it was fitted on.
        offloader: decides what stays local.
        times: of the way to the cloud.
        foresee: of an oracle: tells the true gain C_L - C_R, (1,), of what both exits make of z
            (1, stations, units), given the local allocation (1, stations); else None.
        local_meanwhile: whether the local allocation is in force until an answer comes, in place
            of what was.
    """

    def __init__(
        self,
        head: Head,
        normaliser: Normaliser,
        offloader: Offloader,
        times: ResponseTimes,
        foresee: Callable[[Tensor, Tensor], Tensor] | None = None,
        local_meanwhile: bool = False,
    ) -> None:
        require_inference(head)
        self.counts = Counts()
        self.offloader = offloader
        self._head = head
        self._normaliser = normaliser
        self._times = times
        self._foresee = foresee
        self._local_meanwhile = local_meanwhile
        self._in_force: Tensor | None = None
        self._sequence = 0
        self._waiting: Tensor | None = None  # local allocation, while an answer is awaited
        self._answered: set[int] = set()

    def decide(self, window: Floats) -> Step:
        """Decides at the beginning of a slot; an answer still awaited is given up.

        Args:
            window: raw demands of the last 144 slots, (stations, lags), oldest first; NaN where
                one is missing.

        Raises:
            AllocatorError: the window has another shape, or a gap too long to fill.
        """
        known = self._normaliser.normalise(check_window(window).T).T
        self.give_up()
        self._sequence += 1
        view = self._look(torch.as_tensor(known, dtype=torch.float32)[None])
        link = self._times.state()
        if bool(self.offloader.stays_local(view, link)):
            self._in_force = view.local
            local = self._raw(view.local)
            return Step(local, None if link.up else self._probe(), local)
        # Nothing is in force yet: the local one, until the answer.
        first = self._in_force is None or self._local_meanwhile
        if first:
            self._in_force = view.local
        self._waiting = view.local
        self.counts.asked += 1
        signal = Message(Kind.SIGNAL, self._sequence, view.z.flatten().numpy())
        local = self._raw(view.local)
        return Step(local if first else None, message.pack(signal), local, asks=True)

    def receive(self, data: bytes, response_s: float) -> Floats | None:
        """Takes a message of the cloud.

        Args:
            data: its bytes.
            response_s: time since the question was sent [s].

        Returns:
            The allocation to put in force at once, (stations,); None if nothing changes.
        """
        try:
            answer = message.unpack(data, STATIONS)
        except MessageError:
            self.counts.damaged += 1
            return None
        if answer.kind is Kind.ECHO:
            self._times.answered(response_s)
            return None
        if answer.kind is not Kind.ALLOCATION or answer.sequence > self._sequence:
            self.counts.damaged += 1
            return None
        if answer.sequence in self._answered:
            self.counts.doubled += 1
            return None
        self._answered.add(answer.sequence)
        self._times.answered(response_s)
        if self._waiting is None or answer.sequence != self._sequence:
            self.counts.late += 1
            return None
        self.counts.answered += 1
        self._waiting = None
        self._in_force = torch.from_numpy(answer.values)[None]
        return self._raw(self._in_force)

    def give_up(self) -> Floats | None:
        """Waits no longer for the answer of this slot.

        Returns:
            The local allocation to put in force at once; None if no answer is awaited.
        """
        if self._waiting is None:
            return None
        self.counts.unanswered += 1
        self._times.lost()
        self._in_force, self._waiting = self._waiting, None
        return self._raw(self._in_force)

    def _look(self, windows: Tensor) -> View:
        with torch.no_grad():
            z, local = self._head(windows)
        meanwhile = local if self._in_force is None or self._local_meanwhile else self._in_force
        view = View(windows, z, local, meanwhile)
        return view if self._foresee is None else replace(view, gain=self._foresee(z, local))

    def _probe(self) -> bytes:
        self.counts.probes += 1
        return message.pack(Message(Kind.PROBE, self._sequence, NOTHING))

    def read(self, answer: bytes) -> Floats:
        """Says what an answer would put in force, (stations,), and changes nothing.

        Raises:
            MessageError: it is no answer.
        """
        allocation = message.unpack(answer, STATIONS).values
        return self._raw(torch.from_numpy(allocation)[None])

    def _raw(self, allocation: Tensor) -> Floats:
        """Denormalises, (1, stations) to (stations,); nothing below 0 is ever allocated."""
        raw = self._normaliser.denormalise(allocation[0].numpy().astype(np.float64))
        return np.maximum(raw, 0.0)
