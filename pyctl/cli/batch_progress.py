"""Progress of a batch: a live line a simulation and a total on a terminal, else a line a run."""

from __future__ import annotations

import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TextIO

from pyctl.cli.progress import LIVE_EVERY_S, duration, progress_line

if TYPE_CHECKING:
    from pyctl.campaign.episode import StepReport
    from pyctl.campaign.planned import PlannedRun
    from pyctl.campaign.worker import Outcome

CLEAR_BELOW = "\x1b[J"


class BatchProgress:
    """Prints how far a batch is; an observer of it."""

    def __init__(
        self,
        predicted_s: Mapping[str, float | None],
        workers: int,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Starts the clock.

        Args:
            predicted_s: wall time of each run by its id [s]; None where unknown.
            workers: simulations at once.
            stream: where to print; None for standard error.
            clock: gives seconds.
        """
        self._left = dict(predicted_s)
        self._total = len(predicted_s)
        self._workers = workers
        self._stream = sys.stderr if stream is None else stream
        self._clock = clock
        self._live = self._stream.isatty()
        self._begun_s: dict[str, float] = {}
        self._lines: dict[str, str] = {}
        self._took_s: list[float] = []
        self._bad: Counter[str] = Counter()
        self._drawn_s = 0.0
        self._elsewhere: set[str] = set()
        self._note = ""

    def added(self, predicted_s: Mapping[str, float | None], note: str) -> None:
        """Takes runs that are to be run besides, and how far the rule is that adds them.

        Args:
            predicted_s: wall time of each by its id [s]; None where unknown.
            note: behind the total.
        """
        self._left.update(predicted_s)
        self._total += len(predicted_s)
        self._note = f"  {note}"

    def begun(self, run: PlannedRun) -> None:
        """Takes that a run starts."""
        self._begun_s[run.run_id] = self._clock()
        self._lines[run.run_id] = f"{run.label}  starts"
        self._draw()

    def step(self, run: PlannedRun, report: StepReport) -> None:
        """Takes a run's progress."""
        wall_s = self._clock() - self._begun_s[run.run_id]
        self._lines[run.run_id] = progress_line(run.label, report, wall_s)
        self._draw()

    def elsewhere(self, run: PlannedRun, owner: str) -> None:
        """Says once that another process works on a run."""
        if run.run_id not in self._elsewhere:
            self._elsewhere.add(run.run_id)
            self._say(f"{run.label}: {owner} works on it")

    def ended(self, run: PlannedRun, outcome: Outcome, again: bool) -> None:
        """Prints a run's end."""
        self._lines.pop(run.run_id, None)
        took_s = self._clock() - self._begun_s.pop(run.run_id, self._clock())
        cause = f": {outcome.kind}: {outcome.message}" if outcome.state == "failed" else ""
        if again:
            self._say(f"{run.label}  {outcome.shown}{cause}; tried once more")
            return
        self._left.pop(run.run_id, None)
        if outcome.state == "failed":
            self._bad[outcome.shown] += 1
        if outcome.state == "ok":
            self._took_s.append(took_s)
        text = f"{run.label}  {outcome.shown} after {duration(took_s)}{cause}"
        if self._live:
            if cause:
                self._say(text)
            self._draw(now=True)
        else:
            self._say(f"{self.total_line()}  {text}")

    def total_line(self) -> str:
        """Writes how many runs are over, and when all will be."""
        done = self._total - len(self._left)
        bad = "".join(f", {count} {state}" for state, count in sorted(self._bad.items()))
        eta_s = self._eta_s()
        eta = "-" if eta_s is None else duration(eta_s)
        return f"{done}/{self._total} runs{bad}  ETA {eta}{self._note}"

    def close(self) -> None:
        """Ends the live lines."""
        if self._live:
            self._write(CLEAR_BELOW)

    def _eta_s(self) -> float | None:
        """Shares what is left among the workers; unknown runs last as long as those so far."""
        mean_s = sum(self._took_s) / len(self._took_s) if self._took_s else None
        left_s = 0.0
        for run_id, predicted_s in self._left.items():
            time_s = mean_s if predicted_s is None else predicted_s
            if time_s is None:
                return None
            passed_s = self._clock() - self._begun_s[run_id] if run_id in self._begun_s else 0.0
            left_s += max(time_s - passed_s, 0.0)
        return left_s / self._workers

    def _say(self, line: str) -> None:
        self._write((CLEAR_BELOW if self._live else "") + line + "\n")
        self._draw(now=True)

    def _draw(self, now: bool = False) -> None:
        """Draws the live lines and puts the cursor back to the first."""
        now_s = self._clock()
        if not self._live or (not now and now_s - self._drawn_s < LIVE_EVERY_S):
            return
        self._drawn_s = now_s
        width = shutil.get_terminal_size().columns - 1
        lines = [line[:width] for line in (*self._lines.values(), self.total_line())]
        self._write(CLEAR_BELOW + "\n".join(lines) + f"\r\x1b[{len(lines) - 1}A" * (len(lines) > 1))
        if len(lines) == 1:
            self._write("\r")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


class Quiet:
    """An observer that prints nothing."""

    def added(self, predicted_s: Mapping[str, float | None], note: str) -> None:
        """Takes runs that are to be run besides."""

    def begun(self, run: PlannedRun) -> None:
        """Takes that a run starts."""

    def step(self, run: PlannedRun, report: StepReport) -> None:
        """Takes a run's progress."""

    def elsewhere(self, run: PlannedRun, owner: str) -> None:
        """Takes that another process works on a run."""

    def ended(self, run: PlannedRun, outcome: Outcome, again: bool) -> None:
        """Takes a run's end."""

    def close(self) -> None:
        """Ends nothing."""
