"""Which requests the model server decides together, and what it answers to each."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import pytest

from agents.baselines import Equal
from agents.protocol import Allocator, Context, Decision, FieldSchema, Observation
from pyctl.campaign.sharing import desk
from pyctl.campaign.sharing.desk import Closed, Desk, Episode
from pyctl.campaign.sharing.messages import Call, Done, Fault, Open


class Together(Equal):
    """Decides for several; notes for how many."""

    name = "together"
    passes: list[int] = []  # noqa: RUF012 - one list for all
    wrong: Any = None

    @classmethod
    def act_together(
        cls, allocators: Sequence[Self], observations: Sequence[Observation]
    ) -> list[Decision | Exception]:
        cls.passes.append(len(allocators))
        if cls.wrong is not None:
            return cls.wrong(observations)  # type: ignore[no-any-return]
        return super().act_together(allocators, observations)


@pytest.fixture(autouse=True)
def no_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Together, "passes", [])


def context() -> Context:
    ones = np.ones((1, 2), np.float32)
    schema = FieldSchema("share", (1, 2), ("cell", "slice"), 0 * ones, ones, "1", "", "slice", 1.0)
    return Context("tiny", 1, 1.0, (), (schema,), {})


def observation() -> Observation:
    return Observation(0, 0.0, {"slice_present": np.ones((1, 2), np.float32)}, {})


def opened(here: Desk, allocator: type[Allocator] = Together) -> Episode:
    episode = Episode()
    here.letters.put((episode, Open(allocator, {})))
    here.letters.put((episode, Call("reset", context())))
    return episode


def ask(here: Desk, *episodes: Episode) -> None:
    for episode in episodes:
        here.letters.put((episode, Call("act", observation())))


def answers(episode: Episode) -> list[Any]:
    found = []
    while not episode.replies.empty():
        found.append(pickle.loads(episode.replies.get()))  # noqa: S301 - our own
    return found


def test_requests_that_wait_are_one_pass() -> None:
    here = Desk()
    episodes = [opened(here) for _ in range(3)]
    ask(here, *episodes)
    here.round()
    assert Together.passes == [3]
    for episode in episodes:
        made, reset, acted = answers(episode)
        assert made.declared["name"] == "together"
        assert not made.is_told
        assert reset.declared is not None
        assert acted.value.allocation["share"].tolist() == [[0.5, 0.5]]


def test_allocators_that_do_not_batch_and_other_settings_go_apart() -> None:
    here = Desk()
    plain = [opened(here, Equal) for _ in range(2)]
    ask(here, *plain, opened(here), opened(here))
    here.round()
    assert Together.passes == [2]
    assert all(isinstance(answers(each)[-1], Done) for each in plain)


def test_it_waits_for_others_only_if_there_are_any_and_a_pass_is_worth_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(desk, "MOST_WAIT_S", 60.0)
    here = Desk()
    first = opened(here)
    ask(here, first)
    here.round()  # alone: whatever the limit, it does not wait
    second = opened(here)
    here._took_s = dict.fromkeys(here._took_s, 120.0)  # the last pass was long
    ask(here, first, second)
    here.round()
    assert Together.passes == [1, 2]
    here._took_s = dict.fromkeys(here._took_s, 120.0)
    ask(here, first)
    threading.Timer(0.2, ask, (here, second)).start()
    here.round()  # the second has its answer and will ask again: it is waited for
    assert Together.passes == [1, 2, 2]
    here._took_s = dict.fromkeys(here._took_s, 120.0)
    ask(here, first)
    threading.Timer(0.2, here.letters.put, ((second, Closed()),)).start()
    here.round()  # the second is gone: nobody is waited for
    assert Together.passes == [1, 2, 2, 1]
    here._took_s = dict.fromkeys(here._took_s, 0.0)
    third = opened(here)
    ask(here, first, third)
    here.round()
    ask(here, first)
    here.round()  # a pass costs nothing: the third is not waited for
    assert Together.passes == [1, 2, 2, 1, 2, 1]


def test_the_request_of_a_run_that_is_gone_is_dropped() -> None:
    here = Desk()
    first, second = opened(here), opened(here)
    ask(here, first, second)
    here.letters.put((first, Closed()))
    here.round()
    assert Together.passes == [1]
    assert len(answers(first)) == 2  # to Open and reset
    assert isinstance(answers(second)[-1], Done)


def test_an_exception_in_place_of_a_decision_is_its_episodes_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def second_is_wrong(observations: Sequence[Observation]) -> list[Decision | Exception]:
        return [Decision({}), ValueError("no")]

    monkeypatch.setattr(Together, "wrong", second_is_wrong)
    here = Desk()
    episodes = [opened(here), opened(here)]
    ask(here, *episodes)
    here.round()
    good, bad = (answers(each)[-1] for each in episodes)
    assert isinstance(good, Done)
    assert isinstance(bad, Fault)
    assert (bad.kind, bad.text, bad.is_refusal) == ("ValueError", "no", False)


def test_too_few_decisions_are_an_error_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Together, "wrong", lambda observations: [Decision({})])
    here = Desk()
    episodes = [opened(here), opened(here)]
    ask(here, *episodes)
    here.round()
    for episode in episodes:
        reply = answers(episode)[-1]
        assert reply.text == "act_together() returned 1 decisions for 2 episodes"


def test_a_fault_keeps_class_text_and_where_it_was() -> None:
    here = Desk()
    episode = Episode()
    here.letters.put((episode, Open(Together, {"no": 1})))
    other = opened(here)
    ask(here, other)
    here.round()
    (reply,) = answers(episode)
    error = reply.exception()
    assert type(error).__name__ == "UnknownName"
    assert str(error).startswith("unknown setting of allocator together 'no'")
    assert Path(desk.__file__).name in reply.trace
