"""Offloading over a WAN whose answers are late, by formula: what a C_T of the moment is worth.

    costs = compare(network, parts, seed=1)       # mean cost of a slot by policy

While an answer is on its way the allocation in force stays, and a slot costs the mean over its
time. Response times and losses are drawn here, from two states of a WAN that last half an hour
or so of slots each; a packet-level scenario measures them. Late answers count only from when
they come.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from agents.ddnn import offload, policies
from agents.ddnn.cost import sample_cost
from agents.ddnn.data import Parts
from agents.ddnn.network import DistributedLstm
from agents.ddnn.policies import Policy
from agents.ddnn.training import Training
from agents.ddnn.view import View
from agents.ddnn.wan import LinkState, ResponseTimes
from pyctl.studies.ddnn_curves import (
    QUANTILES,
    Evaluated,
    fit_classifiers,
    fit_expected_costs,
    held,
)

SLOT_S = 1.0  # simulated length of a slot of 10 minutes
UNLOADED_S = 0.04246  # round trip that the paper takes from its reference 20
BUSY_S = (0.2, 0.8)  # response time with a loaded WAN, uniform
BUSY_LOSS = 0.1
STAY = 1 - 1 / 36  # probability to remain calm, or busy, in the next slot
CANDIDATES = (-torch.inf, 0.0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, torch.inf)  # constant C_T


@dataclass(frozen=True, eq=False)
class Answers:
    """What would become of a question in each slot.

    Attributes:
        late_s: time to the answer [s], (slots,).
        lost: whether none comes, (slots,).
    """

    late_s: npt.NDArray[np.float64]
    lost: npt.NDArray[np.bool_]

    @classmethod
    def draw(cls, slots: int, seed: int) -> Answers:
        """Draws them; the WAN is calm at first."""
        draws = np.random.default_rng(seed)
        changes = draws.random(slots) > STAY
        busy = np.cumsum(changes) % 2 == 1
        late_s = np.where(busy, draws.uniform(*BUSY_S, slots), UNLOADED_S)
        return cls(late_s, busy & (draws.random(slots) < BUSY_LOSS))


def play(policy: Policy, part: Evaluated, answers: Answers) -> tuple[float, float]:
    """Decides slot by slot.

    In force when a slot begins is what either exit gave for the slot before.

    Returns:
        Mean cost of a slot, and the share decided locally.
    """
    times = ResponseTimes(SLOT_S, timeout_s=SLOT_S, first_guess_s=UNLOADED_S)
    views = [_in_force(part.view, held(exits)) for exits in (part.view.local, part.remote)]
    waiting = [sample_cost(view.in_force.double(), part.demand.double()) for view in views]
    fixed = None if policy.follows_link else policy.stays_local(part.view, LinkState())
    remote_before = False
    total, decided_locally = 0.0, 0
    for i in range(len(part.view)):
        link = times.state()
        now = views[remote_before][i : i + 1]
        stays = policy.stays_local(now, link) if fixed is None else fixed[i]
        if not link.up and not answers.lost[i]:
            times.answered(float(answers.late_s[i]))  # the echo of a probe
        if bool(stays) or not link.up:
            total += float(part.costs.local[i])
            decided_locally += 1
            remote_before = False
            continue
        late = 1.0 if answers.lost[i] else float(answers.late_s[i]) / SLOT_S
        total += late * float(waiting[remote_before][i])
        total += (1 - late) * float(part.costs.remote[i])
        remote_before = not answers.lost[i]
        if answers.lost[i]:
            times.lost()
        else:
            times.answered(float(answers.late_s[i]))
    return total / len(part.view), decided_locally / len(part.view)


def compare(
    network: DistributedLstm, parts: Parts, seed: int, settings: Training = offload.LEARNING
) -> list[dict[str, float | str]]:
    """Compares policies on the test part over the same drawn answers.

    A constant C_T, of the paper's classifiers and of expected gains, is the one that did
    best on the validation part over other answers.

    Returns:
        ``policy``, ``cost`` (mean of a slot) and ``share`` (decided locally) of each.
    """
    train, validation, test = (
        Evaluated.of(network, part) for part in (parts.train, parts.validation, parts.test)
    )
    tuning = Answers.draw(len(validation.view), seed=1000 + seed)
    answers = Answers.draw(len(test.view), seed=seed)
    model = fit_expected_costs((train, validation), seed, settings)

    def best(make: Callable[[float], Policy], settings: tuple[float, ...]) -> Policy:
        return make(min(settings, key=lambda value: play(make(value), validation, tuning)[0]))

    learnt = fit_classifiers(train, seed, settings)
    chosen: dict[str, Policy] = {
        "always-local": policies.AlwaysLocal(),
        "always-remote": policies.AlwaysRemote(),
        "ml": best(lambda quantile: policies.Learned(learnt[quantile]), QUANTILES),
        "expected": best(lambda price: policies.Expected(model, price), CANDIDATES),
        "adaptive": policies.Adaptive(model),
    }
    rows: list[dict[str, float | str]] = []
    for name, policy in chosen.items():
        cost, share = play(policy, test, answers)
        rows.append({"policy": name, "cost": cost, "share": share})
    return rows


def _in_force(view: View, allocation: Tensor) -> View:
    return dataclasses.replace(view, in_force=allocation)
