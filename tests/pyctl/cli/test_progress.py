"""The progress line, by hand, with a clock of our own."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest

from pyctl.campaign.episode import StepReport
from pyctl.cli.progress import Progress, duration, progress_line


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def report(step: int) -> StepReport:
    return StepReport(step=step, steps=40, t_sim_s=float(step), reward=0.5)


def test_the_line_says_how_far_how_fast_and_how_long() -> None:
    # 10 of 40 steps in 5 s: 2 simulated seconds per second, 15 s to go.
    assert progress_line("cells equal", report(10), 5.0) == (
        "cells equal  step 10/40  10.0 s simulated  2.00 s/s  reward 0.500  ETA 15 s"
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.44, "0.4 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (125, "2 min 05 s"),
        (3720, "1 h 02 min"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def ticks(step_s: float) -> Iterator[float]:
    now_s = 0.0
    while True:
        yield now_s
        now_s += step_s


def test_without_a_terminal_there_is_a_plain_line_every_five_seconds_and_at_the_end() -> None:
    stream, clock = io.StringIO(), ticks(1.0)
    progress = Progress("x", stream, lambda: next(clock))
    for step in (*range(1, 13), 40):
        progress(report(step))
    progress.close()
    lines = stream.getvalue().splitlines()
    assert [line.split()[2] for line in lines] == ["5/40", "10/40", "40/40"]
    assert "\x1b" not in stream.getvalue()


def test_on_a_terminal_one_line_is_written_over_and_cleared_at_the_end() -> None:
    stream, clock = Terminal(), ticks(1.0)
    progress = Progress("x", stream, lambda: next(clock))
    progress(report(1))
    progress(report(2))
    progress.close()
    text = stream.getvalue()
    assert text.count("\r\x1b[2K") == 3
    assert text.endswith("\r\x1b[2K")
    assert "\n" not in text
