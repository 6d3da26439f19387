"""Measures: bounds, JSON form, rows."""

from __future__ import annotations

from pyctl.measures import Measure, missed, rows


def test_a_bound_holds_or_not() -> None:
    assert Measure("a", 1.0, "1", target="<= 1.0").ok is True
    assert Measure("a", 1.01, "1", target="<= 1.0").ok is False
    assert Measure("a", 59.9, "1", target=">= 60").ok is False
    assert Measure("a", 3.0, "s").ok is None
    assert Measure("a", None, "1", target="<= 1").ok is False


def test_json_has_the_fields_of_the_design() -> None:
    assert Measure("x.y", 2.0, "us", 1.0, 3.0, "<= 2.5").to_json() == {
        "name": "x.y",
        "value": 2.0,
        "unit": "us",
        "low": 1.0,
        "high": 3.0,
        "target": "<= 2.5",
        "ok": True,
    }


def test_missed_names_only_what_does_not_hold() -> None:
    measures = [
        Measure("good", 1.0, "1", target="<= 2"),
        Measure("bad", 3.0, "1", target="<= 2"),
        Measure("free", 9.0, "1"),
    ]
    assert missed(measures) == ["bad"]


def test_rows_say_it_in_words() -> None:
    row = rows([Measure("bad", 0.25, "us", 0.2, 0.3, "<= 0.1")])[0]
    assert row == ("bad", "0.25 us", "0.2 to 0.3", "<= 0.1", "NO")
