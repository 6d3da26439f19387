"""The progress of a batch, with a clock of our own."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from pyctl.campaign.episode import StepReport
from pyctl.campaign.planned import PlannedRun
from pyctl.campaign.prepare import RunConfig
from pyctl.campaign.worker import Outcome
from pyctl.cli.batch_progress import BatchProgress
from tests.pyctl.cli.test_progress import Terminal

if TYPE_CHECKING:
    import pytest


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def run(name: str) -> PlannedRun:
    return PlannedRun(name, RunConfig("cells", "equal"), {}, 4.0)


def report(step: int) -> StepReport:
    return StepReport(step=step, steps=4, t_sim_s=float(step), reward=0.5)


def test_the_eta_shares_predictions_among_the_workers_less_what_has_passed() -> None:
    clock = Clock()
    progress = BatchProgress({"a": 10.0, "b": 30.0}, 2, io.StringIO(), clock)
    progress.begun(run("a"))
    clock.now_s = 4.0
    # (10 - 4 + 30) / 2
    assert progress.total_line() == "0/2 runs  ETA 18 s"


def test_unknown_runs_last_as_long_as_those_so_far() -> None:
    clock = Clock()
    progress = BatchProgress({"a": None, "b": None, "c": None}, 1, io.StringIO(), clock)
    assert progress.total_line() == "0/3 runs  ETA -"
    progress.begun(run("a"))
    clock.now_s = 20.0
    progress.ended(run("a"), Outcome("ok"), again=False)
    assert progress.total_line() == "1/3 runs  ETA 40 s"


def test_without_a_terminal_there_is_a_plain_line_for_each_end() -> None:
    stream, clock = io.StringIO(), Clock()
    progress = BatchProgress({"a": 5.0, "b": 5.0}, 1, stream, clock)
    progress.begun(run("a"))
    progress.step(run("a"), report(2))
    clock.now_s = 2.0
    progress.ended(run("a"), Outcome("failed", "SimulationCrashed", "it broke"), again=True)
    progress.elsewhere(run("b"), "process 7 on host")
    progress.elsewhere(run("b"), "process 7 on host")
    progress.begun(run("a"))
    progress.ended(run("a"), Outcome("failed", "SimulationCrashed", "it broke"), again=False)
    progress.close()
    broke = "a cells equal seed 1  failed"
    assert stream.getvalue().splitlines() == [
        f"{broke}: SimulationCrashed: it broke; tried once more",
        "b cells equal seed 1: process 7 on host works on it",
        f"1/2 runs, 1 failed  ETA 5.0 s  {broke} after 0.0 s: SimulationCrashed: it broke",
    ]


def test_on_a_terminal_each_simulation_has_a_line_and_the_cursor_returns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    stream, clock = Terminal(), Clock()
    progress = BatchProgress({"a": 5.0, "b": 5.0}, 2, stream, clock)
    clock.now_s = 1.0
    progress.begun(run("a"))
    clock.now_s = 2.0
    progress.begun(run("b"))
    clock.now_s = 3.0
    progress.step(run("a"), report(2))
    lines = stream.getvalue().rpartition("\x1b[J")[2].split("\n")
    assert lines[0].startswith("a cells equal seed 1  step 2/4  2.0 s simulated  1.00 s/s")
    assert lines[1] == "b cells equal seed 1  starts"
    # (5 - 2 + 5 - 1) / 2; then back to the first of the three lines
    assert lines[2] == "0/2 runs  ETA 3.5 s\r\x1b[2A"
    assert max(map(len, lines)) < 100
    progress.close()
    assert stream.getvalue().endswith("\x1b[J")
