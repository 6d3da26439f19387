"""What the edge knows of its way to the cloud: measured response times, losses, up or down.

times = ResponseTimes(slot_s=1.0, timeout_s=0.5)
times.answered(0.043); times.lost()
times.state()          # LinkState(up=True, lateness=0.043, loss=..., timeout=0.5)
"""

from __future__ import annotations

from dataclasses import dataclass

from agents.errors import AllocatorError

# Gain of a sample in the smoothed response time (RFC 6298, section 2.3) and in the loss.
SMOOTHING = 1 / 8
LOSSES_UNTIL_DOWN = 3  # in a row


@dataclass(frozen=True)
class LinkState:
    """The WAN at a moment, in shares of the slot.

    Attributes:
        up: whether answers come at all.
        lateness: expected time from question to answer, over the slot, at most 1.
        loss: probability that no answer comes in time, 0 to 1.
        timeout: how long the edge waits for an answer, over the slot, at most 1.
    """

    up: bool = True
    lateness: float = 0.0
    loss: float = 0.0
    timeout: float = 1.0

    def __post_init__(self) -> None:
        """Refuses what is no share."""
        for name in ("lateness", "loss", "timeout"):
            value = getattr(self, name)
            if not 0 <= value <= 1:
                raise AllocatorError(f"{name} is {value}; 0 to 1 is required")


class ResponseTimes:
    """Follows the time from a question to its answer.

    After three losses in a row the WAN counts as down, until any answer comes: that of a late
    question, or the echo of a probe.

    Args:
        slot_s: length of a slot [s].
        timeout_s: how long the edge waits for an answer [s], at most a slot.
        first_guess_s: response time before the first answer [s].
    """

    def __init__(self, slot_s: float, timeout_s: float, first_guess_s: float) -> None:
        if not 0 < timeout_s <= slot_s:
            raise AllocatorError(
                f"timeout_s is {timeout_s:g}; above 0 and at most the slot, {slot_s:g} s"
            )
        if not 0 <= first_guess_s <= timeout_s:
            raise AllocatorError(f"first_guess_s is {first_guess_s:g}; 0 to {timeout_s:g} s")
        self._slot_s = slot_s
        self._timeout_s = timeout_s
        self._smoothed_s = first_guess_s
        self._loss = 0.0
        self._lost_in_a_row = 0
        self._seen = False

    def answered(self, response_s: float) -> None:
        """Takes the time from a question to its answer [s]."""
        if not 0 <= response_s < float("inf"):
            raise AllocatorError(f"response_s is {response_s}; a finite time of at least 0")
        gain = SMOOTHING if self._seen else 1.0  # the first sample is all that is known
        self._smoothed_s += gain * (min(response_s, self._timeout_s) - self._smoothed_s)
        self._seen = True
        self._loss -= SMOOTHING * self._loss
        self._lost_in_a_row = 0

    def lost(self) -> None:
        """Takes note of a question without an answer in time."""
        self._loss += SMOOTHING * (1 - self._loss)
        self._lost_in_a_row += 1

    def state(self) -> LinkState:
        """Tells what is to be expected of the next question."""
        return LinkState(
            up=self._lost_in_a_row < LOSSES_UNTIL_DOWN,
            lateness=self._smoothed_s / self._slot_s,
            loss=self._loss,
            timeout=self._timeout_s / self._slot_s,
        )
