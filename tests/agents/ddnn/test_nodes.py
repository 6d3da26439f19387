"""Edge and cloud over bytes: in time, late, lost, doubled, damaged answers; the WAN down."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from agents.ddnn import message, network, policies
from agents.ddnn.data import Normaliser
from agents.ddnn.message import Kind, Message, MessageError
from agents.ddnn.nodes import CloudNode, EdgeNode
from agents.ddnn.policies import Offloader, Policy
from agents.ddnn.wan import ResponseTimes
from agents.errors import AllocatorError

NORMALISER = Normaliser(np.full(16, 10.0), np.full(16, 110.0))
NET = network.build(seed=1).eval()


def window(seed: int) -> np.ndarray:
    return 10 + 100 * np.random.default_rng(seed).random((16, 144))


def edge(policy: Policy) -> EdgeNode:
    times = ResponseTimes(slot_s=1.0, timeout_s=1.0, first_guess_s=0.04)
    return EdgeNode(NET.head, NORMALISER, Offloader(policy), times)


def expected(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Raw allocations of the whole network."""
    values = torch.as_tensor(NORMALISER.normalise(window(seed).T).T, dtype=torch.float32)
    with torch.no_grad():
        exits = NET(values[None])
    return tuple(  # type: ignore[return-value]
        np.maximum(NORMALISER.denormalise(one[0].numpy().astype(np.float64)), 0)
        for one in (exits.local, exits.remote)
    )


def test_local_decisions_send_nothing() -> None:
    node = edge(policies.AlwaysLocal())
    step = node.decide(window(1))
    assert step.message is None
    assert np.array_equal(step.allocation, expected(1)[0])


def test_an_answer_in_time_is_that_of_the_whole_network() -> None:
    node, cloud = edge(policies.AlwaysRemote()), CloudNode(NET.tail)
    first = node.decide(window(1))
    # Nothing was in force before the first slot: the local allocation is, until the answer.
    assert np.array_equal(first.allocation, expected(1)[0])
    assert len(first.message) == 80
    assert np.array_equal(node.receive(cloud.answer(first.message), 0.04), expected(1)[1])
    second = node.decide(window(2))
    assert second.allocation is None
    assert np.array_equal(node.receive(cloud.answer(second.message), 0.04), expected(2)[1])
    assert node.counts.to_dict() == {
        "asked": 2,
        "answered": 2,
        "unanswered": 0,
        "late": 0,
        "doubled": 0,
        "damaged": 0,
        "probes": 0,
    }


def test_a_lost_answer_is_given_up_for_the_local_allocation() -> None:
    node = edge(policies.AlwaysRemote())
    node.decide(window(1))
    assert np.array_equal(node.give_up(), expected(1)[0])
    assert node.give_up() is None
    node.decide(window(2))
    node.decide(window(3))  # the next slot gives up as well
    assert (node.counts.asked, node.counts.unanswered) == (3, 2)


def test_late_and_doubled_answers_change_nothing() -> None:
    node, cloud = edge(policies.AlwaysRemote()), CloudNode(NET.tail)
    late = cloud.answer(node.decide(window(1)).message)
    now = cloud.answer(node.decide(window(2)).message)
    assert node.receive(late, 1.2) is None
    assert np.array_equal(node.receive(now, 0.2), expected(2)[1])
    assert node.receive(now, 0.3) is None
    assert node.receive(late, 1.4) is None
    counts = node.counts
    assert (counts.answered, counts.unanswered, counts.late, counts.doubled) == (1, 1, 1, 2)


def test_an_answer_after_it_was_given_up_in_the_same_slot_is_late() -> None:
    node, cloud = edge(policies.AlwaysRemote()), CloudNode(NET.tail)
    answer = cloud.answer(node.decide(window(1)).message)
    node.give_up()
    assert node.receive(answer, 0.9) is None
    assert node.counts.late == 1


def test_damaged_and_foreign_messages_change_nothing() -> None:
    node, cloud = edge(policies.AlwaysRemote()), CloudNode(NET.tail)
    question = node.decide(window(1)).message
    answer = cloud.answer(question)
    of_the_future = message.pack(Message(Kind.ALLOCATION, 99, np.ones(16, np.float32)))
    for wrong in (answer[:-1], answer[:-1] + b"\x7f", b"", question, of_the_future):
        assert node.receive(wrong, 0.1) is None
    assert node.counts.damaged == 5
    assert np.array_equal(node.receive(answer, 0.2), expected(1)[1])


