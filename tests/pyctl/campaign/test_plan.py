"""Plans against lists of runs made by hand."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from pydantic import ValidationError

from pyctl.campaign.offered import TraceChoice
from pyctl.campaign.plan import Plan, expand
from pyctl.campaign.plan_fault import PlanFault

PLANS = Path(__file__).parents[3] / "examples" / "plans"
UNTIL = {"metric": "m", "half_width": 0.1, "max_seeds": 8}


def runs(**plan: Any) -> list[tuple[Any, ...]]:
    values = {"scenario": "s", "allocators": ["a"], **plan}
    return [
        (run.scenario, run.allocator, dict(run.parameters), run.seed)
        for run in expand(Plan.model_validate(values))
    ]


def parameters(**plan: Any) -> list[Any]:
    return [entry[2] for entry in runs(**plan)]


def test_the_least_plan_is_one_run() -> None:
    assert runs() == [("s", "a", {}, 1)]


def test_scenarios_change_slowest_and_seeds_fastest() -> None:
    assert runs(
        scenario=["s", "t"], allocators=["a", "b"], parameters={"p": [1, 2]}, seeds=[5, 3]
    ) == [
        ("s", "a", {"p": 1}, 5), ("s", "a", {"p": 1}, 3),
        ("s", "a", {"p": 2}, 5), ("s", "a", {"p": 2}, 3),
        ("s", "b", {"p": 1}, 5), ("s", "b", {"p": 1}, 3),
        ("s", "b", {"p": 2}, 5), ("s", "b", {"p": 2}, 3),
        ("t", "a", {"p": 1}, 5), ("t", "a", {"p": 1}, 3),
        ("t", "a", {"p": 2}, 5), ("t", "a", {"p": 2}, 3),
        ("t", "b", {"p": 1}, 5), ("t", "b", {"p": 1}, 3),
        ("t", "b", {"p": 2}, 5), ("t", "b", {"p": 2}, 3),
    ]  # fmt: skip


def test_each_value_meets_each_other_and_the_first_parameter_is_slowest() -> None:
    assert parameters(parameters={"p": [1, 2], "q": ["x", "y"], "r": True}) == [
        {"p": 1, "q": "x", "r": True},
        {"p": 1, "q": "y", "r": True},
        {"p": 2, "q": "x", "r": True},
        {"p": 2, "q": "y", "r": True},
    ]


@pytest.mark.parametrize(
    ("spec", "numbers"),
    [
        ({"from": 1, "to": 4, "step": 1}, [1, 2, 3, 4]),
        ({"from": 4, "to": 1, "step": -2}, [4, 2]),
        ({"from": 0.1, "to": 0.7, "step": 0.2}, [0.1, 0.3, 0.5, 0.7]),
        ({"from": 0, "to": 1, "count": 5}, [0, 0.25, 0.5, 0.75, 1]),
        ({"from": 3, "to": 3, "step": 1}, [3]),
    ],
)
def test_ranges_have_both_ends_and_no_rounding_errors(spec: Any, numbers: list[float]) -> None:
    assert parameters(parameters={"p": spec}) == [{"p": number} for number in numbers]


def test_zips_change_together_and_meet_the_parameters() -> None:
    assert parameters(
        parameters={"p": [1, 2]},
        zip=[{"q": [10, 20], "r": {"from": 3, "to": 4, "step": 1}}],
    ) == [
        {"p": 1, "q": 10, "r": 3},
        {"p": 1, "q": 20, "r": 4},
        {"p": 2, "q": 10, "r": 3},
        {"p": 2, "q": 20, "r": 4},
    ]


def test_conditions_set_and_skip_in_their_order() -> None:
    assert runs(
        allocators=["a", "b"],
        parameters={"p": [1, 2, 3]},
        when=[
            {"if": {"p": [1, 2], "allocator": "a"}, "set": {"q": [7, 8]}},
            {"if": {"q": 8, "p": 2}, "skip": True},
            {"if": {"allocator": "b", "p": [2, 3]}, "skip": True},
        ],
    ) == [
        ("s", "a", {"p": 1, "q": 7}, 1),
        ("s", "a", {"p": 1, "q": 8}, 1),
        ("s", "a", {"p": 2, "q": 7}, 1),
        ("s", "a", {"p": 3}, 1),
        ("s", "b", {"p": 1}, 1),
    ]


def test_runs_that_a_condition_makes_equal_come_once() -> None:
    when = [{"if": {"p": 1}, "set": {"q": 0}}]
    assert parameters(parameters={"p": [1, 2], "q": [0, 5]}, when=when) == [
        {"p": 1, "q": 0},
        {"p": 2, "q": 0},
        {"p": 2, "q": 5},
    ]


@pytest.mark.parametrize(
    ("seeds", "expected"),
    [(3, [1, 2, 3]), ([9, 4, 9], [9, 4]), ({"from": 0, "to": 4, "count": 3}, [0, 2, 4])],
)
def test_seeds(seeds: Any, expected: list[int]) -> None:
    assert [entry[3] for entry in runs(seeds=seeds)] == expected


def test_settings_and_trace_reach_the_runs() -> None:
    plan = Plan.model_validate(
        {
            "scenario": "s",
            "allocators": [{"name": "a", "settings": {"shares": [0.5, 0.5]}}],
            "trace": {"path": "t.parquet", "squares": [3, 4]},
        }
    )
    (run,) = expand(plan)
    assert run.settings == {"shares": [0.5, 0.5]}
    assert run.trace == TraceChoice(Path("t.parquet"), (3, 4))


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ({"zip": [{"p": [1, 2], "q": [1]}]}, "one length: p has 2, q has 1"),
        ({"parameters": {"p": 1}, "zip": [{"p": [1]}]}, "parameter p is given twice"),
        ({"parameters": {"p": {"from": 1, "to": 2}}}, "either step or count"),
        ({"parameters": {"p": {"from": 1, "to": 2, "step": -1}}}, "step -1 does not lead from 1"),
        ({"seeds": {"from": 0, "to": 1, "step": 0.5}}, "seeds has 0.5; whole numbers"),
        ({"parameters": {"p": float("nan")}}, "a finite number is required"),
        ({"when": [{"if": {"seeed": 1}, "skip": True}]}, "unknown key of if 'seeed'.*'seed'"),
        ({"seeds": 10**11}, r"\[100000000000\] is the one seed 100000000000"),
        (
            {"seeds": [1, 2], "parameters": {name: [*range(1000)] for name in "pq"}},
            "means 2000000 runs",
        ),
        (
            {"seeds": 20_000, "allocators": [*"abcdefgh"] * 10},
            r"means 1600000 runs, seeds being 20000; 1000000 at most .*\[N\] is the one seed N",
        ),
        ({"parameters": {"p": {"from": 0, "to": 1, "step": 1e-12}}}, "step 1e-12 makes more than"),
        ({"parameters": {"p": {"from": 0, "to": 1, "count": 10**9}}}, "less than or equal"),
        ({"seeds": {"from": 0, "to": 2**32 - 1, "step": 1}}, "step 1 makes more than 1000000"),
        ({"seeds": 2, "until": UNTIL}, r"seeds are 2; 3 to 8 \(max_seeds\) to begin with"),
        ({"seeds": [1, 1, 2], "until": UNTIL}, "seeds are 2; 3 to 8"),
        ({"seeds": 9, "until": UNTIL}, "seeds are 9; 3 to 8"),
        ({"seeds": [1, 2, 2**32 - 5], "until": UNTIL}, "max_seeds more would pass 4294967295"),
        ({"seeds": 3, "until": {**UNTIL, "reference": "b"}}, "reference is b; the name of one of"),
        ({"seeds": 3, "until": {**UNTIL, "half_width": 0}}, "greater than 0"),
        ({"seeds": 3, "until": {**UNTIL, "half_width": float("inf")}}, "finite"),
        (
            {"seeds": 3, "until": UNTIL, "when": [{"if": {"seed": 1}, "set": {"p": 1}}]},
            "until adds seeds of its own: if must not name seed",
        ),
    ],
)
def test_what_cannot_be_is_refused(plan: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        runs(**plan)


@pytest.mark.parametrize(
    ("when", "message"),
    [
        ({"if": {"p": 1, "allocator": "b"}, "skip": True}, "if {p: 1, allocator: b} matches no"),
        ({"if": {"q": 3}, "skip": True}, "if {q: 3} matches no run"),
        (
            {"if": {"p": 2}, "set": {"q": {"from": 1, "to": 999_999, "step": 1}}},
            "by what when sets",
        ),
    ],
)
def test_conditions_that_match_nothing_or_make_too_much(when: Any, message: str) -> None:
    first = [
        {"if": {"allocator": "b", "p": 1}, "skip": True},
        {"if": {"p": 2}, "set": {"q": 3}},
        {"if": {"q": 3}, "set": {"q": [4, 5]}},
    ]
    with pytest.raises(PlanFault, match=message):
        runs(allocators=["a", "b"], parameters={"p": [1, 2]}, when=[*first, when])


def test_what_is_wrong_with_a_plan_survives_pickling() -> None:
    fault = pickle.loads(pickle.dumps(PlanFault(("when", "0"), "no")))  # noqa: S301 - our own
    assert (fault.key, str(fault)) == (("when", "0"), "no")


def test_the_schema_for_editors_names_all_keys() -> None:
    schema = Plan.model_json_schema()
    assert set(schema["properties"]) == {
        *("scenario", "allocators", "parameters", "zip", "when", "seeds", "trace"),
        *("until", "slurm"),
    }
    assert schema["additionalProperties"] is False
    assert set(schema["$defs"]["Condition"]["properties"]) == {"if", "set", "skip"}
    assert set(schema["$defs"]["Until"]["properties"]) == {
        *("metric", "half_width", "relative", "reference", "max_seeds", "add")
    }
    assert set(schema["$defs"]["Range"]["properties"]) == {"from", "to", "step", "count"}


@pytest.mark.parametrize("path", sorted(PLANS.glob("*.yaml")), ids=lambda path: path.name)
def test_the_schema_for_editors_takes_the_examples(path: Path) -> None:
    schema = Plan.model_json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(yaml.safe_load(path.read_text()), schema)


@pytest.mark.parametrize(
    "wrong",
    [{"seed": 3}, {"allocators": []}, {"until": {"metric": "utility_mean"}}, {"seeds": "many"}],
)
def test_the_schema_for_editors_refuses_what_is_wrong(wrong: dict[str, Any]) -> None:
    schema = Plan.model_json_schema()
    right = {"scenario": "cells", "allocators": ["equal"], "seeds": 2}
    jsonschema.validate(right, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**right, **wrong}, schema)
