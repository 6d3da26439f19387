"""The stopping rule on stores that are written here, with half-widths worked out by hand.

Student's t at 0.975: 4.302653 with 2 degrees of freedom, 3.182446 with 3, 2.776445 with 4.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pyctl.campaign.digest import run_id
from pyctl.campaign.errors import StoreError
from pyctl.campaign.plan import Until
from pyctl.campaign.planned import PlannedRun
from pyctl.campaign.prepare import RunConfig
from pyctl.campaign.stopping import StoppingRule
from pyctl.errors import UnknownName, UsageError

T2, T3, T4 = 4.302653, 3.182446, 2.776445


def planned(allocator: str, seed: int, **parameters: Any) -> PlannedRun:
    config = {
        "scenario": "s",
        "parameters": parameters,
        "allocator": allocator,
        "allocator_settings": {},
        "seed": seed,
    }
    return PlannedRun(
        run_id(config), RunConfig("s", allocator, parameters, seed=seed), config, None
    )


def first_round(*allocators: str, seeds: int = 3, **parameters: Any) -> list[PlannedRun]:
    return [planned(a, seed, **parameters) for a in allocators for seed in range(1, seeds + 1)]


def store_run(out: Path, run: PlannedRun, value: Any) -> None:
    folder = out / run.run_id
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(run.config))
    (folder / "summary.json").write_text(json.dumps({"kpi": {"mean": value}, "steps": 4}))


def until(**more: Any) -> Until:
    return Until.model_validate({"metric": "kpi.mean", "half_width": 1.0, "max_seeds": 9, **more})


def play(
    rule: StoppingRule,
    out: Path,
    value_of: Callable[[PlannedRun], Any],
    shuffle: random.Random | None = None,
    at_most: int = 1000,
) -> None:
    """Does what a batch does, in some order."""
    waiting = [run for run in rule.runs() if not (out / run.run_id).exists()]
    for _ in range(at_most):
        if not waiting:
            return
        run = waiting.pop(shuffle.randrange(len(waiting)) if shuffle else 0)
        store_run(out, run, value_of(run))
        waiting += rule.after(run)


def seeds_of(rule: StoppingRule, allocator: str = "a") -> list[int]:
    return [run.request.seed for run in rule.runs() if run.request.allocator == allocator]


def by_seed(*values: float | None) -> Callable[[PlannedRun], Any]:
    return lambda run: values[run.request.seed - 1]


def test_a_cell_that_is_narrow_in_its_first_round_gets_no_more(tmp_path: Path) -> None:
    rule = StoppingRule(until(half_width=2.485), first_round("a"), tmp_path)
    play(rule, tmp_path, by_seed(1.0, 2.0, 3.0))
    assert seeds_of(rule) == [1, 2, 3]
    (judged,) = rule.judgements()
    # The standard deviation of 1, 2, 3 is 1.
    assert judged.half_width == pytest.approx(T2 / math.sqrt(3), abs=1e-5)
    assert (judged.seeds, judged.mean, judged.required) == (3, 2.0, 2.485)
    assert judged.verdict == "reached"
    assert rule.told() == "kpi.mean: 1 of 1 narrow enough, widest +-2.48"


def test_a_round_is_added_and_judged_when_it_is_whole(tmp_path: Path) -> None:
    rule = StoppingRule(until(half_width=2.484, add=2), first_round("a"), tmp_path)
    values = by_seed(1.0, 2.0, 3.0, 4.0, 100.0)
    play(rule, tmp_path, values, at_most=4)
    assert seeds_of(rule) == [1, 2, 3, 4, 5]
    (judged,) = rule.judgements()
    # The deviation of 1, 2, 3, 4 is sqrt(5/3): narrow enough, and yet not judged without the fifth.
    assert judged.half_width == pytest.approx(T3 * math.sqrt(5 / 3) / 2, abs=1e-5)
    assert judged.is_narrow
    assert judged.verdict == "open"
    play(rule, tmp_path, values, at_most=1)
    assert seeds_of(rule) == [1, 2, 3, 4, 5, 6, 7]


def test_the_last_round_is_cut_at_max_seeds(tmp_path: Path) -> None:
    rule = StoppingRule(until(half_width=1e-9, max_seeds=8, add=3), first_round("a"), tmp_path)
    play(rule, tmp_path, lambda run: float(run.request.seed))
    assert seeds_of(rule) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert rule.judgements()[0].verdict == "max_seeds"


def test_seeds_go_on_after_the_largest(tmp_path: Path) -> None:
    runs = [planned("a", seed) for seed in (20, 7, 3)]
    rule = StoppingRule(until(half_width=1e-9, max_seeds=5), runs, tmp_path)
    play(rule, tmp_path, lambda run: float(run.request.seed))
    assert seeds_of(rule) == [20, 7, 3, 21, 22]


@pytest.mark.parametrize(("share", "expected"), [(0.25, 3), (0.24, 5)])
def test_a_relative_half_width_is_a_share_of_the_mean(
    tmp_path: Path, share: float, expected: int
) -> None:
    # 2.4841 of a mean of -10 is 0.2484.
    rule = StoppingRule(
        until(half_width=share, relative=True, add=2, max_seeds=5), first_round("a"), tmp_path
    )
    play(rule, tmp_path, by_seed(-9.0, -10.0, -11.0, -10.0, -10.0))
    assert len(seeds_of(rule)) == expected


def test_differences_to_a_reference_are_judged_on_the_same_seeds(tmp_path: Path) -> None:
    rule = StoppingRule(
        until(half_width=2.0, reference="r", add=2, max_seeds=7),
        first_round("a", "r", "b"),
        tmp_path,
    )
    reference = [10.0, 50.0, -30.0, 7.0, 1000.0]
    differences = {"r": [0.0] * 5, "a": [1.0, 1.0, 1.0, 1.0, 2.0], "b": [1.0, 2.0, 3.0, 2.0, 2.0]}

    def value(run: PlannedRun) -> float:
        i = run.request.seed - 1
        return reference[i] + differences[run.request.allocator][i]

    play(rule, tmp_path, value)
    # b is not narrow after three, all are after five; all have the same seeds.
    for allocator in "arb":
        assert seeds_of(rule, allocator) == [1, 2, 3, 4, 5]
    a, b = rule.judgements()
    assert [a.run.request.allocator, b.run.request.allocator] == ["a", "b"]
    # Deviations sqrt(0.2) and sqrt(0.5).
    assert a.half_width == pytest.approx(T4 * math.sqrt(0.2 / 5), abs=1e-5)
    assert b.half_width == pytest.approx(T4 * math.sqrt(0.5 / 5), abs=1e-5)
    assert (a.mean, b.mean) == pytest.approx((1.2, 2.0))


def test_a_relative_difference_is_a_share_of_the_references_mean(tmp_path: Path) -> None:
    rule = StoppingRule(
        until(half_width=0.1, relative=True, reference="r"), first_round("a", "r"), tmp_path
    )
    play(rule, tmp_path, lambda run: 200.0 if run.request.allocator == "r" else 199.0)
    (judged,) = rule.judgements()
    assert (judged.mean, judged.half_width, judged.required) == (-1.0, 0.0, pytest.approx(20.0))


def test_cells_are_judged_by_themselves(tmp_path: Path) -> None:
    runs = [*first_round("a", load=1), *first_round("a", load=2)]
    rule = StoppingRule(until(half_width=0.5, add=1, max_seeds=4), runs, tmp_path)
    play(rule, tmp_path, lambda run: run.request.seed * float(run.request.parameters["load"] - 1))
    loads = [run.request.parameters["load"] for run in rule.runs()]
    assert (loads.count(1), loads.count(2)) == (3, 4)


@pytest.mark.parametrize("order", range(4))
def test_which_runs_there_are_does_not_depend_on_their_order_or_on_stops(
    tmp_path: Path, order: int
) -> None:
    def value(run: PlannedRun) -> float:
        return random.Random(run.run_id).gauss(0.0, 1.0 + run.request.parameters["load"])

    rule = until(half_width=1.5, max_seeds=30, add=2, reference="r")
    first = [*first_round("a", "r", load=1), *first_round("a", "r", load=3)]
    straight = StoppingRule(rule, first, tmp_path / "straight")
    play(straight, tmp_path / "straight", value)
    draws = random.Random(order)
    resumed = StoppingRule(rule, first, tmp_path / "resumed")
    while any(one.verdict == "open" for one in resumed.judgements()):
        play(resumed, tmp_path / "resumed", value, draws, at_most=draws.randrange(1, 20))
        resumed = StoppingRule(rule, first, tmp_path / "resumed")  # stopped, and begun again
    assert {run.run_id for run in resumed.runs()} == {run.run_id for run in straight.runs()}
    assert 12 < len(straight.runs()) < 120
    assert resumed.judgements() == straight.judgements()


def test_runs_without_a_value_do_not_count(tmp_path: Path) -> None:
    rule = StoppingRule(until(half_width=3.0, add=1), first_round("a"), tmp_path)
    play(rule, tmp_path, by_seed(1.0, None, None, 2.0, 3.0, 9.0))
    # One value has no half-width; two, 12.7062 sqrt(1/2) / sqrt(2) = 6.35; three, 2.48.
    assert seeds_of(rule) == [1, 2, 3, 4, 5]
    assert rule.judgements()[0].seeds == 3


def test_a_failed_run_keeps_its_round_open(tmp_path: Path) -> None:
    rule = StoppingRule(until(half_width=1e-9), first_round("a"), tmp_path)
    *others, failed = rule.runs()
    for run in others:
        store_run(tmp_path, run, 1.0)
        assert rule.after(run) == []
    assert rule.after(failed) == []
    assert rule.judgements()[0].verdict == "open"
    # Whole at last; equal values have no spread.
    store_run(tmp_path, failed, 1.0)
    assert rule.after(failed) == []
    assert rule.judgements()[0].verdict == "reached"


@pytest.mark.parametrize("metric", ["kpi.meen", "kpi", "kpi.mean.x"])
def test_an_unknown_metric_is_told_at_the_first_run_with_the_nearest_name(
    tmp_path: Path, metric: str
) -> None:
    rule = StoppingRule(until(metric=metric), first_round("a"), tmp_path)
    run = rule.runs()[0]
    store_run(tmp_path, run, 1.0)
    with pytest.raises(UnknownName, match=f"unknown metric '{metric}'; did you mean 'kpi.mean'"):
        rule.after(run)


def test_a_damaged_run_is_named(tmp_path: Path) -> None:
    run = first_round("a")[0]
    store_run(tmp_path, run, 1.0)
    (tmp_path / run.run_id / "summary.json").write_text("{]}")
    with pytest.raises(StoreError, match=f"cannot read .*{run.run_id}/summary.json"):
        StoppingRule(until(), first_round("a"), tmp_path)


def test_a_run_whose_summary_was_cut_is_missing(tmp_path: Path) -> None:
    for run in first_round("a"):
        store_run(tmp_path, run, 1.0)
    (tmp_path / run.run_id / "summary.json").write_text('{"kpi": {"mean"')
    (judged,) = StoppingRule(until(), first_round("a"), tmp_path).judgements()
    assert (judged.seeds, judged.verdict) == (2, "open")


def test_a_cell_without_its_reference_is_refused(tmp_path: Path) -> None:
    runs = [*first_round("r", load=1), *first_round("a", load=2)]
    with pytest.raises(UsageError, match=r"s with r and parameters .*1.* has nothing to be held"):
        StoppingRule(until(reference="r"), runs, tmp_path)
    with pytest.raises(UsageError, match=r"s with a and parameters .*2.* lacks r"):
        StoppingRule(until(reference="r"), runs[3:], tmp_path)
