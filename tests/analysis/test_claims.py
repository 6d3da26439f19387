"""Files of claims, and verdicts by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from analysis.claims import judge, read_measures
from analysis.claims_file import Claim, read_claims
from analysis.comparison import compare
from analysis.errors import ClaimsFileError, StoreReadError
from analysis.store_reader import read_store
from tests.analysis.stores import edge_run

# equal, traffic by seed: differences 0.02, 0.03, 0.04, relative 0.05, 0.1, 0.08.
VALUES = {1: (0.40, 0.42), 2: (0.30, 0.33), 3: (0.50, 0.54)}
DIFFERENCE = {"metric": "utility_mean", "scenario": "edge-cloud", "allocator": "traffic"}
DIFFERENCE |= {"against": {"allocator": "equal"}}
FILE = """\
paper: A paper
claims:
  - id: better
    text: traffic is better
    paper_value: 0.03
    tolerance: 50 %
    mode: packet
    compare:
      metric: utility_mean
      scenario: edge-cloud
      allocator: traffic
      against: {allocator: equal}
  - id: fast
    text: it is fast
    paper_value: 10
    accept: at least
    mode: packet
    compare: {measure: cells.speedup}
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("claims")
    for seed, pair in VALUES.items():
        for allocator, value in zip(("equal", "traffic"), pair, strict=True):
            summary = {"utility_mean": value, "zero": 0.0}
            edge_run(folder / f"{allocator}{seed}", allocator=allocator, seed=seed, summary=summary)
    return folder


def verdict(
    store: Path, paper_value: float, source: dict[str, Any] | None = None, **more: Any
) -> tuple[str, str]:
    claim = Claim(
        id="a", text="b", mode="packet", paper_value=paper_value,
        compare={**DIFFERENCE, **(source or {})}, **more,
    )  # fmt: skip
    (judged,) = judge([claim], compare(read_store(store)), {})
    return judged.verdict, judged.reason


@pytest.mark.parametrize(
    ("paper", "more", "expected"),
    [
        # The interval of 0.02, 0.03, 0.04 is within these values, whatever the resamples.
        (0.03, {"tolerance": 0.01001}, "reproduced"),
        (0.03, {"tolerance": "40 %"}, "reproduced"),  # 0.018 to 0.042
        (0.0, {"accept": "at least"}, "reproduced"),
        (0.05, {"accept": "at most"}, "reproduced"),
        (0.03, {"tolerance": 0.0001}, "partly"),  # the interval is wider
        (0.1, {"tolerance": 0.01}, "partly"),  # better, but not by so much
        (0.1, {"accept": "at least"}, "partly"),
        (-0.03, {"tolerance": 0.01}, "not"),
        (0.0, {"accept": "at most"}, "not"),
    ],
)
def test_verdicts_on_a_difference(
    store: Path, paper: float, more: dict[str, Any], expected: str
) -> None:
    assert verdict(store, paper, **more)[0] == expected


def test_verdicts_on_other_sources(store: Path) -> None:
    plain = {"against": None}
    assert verdict(store, 0.43, plain, tolerance=0.11)[0] == "reproduced"
    assert verdict(store, 0.9, plain, tolerance=0.1)[0] == "not"  # no sign saves a plain value
    relative = {"change": "relative"}
    found, reason = verdict(store, 0.075, relative, tolerance=0.03)
    assert (found, reason) == ("reproduced", reason)
    # No resample of 0.05, 0.1, 0.08 has a mean outside of them.
    low, high = map(float, reason.split(" against ")[0].split(" to "))
    assert 0.05 <= low < high <= 0.1


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ({"scenario": "cells"}, "no run of cells has such parameters"),
        ({"parameters": {"rate_hz": 9}}, "no run of edge-cloud has such parameters"),
        ({"allocator": "fair"}, "there is no run with fair"),
        ({"against": {"allocator": "static", "allocator_settings": {"gain": 1}}},
         "there is no run with static gain=1"),
        ({"metric": "utility"}, "no run of traffic has utility"),
        ({"metric": "zero", "change": "relative"}, "zero of equal is 0"),
        ({"measure": "a.b"}, "no measure a.b"),
    ],
)  # fmt: skip
def test_what_cannot_be_tested_says_why(store: Path, source: dict[str, Any], reason: str) -> None:
    compared = source if "measure" in source else {**DIFFERENCE, **source}
    claim = Claim(id="a", text="b", paper_value=1, mode="packet", compare=compared)
    (judged,) = judge([claim], compare(read_store(store)), {})
    assert judged.verdict == "cannot be tested"
    assert reason in judged.reason
    assert judged.found is None


