"""The pace of a run, by a clock of our own."""

from __future__ import annotations

import pytest

from pyctl.campaign.pace import WINDOW_S, Pace


def test_before_the_first_border_nothing_is_said() -> None:
    # That a run passes no border at all is found by another limit.
    assert Pace(1.0).fault(1e6) == ""


def test_a_run_that_keeps_up_is_never_given_up() -> None:
    pace = Pace(6.0)
    for step in range(1, 200):
        now_s = 100.0 + 10.0 * step  # 1 s simulated in 10 s: 6 s a minute, just enough
        assert pace.fault(now_s) == ""
        pace.note(now_s, float(step), step)


def test_nobody_is_judged_before_a_minute_after_the_first_border() -> None:
    pace = Pace(1000.0)
    pace.note(500.0, 0.001, 1)
    assert WINDOW_S == 60.0
    assert pace.fault(559.9) == ""
    # The second interval counts whole.
    assert pace.fault(560.0) == (
        "simulated time advanced by less than 0.001 s in 60 s of wall time: "
        "1000 s a minute are required"
    )


def test_an_interval_that_takes_minutes_has_its_time() -> None:
    # 2 s simulated at 0.5 s a minute may take 240 s.
    pace = Pace(0.5)
    pace.note(10.0, 2.0, 1)
    assert pace.fault(10.0 + 240.0) == ""
    assert pace.fault(10.0 + 240.1) != ""


def test_a_run_that_was_fast_is_not_forgiven_for_ever() -> None:
    pace = Pace(60.0)
    for step in range(1, 601):  # five minutes at 2 s a second; then nothing
        pace.note(step * 0.5, float(step), step)
    assert pace.fault(300.0) == ""
    # The last minute at 330.5 s began at 541 s of simulated time; interval 601 may just end.
    assert pace.fault(330.5) == ""
    assert "less than 59 s in 60 s" in pace.fault(331.0)


@pytest.mark.parametrize("wall_s", [60.0, 1e5])
def test_without_a_limit_any_pace_will_do(wall_s: float) -> None:
    pace = Pace(0.0)
    pace.note(1.0, 1e-9, 1)
    assert pace.fault(wall_s) == ""
