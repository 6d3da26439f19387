"""key=value words, and their way into an allocator's settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from agents.baselines import Equal, Static
from agents.protocol import Allocator, Decision, Observation
from pyctl.campaign.settings import make_allocator, parse_assignments
from pyctl.errors import UnknownName, UsageError


@dataclass(frozen=True)
class MixedSettings:
    rate: float = field(default=1.0, metadata={"help": "learning rate"})
    layers: tuple[int, ...] = field(default=(8,), metadata={"help": "sizes"})
    noisy: bool = field(default=False, metadata={"help": "whether"})
    label: str = field(default="", metadata={"help": "a text"})


class Mixed(Allocator):
    name = "mixed"
    summary = "a test"
    Settings = MixedSettings

    def act(self, observation: Observation) -> Decision:
        return Decision({})


def test_words_become_a_mapping() -> None:
    words = ["a=1", "b=x=y", "c="]
    assert parse_assignments(words, "--set") == {"a": "1", "b": "x=y", "c": ""}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["steps"], "--set steps: key=value is required"),
        (["=3"], "--set =3: key=value is required"),
        (["a=1", "a=2"], "--set a=2: a is already given as 1"),
    ],
)
def test_bad_words_are_refused(words: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse_assignments(words, "--set")


def test_texts_become_the_settings_types() -> None:
    words = {"rate": "1e-3", "layers": "36,24", "noisy": "true", "label": "1,2"}
    made = make_allocator(Mixed, words)
    assert made.settings == MixedSettings(1e-3, (36, 24), True, "1,2")


def test_values_of_a_file_are_taken_as_they_are() -> None:
    made = make_allocator(Mixed, {"rate": 2, "layers": [4, 4], "noisy": False})
    assert made.settings == MixedSettings(2.0, (4, 4), False, "")


@pytest.mark.parametrize(
    ("text", "shares"),
    [
        ("0.5,0.5", (0.5, 0.5)),
        ("[0.5, 0.25]", (0.5, 0.25)),
        ("[[0.5,0.5],[1,0]]", ((0.5, 0.5), (1.0, 0.0))),
    ],
)
def test_shares_as_text(text: str, shares: Any) -> None:
    assert make_allocator(Static, {"shares": text}).settings.shares == shares


def test_no_settings_are_all_defaults() -> None:
    assert make_allocator(Mixed, {}).settings == MixedSettings()


@pytest.mark.parametrize(
    ("allocator", "values", "message"),
    [
        (
            Mixed,
            {"rate": "fast"},
            "setting rate of allocator mixed is 'fast': .*number.*learning rate",
        ),
        (Mixed, {"noisy": "maybe"}, "setting noisy of allocator mixed is 'maybe': .*boolean"),
        (Static, {}, "allocator static: the setting shares is required"),
        (Static, {"shares": "0.9,0.9"}, r"allocator static: shares \[0.9, 0.9\] sum to 1.8"),
        (
            Static,
            {"shares": "a,b"},
            r"setting shares of allocator static is \['a', 'b'\]: .*number",
        ),
    ],
)
def test_bad_values_are_named(
    allocator: type[Allocator], values: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        make_allocator(allocator, values)


def test_an_unknown_setting_gets_the_nearest_name() -> None:
    with pytest.raises(UnknownName, match=r"share.*shares"):
        make_allocator(Static, {"share": "1"})
    with pytest.raises(UnknownName, match="gain"):
        make_allocator(Equal, {"gain": "1"})