def test_few_seeds_and_several_configurations(tmp_path: Path) -> None:
    for allocator, value in (("equal", 0.4), ("traffic", 0.43)):
        edge_run(tmp_path / allocator, allocator=allocator, summary={"utility_mean": value})
    found, reason = verdict(tmp_path, 0.03, tolerance=0.01)
    assert (found, reason.partition(", of ")[2]) == (
        "partly",
        "1 seed(s): 3 or more give an interval",
    )
    assert verdict(tmp_path, 0.3, tolerance=0.01)[0] == "not"
    edge_run(tmp_path / "far", allocator="traffic", parameters={"rate_hz": 9})
    found, reason = verdict(tmp_path, 0.03)
    assert found == "cannot be tested"
    assert "traffic fits runs that differ in more than their seeds: edge-cloud-" in reason


def test_measures_come_from_the_files_of_the_store(tmp_path: Path) -> None:
    listed = [{"name": "cells.speedup", "value": 12.0, "low": 9.0, "high": 13.0}]
    (tmp_path / "bench.json").write_text(json.dumps({"measures": listed}))
    (tmp_path / "other.json").write_text("[1]")
    measures = read_measures(tmp_path)
    (tmp_path / "claims.yaml").write_text(FILE)
    claims = read_claims(tmp_path / "claims.yaml").claims
    better, fast = judge(claims, [], measures)
    assert better.verdict == "cannot be tested"
    assert (fast.verdict, fast.reason) == (
        "partly",
        "9 to 13 against at least 10: the interval is not within it",
    )
    measures["cells.speedup"] |= {"low": None, "high": None}
    assert judge(claims, [], measures)[1].verdict == "reproduced"
    (tmp_path / "other.json").write_text("{")
    with pytest.raises(StoreReadError, match=r"other\.json"):
        read_measures(tmp_path)


def test_the_file_of_the_fixture_is_judged(store: Path, tmp_path: Path) -> None:
    path = tmp_path / "claims.yaml"
    path.write_text(FILE)
    file = read_claims(path)
    assert file.paper == "A paper"
    first, _ = judge(file.claims, compare(read_store(store)), {})
    assert first.verdict == "reproduced"
    assert first.found is not None
    assert (first.found.seeds, first.found.interval.mean) == (3, pytest.approx(0.03))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("tolerance", "tolerence", r":6: claims\.0\.tolerence: Extra inputs are not permitted"),
        ("50 %", "much", r":6: claims\.0\.tolerance: a number of at least 0, or a percentage"),
        ("    paper_value: 0.03\n", "", r":3: claims\.0\.paper_value: Field required"),
        ("id: fast", "id: better", r":2: claims: the id better comes twice"),
        ("scenario: edge-cloud", "scenari: x", r":8: claims\.0\.compare\.scenario: Field required"),
        ("      against: {allocator: equal}", "      change: relative", "against is required"),
        ("    compare: {measure: cells.speedup}\n", "", "either compare or untestable is required"),
        ("paper: A paper", "paper: [", "is no YAML"),
    ],
)
def test_bad_files_are_refused(old: str, new: str, message: str, tmp_path: Path) -> None:
    assert old in FILE
    path = tmp_path / "claims.yaml"
    path.write_text(FILE.replace(old, new, 1))
    with pytest.raises(ClaimsFileError, match=message):
        read_claims(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ClaimsFileError, match=r"cannot read .*nowhere\.yaml: No such file"):
        read_claims(tmp_path / "nowhere.yaml")


def test_an_untestable_claim_gives_the_reason_of_its_file() -> None:
    claim = Claim(id="a", text="b", paper_value=1, mode="packet", untestable="needs a testbed")
    (judged,) = judge([claim], [], {})
    assert (judged.verdict, judged.reason) == ("cannot be tested", "needs a testbed")
