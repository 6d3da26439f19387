"""Whether simulated time still advances as fast as it must."""

from __future__ import annotations

from collections import deque

# Progress is judged over at least this wall time: a run may pause for so long.
WINDOW_S = 60.0


class Pace:
    """The borders that a run has passed, by wall and by simulated time.

    What is before the first border, such as the building of a network, does not count. The interval
    that is not over counts as if it ended now, so that one which takes minutes is not given up for
    having no borders inside.
    """

    def __init__(self, least_per_minute: float) -> None:
        """Knows of no border yet.

        Args:
            least_per_minute: simulated seconds that must pass in a minute of wall time.
        """
        self._least = least_per_minute
        self._borders: deque[tuple[float, float]] = deque()
        self._interval_s = 0.0

    def note(self, wall_s: float, t_sim_s: float, step: int) -> None:
        """Takes a border: the end of interval ``step``, from 1 on."""
        self._interval_s = t_sim_s / step
        self._borders.append((wall_s, t_sim_s))

    def fault(self, wall_s: float) -> str:
        """Says how slow the run is; empty if it is fast enough, or has passed no border yet."""
        if not self._borders:
            return ""
        while len(self._borders) > 1 and self._borders[1][0] <= wall_s - WINDOW_S:
            self._borders.popleft()
        began_s, began_sim_s = self._borders[0]
        passed_s = wall_s - began_s
        most_s = self._borders[-1][1] + self._interval_s - began_sim_s
        if passed_s < WINDOW_S or most_s >= self._least * passed_s / 60:
            return ""
        return (
            f"simulated time advanced by less than {most_s:.3g} s in {passed_s:.0f} s of wall "
            f"time: {self._least:g} s a minute are required"
        )
