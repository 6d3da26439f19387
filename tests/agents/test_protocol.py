"""The defaults of the protocol: settings, no-ops and refusals."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from agents.baselines import Equal, Static, StaticSettings
from agents.errors import AllocatorError
from agents.protocol import Allocator, Decision, Feedback, NoSettings, Observation


@dataclass(frozen=True)
class GainSettings:
    gain: float = field(default=2.0, metadata={"help": "how much"})


class Gain(Allocator):
    name = "gain"
    summary = "a test"
    Settings = GainSettings

    def act(self, observation: Observation) -> Decision:
        return Decision({})


def test_settings_have_defaults() -> None:
    assert Gain().settings == GainSettings(2.0)
    assert Equal().settings == NoSettings()


def test_given_settings_are_kept() -> None:
    assert Gain(GainSettings(3.0)).settings.gain == 3.0


def test_settings_of_another_allocator_are_refused() -> None:
    with pytest.raises(AllocatorError, match="settings of gain are a StaticSettings; GainSettings"):
        Gain(StaticSettings((1.0,)))


def test_a_setting_without_default_is_required() -> None:
    with pytest.raises(AllocatorError, match="the setting shares is required"):
        Static()


def test_an_allocator_must_decide() -> None:
    class Undecided(Allocator):
        name = "undecided"

    with pytest.raises(TypeError, match="abstract"):
        Undecided()  # type: ignore[abstract]


def test_update_is_a_no_op_by_default() -> None:
    seen = Observation(0, 0.0, {}, {})
    assert Gain().update(Feedback(0, Decision({}), seen, 0.0)) is None  # type: ignore[func-returns-value]


def test_what_does_not_learn_says_so(tmp_path: Path) -> None:
    for call in (
        lambda: Gain().fit(None),
        lambda: Gain().save(tmp_path),
        lambda: Gain().load(tmp_path),
    ):
        with pytest.raises(AllocatorError, match="allocator gain does not learn"):
            call()


def test_two_decisions_do_not_share_their_info() -> None:
    one, other = Decision({}), Decision({})
    assert one.info is not other.info


def test_deciding_together_is_deciding_one_by_one_and_errors_are_each_ones_own() -> None:
    class Odd(Allocator):
        name = "odd"
        summary = "refuses odd steps"

        def act(self, observation: Observation) -> Decision:
            if observation.step % 2:
                raise AllocatorError(f"step {observation.step} is odd")
            return Decision({"x": np.array([observation.step], np.float32)})

    observations = [Observation(step, 0.0, {}, {}) for step in (2, 3, 4)]
    first, second, third = Odd.act_together([Odd(), Odd(), Odd()], observations)
    assert isinstance(first, Decision)
    assert isinstance(third, Decision)
    assert (first.allocation["x"], third.allocation["x"]) == ([2.0], [4.0])
    assert isinstance(second, AllocatorError)
    assert str(second) == "step 3 is odd"
