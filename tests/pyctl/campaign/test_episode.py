"""The lock-step loop: who is told what, when; and what becomes of faults."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from agents.baselines import Equal, Traffic
from agents.errors import AllocatorError
from agents.protocol import Allocator, Decision, Feedback, Observation
from pyctl.campaign.episode import StepReport, run_episode
from pyctl.campaign.errors import AllocatorFailed
from pyctl.campaign.recorder import Recorder
from pyctl.campaign.schemas import context_of
from pyctl.errors import InvalidAction, UsageError
from tests.pyctl.campaign.simulations import TinySimulation, description

HALVES = np.full((2, 2), 0.5, np.float32)


class Witness(Allocator):
    """Keeps all that it is told."""

    name = "witness"
    summary = "a test"
    history_length = 2

    def __init__(self, settings: Any = None) -> None:
        super().__init__(settings)
        self.seen: list[Observation] = []
        self.told: list[Feedback] = []
        self.decisions: list[Any] = [HALVES]

    def act(self, observation: Observation) -> Decision:
        self.seen.append(observation)
        values = self.decisions[min(len(self.seen), len(self.decisions)) - 1]
        return Decision({"prb_max": values})

    def update(self, feedback: Feedback) -> None:
        self.told.append(feedback)


class Seer(Witness):
    name = "seer"
    needs_future = True


def play(allocator: Allocator, simulation: TinySimulation | None = None) -> Recorder:
    context = context_of(description(), seed=5)
    recorder = Recorder(context)
    run_episode(simulation or TinySimulation(), allocator, context, recorder)
    return recorder


def test_observations_come_in_order() -> None:
    witness = Witness()
    play(witness)
    assert [(seen.step, seen.t_sim_s) for seen in witness.seen] == [(0, 0.0), (1, 2.0), (2, 4.0)]
    assert witness.seen[2].fields["thp_dl"][0, 0] == 0.5 * 2 * 1e6


def test_the_run_seed_reaches_the_simulation() -> None:
    simulation = TinySimulation()
    play(Witness(), simulation)
    assert simulation.seed == 5


def test_history_ends_with_the_interval_that_just_ended() -> None:
    witness = Witness()
    play(witness)
    values = [seen.history["thp_dl"][:, 0, 0] for seen in witness.seen]
    np.testing.assert_array_equal(values[0], [np.nan, np.nan])
    np.testing.assert_array_equal(values[1], [np.nan, 0.5e6])
    np.testing.assert_array_equal(values[2], [0.5e6, 1.0e6])


def test_an_allocator_without_history_gets_none() -> None:
    class Forgetful(Witness):
        history_length = 0

    forgetful = Forgetful()
    play(forgetful)
    assert [dict(seen.history) for seen in forgetful.seen] == [{}, {}, {}]


def test_only_who_needs_the_future_sees_it() -> None:
    witness, seer = Witness(), Seer()
    play(witness)
    play(seer)
    assert [seen.future for seen in witness.seen] == [None] * 3
    assert [seen.future["offered"].tolist() for seen in seer.seen if seen.future] == [
        [[1e6, 3e6], [2e6, 2e6]]
    ] * 3


def test_no_leak_of_the_coming_interval() -> None:
    """With NaN for the future an honest allocator decides as before; one that looks does not."""
    blind = TinySimulation(offered=np.full((2, 2), np.nan).tolist())
    assert play(Equal(), blind).kpi_sha256() == play(Equal()).kpi_sha256()
    other = TinySimulation(offered=[[9e6, 1e6], [1e6, 9e6]])
    assert play(Traffic(), other).kpi_sha256() != play(Traffic()).kpi_sha256()


def test_feedback_tells_what_was_in_force_and_what_came_of_it() -> None:
    witness = Witness()
    witness.decisions = [np.ones((2, 2), np.float32)]  # the guard halves it
    play(witness)
    assert [told.step for told in witness.told] == [0, 1, 2]
    assert [told.observation.step for told in witness.told] == [1, 2, 3]
    np.testing.assert_array_equal(witness.told[0].decision.allocation["prb_max"], HALVES)
    assert [told.reward for told in witness.told] == [0.5e6, 1.0e6, 1.5e6]


def test_repairs_are_counted_and_recorded() -> None:
    witness = Witness()
    witness.decisions = [HALVES, np.full((2, 2), np.nan), np.ones((2, 2))]
    context = context_of(description(), seed=1)
    recorder = Recorder(context)
    simulation = TinySimulation()
    end = run_episode(simulation, witness, context, recorder)
    assert end.repairs.counts() == {"clipped": 0, "projected": 2, "not_finite": 1, "malformed": 0}
    assert recorder.intervals()["not_finite"].tolist() == [0, 1, 0]
    assert recorder.intervals()["projected"].tolist() == [0, 0, 2]
    for action in simulation.actions:
        np.testing.assert_array_equal(action["prb_max"], HALVES)


def test_conservation_comes_from_the_last_state() -> None:
    context = context_of(description(), seed=1)
    end = run_episode(TinySimulation(), Equal(), context, Recorder(context))
    assert end.conservation["sent"] == 10
    assert not end.terminated


def test_progress_is_told_after_each_interval() -> None:
    told: list[StepReport] = []
    context = context_of(description(), seed=1)
    run_episode(TinySimulation(), Equal(), context, Recorder(context), told.append)
    assert told[0] == StepReport(step=1, steps=3, t_sim_s=2.0, reward=0.5e6)
    assert [report.step for report in told] == [1, 2, 3]


def test_an_allocator_that_writes_into_its_observation_does_not_change_the_record() -> None:
    class Vandal(Witness):
        def act(self, observation: Observation) -> Decision:
            for values in observation.fields.values():
                values[:] = -1
            return super().act(observation)

    assert play(Vandal()).kpi_sha256() == play(Witness()).kpi_sha256()


def test_a_first_decision_that_is_unusable_ends_the_run() -> None:
    witness = Witness()
    witness.decisions = [np.full((2, 2), np.nan)]
    with pytest.raises(InvalidAction, match=r"prb_max\[cell 0, slice 0\] is nan"):
        play(witness)


def test_an_exception_in_an_allocator_names_it() -> None:
    class Broken(Witness):
        name = "broken"

        def act(self, observation: Observation) -> Decision:
            raise KeyError("cqi")

    with pytest.raises(
        AllocatorFailed, match=r"allocator broken failed in act\(\): KeyError: 'cqi'"
    ):
        play(Broken())


def test_a_refusal_by_an_allocator_is_a_usage_error() -> None:
    class Picky(Witness):
        name = "picky"

        def reset(self, context: Any) -> None:
            raise AllocatorError("three slices are required")

    with pytest.raises(UsageError, match="allocator picky: three slices are required"):
        play(Picky())


def test_a_decision_of_another_type_is_refused() -> None:
    class Casual(Witness):
        name = "casual"

        def act(self, observation: Observation) -> Decision:
            return {"prb_max": HALVES}  # type: ignore[return-value]

    with pytest.raises(
        AllocatorFailed, match=r"allocator casual: act.. returned dict; agents.proto"
    ):
        play(Casual())
