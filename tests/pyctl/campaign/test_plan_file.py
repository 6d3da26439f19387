"""Plans as files: errors name file, line, key, value and what would be right."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pyctl.campaign.plan import expand
from pyctl.campaign.plan_file import read_plan
from pyctl.campaign.planned import identify, varying
from pyctl.campaign.prepare import RunConfig, prepare
from pyctl.errors import UsageError

GOOD = """scenario: loopback
allocators:
  - equal
  - name: static
    settings: {shares: [0.5, 0.3, 0.2]}
parameters:
  steps: [2, 3]
  cells:
    from: 1
    to: 2
    step: 1
seeds: 2
"""


def planned(folder: Path, text: str) -> list[str]:
    path = folder / "plan.yaml"
    path.write_text(text)
    file = read_plan(path)
    with file.located():
        return [run.run_id for run in identify(expand(file.plan))]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("seeds", "seed", "12: unknown key 'seed'; did you mean 'seeds'?"),
        (
            "    to: 2",
            "    too: 2",
            "10: unknown key of parameters.cells 'too'; did you mean 'to'?",
        ),
        (
            "    settings",
            "    setings",
            "5: unknown key of allocators.1 'setings'; did you mean 'settings'?",
        ),
        ("loopback", "lopback", "1: unknown scenario 'lopback'; did you mean 'loopback'?"),
        ("- equal", "- eqal", "3: unknown allocator 'eqal'; did you mean 'equal'?"),
        ("name: static", "name: statik", "4: unknown allocator 'statik'; did you mean 'static'?"),
        ("shares", "share", "5: unknown setting of allocator static 'share'"),
        ("steps", "stepz", "7: unknown parameter of scenario loopback 'stepz'"),
        ("steps: [2, 3]", "steps: [2, 0]", "7: steps is 0; a whole number"),
        ("steps: [2, 3]", "steps:\n    - 2\n    - no", "9: steps is False; a whole number"),
        ("steps: [2, 3]", "steps: [2, [3]]", "7: parameters.steps.1 is [3]: a number, a text"),
        ("seeds: 2", "seeds: many", "12: seeds is 'many': .*integer"),
        ("seeds: 2", "seeds: 0", "12: seeds is 0: .*greater than"),
        ("seeds: 2", "seeds: [1, -3]", "12: seeds.1 is -3: .*greater than"),
        ("    step: 1\n", "", "8: parameters.cells is {'from': 1, 'to': 2}: either step or count"),
        ("    to: 2\n", "", "8: parameters.cells.to is missing"),
        ("0.3, 0.2]", "0.3, 0.9]", r"5: allocator static: shares \[0.5, 0.3, 0.9\] sum to 1.7"),
        ("seeds: 2", "seeds: 2\nseeds: 3", "13: seeds is already given in line 12"),
        ("seeds: 2", "seeds: [2", ".*not YAML"),
        (
            "seeds: 2",
            "seeds: 4\nuntil: {metrik: r}",
            "13: unknown key of until 'metrik'; did you mean 'metric'?",
        ),
        (
            "seeds: 2",
            "when:\n  - if: {steps: 2}\n    sets: {cells: 1}\nseeds: 2",
            "14: unknown key of when.0 'sets'; did you mean 'set'?",
        ),
        ("seeds: 2", "trace: {pth: a.csv}", "12: unknown key of trace 'pth'; did you mean 'path'?"),
        (
            "[2, 3]\n",
            "{from: 2, too: 3, step: 1}\n",
            "7: unknown key of parameters.steps 'too'; did you mean 'to'?",
        ),
        ("seeds: 2", "seeds: {from: 0, to: 1, step: 0.5}", "12: seeds has 0.5; whole numbers"),
        (
            "seeds: 2",
            "seeds: [1, 2]\nuntil: {metric: m, half_width: 1, max_seeds: 9}",
            "12: seeds are 2",
        ),
        ("seeds: 2", "seeds: 20260722", "12: seeds is 20260722: so many are more than a plan"),
        (
            "seeds: 2",
            "when:\n  - if:\n      allocator: [equal, eqal]\n    skip: true",
            "14: unknown allocator of if 'eqal'; did you mean 'equal'? known: equal, static",
        ),
        (
            "seeds: 2",
            "when:\n  - if: {scenario: lopback}\n    skip: true",
            "13: unknown scenario of if 'lopback'; did you mean 'loopback'?",
        ),
        (
            "seeds: 2",
            "when:\n  - if: {steps: 5}\n    skip: true",
            "13: steps of if is 5, which no run of the plan has; one of 2, 3 is required",
        ),
        (
            "seeds: 2",
            "when:\n  - if: {steps: 2}\n    skip: true\n"
            "  - if: {steps: 2, cells: 1}\n    skip: true",
            "15: if {steps: 2, cells: 1} matches no run of the plan",
        ),
        (
            "seeds: 2",
            "slurm: {partitio: 3}",
            "12: unknown option of sbatch 'partitio'; did you mean 'partition'?",
        ),
        ("seeds: 2", "slurm:\n  array: 3", "13: --slurm array cannot be set"),
        ("seeds: 2", "seeds: 4\nuntil:\n  metric: r", "13: until.half_width is missing"),
        ("scenario: loopback\n", "", "1: scenario is missing"),
    ],
)
def test_errors(tmp_path: Path, old: str, new: str, message: str) -> None:
    plain = (
        re.escape(message).replace(r"\.\*", ".*").replace(r"\\\[", r"\[").replace(r"\\\]", r"\]")
    )
    assert old in GOOD
    with pytest.raises(UsageError, match=f"plan.yaml:{plain}"):
        planned(tmp_path, GOOD.replace(old, new, 1))


def test_a_trace_that_is_not_there(tmp_path: Path) -> None:
    text = "scenario: cells\nallocators: [equal]\ntrace:\n  path: ./no.csv\n"
    with pytest.raises(UsageError, match=r"plan.yaml:4: trace no\.csv: there is no such file"):
        planned(tmp_path, text)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot read .*none.yaml: No such file"):
        read_plan(tmp_path / "none.yaml")


def test_ids_are_those_of_single_runs(tmp_path: Path) -> None:
    from pyctl.campaign.digest import run_id

    ids = planned(tmp_path, GOOD)
    assert len(set(ids)) == len(ids) == 2 * 2 * 2 * 2
    single = RunConfig("loopback", "equal", {"steps": "3", "cells": "2"}, seed=2)
    assert run_id(prepare(single).config) == ids[7]


def test_runs_that_mean_the_same_come_once() -> None:
    # 10 is the scenario's default.
    runs = identify([RunConfig("loopback", "equal", p) for p in ({}, {"steps": 10}, {"steps": 4})])
    assert [run.config["parameters"]["steps"] for run in runs] == [10, 4]
    assert varying(runs) == ["steps"]
    assert runs[1].sim_s == pytest.approx(4 * 0.001)
