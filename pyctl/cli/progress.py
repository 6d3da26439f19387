"""Progress of a run on standard error: one live line on a terminal, else a line now and then."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from pyctl.campaign.episode import StepReport

LIVE_EVERY_S = 0.1
PLAIN_EVERY_S = 5.0
CLEAR_LINE = "\r\x1b[2K"


class Progress:
    """Prints how far a run is, how fast, and when it will be over."""

    def __init__(
        self,
        label: str,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Starts the clock.

        Args:
            label: what runs.
            stream: where to print; None for standard error.
            clock: gives seconds.
        """
        self._label = label
        self._stream = sys.stderr if stream is None else stream
        self._clock = clock
        self._live = self._stream.isatty()
        self._begun_s = clock()
        self._printed_s = self._begun_s

    def __call__(self, report: StepReport) -> None:
        """Takes the progress at a border."""
        now_s = self._clock()
        every_s = LIVE_EVERY_S if self._live else PLAIN_EVERY_S
        if now_s - self._printed_s < every_s and report.step != report.steps:
            return
        self._printed_s = now_s
        line = progress_line(self._label, report, now_s - self._begun_s)
        self._stream.write(CLEAR_LINE + line if self._live else line + "\n")
        self._stream.flush()

    def close(self) -> None:
        """Ends the live line."""
        if self._live:
            self._stream.write(CLEAR_LINE)
            self._stream.flush()


def progress_line(label: str, report: StepReport, wall_s: float) -> str:
    """Writes one line.

    Args:
        label: what runs.
        report: of the latest interval.
        wall_s: since the start [s].
    """
    speed = report.t_sim_s / wall_s if wall_s > 0 else 0.0
    done = f"step {report.step}/{report.steps}" if report.steps else f"step {report.step}"
    left_s = wall_s / report.step * max(report.steps - report.step, 0) if report.step else 0.0
    return (
        f"{label}  {done}  {report.t_sim_s:.1f} s simulated  {speed:.2f} s/s  "
        f"reward {report.reward:.3f}  ETA {duration(left_s)}"
    )


def duration(seconds: float) -> str:
    """Writes a duration as 0.7 s, 12 s, 2 min 05 s or 1 h 02 min."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
