"""Whether a run that is kept as failed had failed, or hung: its folder's name is the same."""

from __future__ import annotations

from typing import Literal

BAD = ("failed", "hung")  # states of runs that their own fault ended
# Kinds of errors, as ``error.json`` names them: the simulation did not answer, no border was passed
# for too long, or too few.
HUNG = frozenset(("SimulationHung", "Stalled", "TooSlow"))


def failed_or_hung(kind: object) -> Literal["failed", "hung"]:
    """Tells the state of a run that is kept as failed from the kind of its error."""
    return "hung" if kind in HUNG else "failed"