def test_wan_down_is_local_and_counted_until_an_echo() -> None:
    node, cloud = edge(policies.AlwaysRemote()), CloudNode(NET.tail)
    for seed in (1, 2, 3):
        node.decide(window(seed))
    step = node.decide(window(4))  # three in a row had no answer
    assert np.array_equal(step.allocation, expected(4)[0])
    assert (node.offloader.forced, node.counts.asked, node.counts.probes) == (1, 3, 1)
    echo = cloud.answer(step.message)
    assert message.unpack(echo, 16).kind is Kind.ECHO
    assert node.receive(echo, 0.05) is None
    assert node.decide(window(5)).allocation is None
    assert (node.counts.asked, node.counts.probes) == (4, 1)


def test_the_cloud_refuses_what_is_no_question() -> None:
    cloud = CloudNode(NET.tail)
    with pytest.raises(MessageError, match="the cloud got an allocation; a signal is right"):
        cloud.answer(message.pack(Message(Kind.ALLOCATION, 1, np.ones(16, np.float32))))
    with pytest.raises(MessageError, match="begins with"):
        cloud.answer(bytes(80))


def test_gaps_in_a_window() -> None:
    node = edge(policies.AlwaysLocal())
    gap = window(1)
    gap[2, 50:53] = np.nan
    filled = gap.copy()
    filled[2, 50:53] = gap[2, 49]
    assert np.array_equal(
        node.decide(gap).allocation, edge(policies.AlwaysLocal()).decide(filled).allocation
    )
    gap[2] = np.nan
    with pytest.raises(AllocatorError, match="station 2 is missing in slot 0"):
        node.decide(gap)
    with pytest.raises(AllocatorError, match=r"shape \(15, 144\)"):
        node.decide(window(1)[:15])


def test_dropout_left_on_is_refused() -> None:
    training = network.build(seed=1)
    with pytest.raises(AllocatorError, match="Tail is in training mode"):
        CloudNode(training.tail)
    with pytest.raises(AllocatorError, match="Head is in training mode"):
        EdgeNode(
            training.head,
            NORMALISER,
            Offloader(policies.AlwaysLocal()),
            ResponseTimes(1.0, 1.0, 0.04),
        )


def test_a_step_says_what_the_local_exit_allocates_and_whether_it_asks() -> None:
    node = edge(policies.AlwaysRemote())
    steps = [node.decide(window(seed)) for seed in (1, 2, 3, 4)]
    for seed, step in enumerate(steps, start=1):
        assert np.array_equal(step.local, expected(seed)[0])
    # The last is a probe: three had no answer.
    assert [step.asks for step in steps] == [True, True, True, False]


def test_what_an_answer_says_is_read_without_taking_it() -> None:
    node, cloud = edge(policies.AlwaysRemote()), CloudNode(NET.tail)
    answer = cloud.answer(node.decide(window(1)).message)
    assert np.array_equal(node.read(answer), expected(1)[1])
    assert node.counts.answered == 0
    assert np.array_equal(node.receive(answer, 0.1), expected(1)[1])


def test_the_local_allocation_may_be_in_force_meanwhile() -> None:
    times = ResponseTimes(slot_s=1.0, timeout_s=1.0, first_guess_s=0.04)
    offloader = Offloader(policies.AlwaysRemote())
    node = EdgeNode(NET.head, NORMALISER, offloader, times, local_meanwhile=True)
    for seed in (1, 2):
        assert np.array_equal(node.decide(window(seed)).allocation, expected(seed)[0])


def test_an_oracle_gets_the_gain_that_it_is_told() -> None:
    told: list[torch.Tensor] = []

    def foresee(z: torch.Tensor, local: torch.Tensor) -> torch.Tensor:
        told.append(local)
        return torch.tensor([0.3])

    for price, asks in ((0.2, True), (0.4, False)):
        times = ResponseTimes(slot_s=1.0, timeout_s=1.0, first_guess_s=0.04)
        offloader = Offloader(policies.Oracle(price))
        node = EdgeNode(NET.head, NORMALISER, offloader, times, foresee)
        assert node.decide(window(1)).asks is asks
    assert [each.shape for each in told] == [(1, 16)] * 2
