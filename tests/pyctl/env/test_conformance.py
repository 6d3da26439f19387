"""The rules hold for what we ship, and each catches what breaks it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from gymnasium import Wrapper

from agents.baselines import Equal, Static, StaticSettings, Traffic
from agents.protocol import Allocator, Decision, Observation
from pyctl.env.conformance import (
    ConformanceError,
    check_allocator,
    check_scenario,
    sample_context,
)
from pyctl.env.cosim import CoSimEnv

pytestmark = pytest.mark.usefixtures("nothing_left")

SMALL_CELLS = {"steps": 2, "sites": 1, "ues_per_slice": 1, "interval_s": 0.3, "warmup_s": 0.1}


def test_the_loopback_conforms() -> None:
    check_scenario("loopback", {"steps": 3}, random_model=False)


def test_the_cells_conform() -> None:
    check_scenario("cells", SMALL_CELLS)


@pytest.mark.parametrize(
    "make",
    [Equal, Traffic, lambda: Static(StaticSettings((0.1, 0.2, 0.3, 0.4)))],
    ids=["equal", "traffic", "static"],
)
def test_the_baselines_conform(make: Callable[[], Allocator]) -> None:
    check_allocator(make)


class Altered(Wrapper[Any, Any, Any, Any]):
    """An environment with one thing wrong."""

    def __init__(self, wrong: str) -> None:
        super().__init__(CoSimEnv("loopback", {"steps": 2}))
        self._wrong = wrong
        self._generator = np.random.default_rng()

    def reset(self, **keywords: Any) -> Any:
        if self._wrong == "seed":
            return self._spoil(*super().reset(**keywords))
        return super().reset(**keywords)

    def step(self, action: Any) -> Any:
        observation, *rest = super().step(self._accept(action))
        if self._wrong == "bounds":
            observation["echo"][0, 0] = 2
        if self._wrong == "end" and rest[2]:
            rest[1] = True
        return observation, *rest

    def _spoil(self, observation: Any, info: Any) -> Any:
        observation["echo"][0, 0] = self._generator.uniform()
        return observation, info

    def _accept(self, action: Any) -> Any:
        if self._wrong != "action":
            return action
        values = np.nan_to_num(np.asarray(action.get("prb_max", 0.0), np.float64))
        return {"prb_max": np.clip(np.resize(values, (2, 3)), 0, 1 / 3)}


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ("bounds", "observations are in their space: echo at border 1"),
        ("seed", "same seed same bytes: two episodes with seed 3 differ"),
        ("action", "an action with the shape of prb_max wrong was not refused"),
        ("end", "ends once: terminated and truncated are both True at the end"),
    ],
)
def test_a_scenario_with_one_thing_wrong_is_caught(wrong: str, text: str) -> None:
    with pytest.raises(ConformanceError, match=text):
        check_scenario(lambda: Altered(wrong), random_model=False)


def test_a_model_without_randomness_is_caught() -> None:
    with pytest.raises(ConformanceError, match=r"^seeds differ: the episodes of seeds \(3, 4\)"):
        check_scenario("loopback", {"steps": 2})


def decide(shares: Callable[[Observation], Any], **members: Any) -> type[Allocator]:
    """Makes an allocator of a function."""

    def act(self: Any, observation: Observation) -> Decision:
        return Decision({"prb_max": shares(observation)})

    return type("Made", (Allocator,), {"name": "made", "summary": "made", "act": act, **members})


def quarter(observation: Observation) -> Any:
    return np.full((3, 4), 0.25, np.float32)


def peek(observation: Observation) -> Any:
    if observation.future is None:
        return quarter(observation)
    return quarter(observation) * (0.5 + 0.5 * np.isfinite(observation.future["offered"]))


def write(observation: Observation) -> Any:
    observation.fields["r"][:] = 7
    return quarter(observation)


def gamble(observation: Observation) -> Any:
    return np.random.default_rng().uniform(0, 0.25, (3, 4))


@pytest.mark.parametrize(
    ("allocator", "text"),
    [
        (decide(quarter, name=""), "says what it is: name is ''"),
        (decide(lambda o: np.full((3, 4), 0.5)), "decision 0: prb_max sums to 2, above 1"),
        (decide(lambda o: np.full((3, 4), -0.1)), "prb_max is outside its bounds"),
        (decide(lambda o: np.full((3, 4), np.nan)), "prb_max is not finite"),
        (decide(lambda o: np.zeros((4, 3))), r"prb_max has shape \(4, 3\), not \(3, 4\)"),
        (decide(gamble), "two allocators with the same seed decide differently"),
        (decide(peek), r"does not see the future: its decision depends on the future \(nan\)"),
        (decide(write), r"leaves observations alone: act\(\) changed the observation's r"),
        (decide(lambda o: o.fields["missing"]), "KeyError: 'missing'"),
    ],
    ids=["name", "sum", "bounds", "nan", "shape", "random", "future", "write", "raise"],
)
def test_an_allocator_with_one_thing_wrong_is_caught(allocator: type[Allocator], text: str) -> None:
    with pytest.raises(ConformanceError, match=text):
        check_allocator(allocator)


def test_an_allocator_that_declares_it_may_see_the_future() -> None:
    check_allocator(decide(peek, needs_future=True))


def test_history_has_the_declared_length_and_is_missing_at_first() -> None:
    seen = []

    def look(observation: Observation) -> Any:
        seen.append(observation.history["r"])
        return quarter(observation)

    check_allocator(decide(look, history_length=3))
    assert seen[1].shape == (3, 3, 4)
    assert np.isnan(seen[1][0]).all()
    assert np.isfinite(seen[1][2]).all()
    assert len(sample_context().observation) == 6
