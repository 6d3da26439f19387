"""What a run is made of before it starts: order of checks, canonical configuration, command."""

from __future__ import annotations

import hashlib
import shlex
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pyctl.campaign import prepare as module
from pyctl.campaign.prepare import Reach, RunConfig, TraceChoice, prepare, repeat_command
from pyctl.errors import UsageError
from tests.pyctl.campaign.simulations import description

MASK = "step,slice_1,slice_4\n0,1,0.5\n1,0,0.25\n2,1,1\n"


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The scenario's description; tests may change it."""
    raw = description()

    def check(name: str, parameters: Any) -> None:
        if "steps" in parameters and parameters["steps"] == "0":
            raise UsageError("steps is 0")

    monkeypatch.setattr(module, "check_parameters", check)
    monkeypatch.setattr(module, "describe", lambda *_: SimpleNamespace(raw=raw))
    return raw


def test_the_configuration_has_all_that_bears_on_the_results() -> None:
    settings = {"shares": "0.5,0.25"}
    request = RunConfig("tiny", "static", settings=settings, seed=2, reach=Reach("ipc"))
    assert prepare(request).config == {
        "scenario": "tiny",
        "parameters": {"steps": 3},
        "allocator": "static",
        "allocator_settings": {"shares": [0.5, 0.25]},
        "seed": 2,
        "mask_sha256": None,
    }


def test_a_default_that_is_spelt_out_is_the_same_configuration() -> None:
    spelt = prepare(RunConfig("tiny", "equal", parameters={"steps": 3}))
    assert spelt.config == prepare(RunConfig("tiny", "equal")).config


def test_attributes_of_ns3_are_part_of_the_configuration() -> None:
    attribute = {"ns3::CellNetwork::TxPowerDbm": "40"}
    config = prepare(RunConfig("tiny", "equal", parameters=attribute)).config
    assert config["parameters"] == {"steps": 3, **attribute}


def test_the_place_of_the_topology_file_is_ours() -> None:
    with pytest.raises(UsageError, match="topology_file cannot be set"):
        prepare(RunConfig("tiny", "equal", parameters={"topology_file": "a.json"}))


def test_parameters_are_checked_before_the_allocator() -> None:
    with pytest.raises(UsageError, match="steps is 0"):
        prepare(RunConfig("tiny", "eqal", parameters={"steps": "0"}))
    with pytest.raises(UsageError, match="unknown allocator 'eqal'"):
        prepare(RunConfig("tiny", "eqal", settings={"no": "1"}))


def test_a_scenario_without_named_action_is_refused(tiny: dict[str, Any]) -> None:
    tiny["action"] = []
    with pytest.raises(UsageError, match="tiny with these parameters has no named fields"):
        prepare(RunConfig("tiny", "equal"))


def test_a_mask_file_counts_by_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "mask.csv"
    path.write_text(MASK)
    prepared = prepare(RunConfig("tiny", "equal", parameters={"mask_file": str(path)}))
    assert prepared.load.mask_csv == MASK
    digest = hashlib.sha256(MASK.encode()).hexdigest()
    assert prepared.config["mask_sha256"] == digest
    assert prepared.load.data == {"mask": {"path": str(path), "sha256": digest}}


def milan_rows(squares: tuple[int, ...], values: list[list[float]]) -> str:
    """Original rows, ten minutes apart: square, time, country, four empty, Internet."""
    begin_ms = 1_383_260_400_000
    return "".join(
        f"{square}\t{begin_ms + 600_000 * i}\t39\t\t\t\t\t{row[column]}\n"
        for column, square in enumerate(squares)
        for i, row in enumerate(values)
    )


def test_a_trace_becomes_the_mask_of_the_runs_slices(tmp_path: Path) -> None:
    # 900 s take the area under 1.5 values: (2 + 4 / 2) / 1.5 = 8/3, (4 / 2 + 8) / 1.5 = 20/3, ...
    values = [[2.0, 3.0], [4.0, 3.0], [8.0, 3.0]] * 2
    path = tmp_path / "milan.txt"
    path.write_text(milan_rows((5, 6), values))
    prepared = prepare(RunConfig("tiny", "equal", trace=TraceChoice(path, (6, 5))))
    assert prepared.load.mask_csv is not None
    header, *rows = prepared.load.mask_csv.splitlines()
    assert header == "step,slice_1,slice_4"
    numbers = [[float(cell) for cell in row.split(",")] for row in rows]
    assert numbers == [
        [0, 1, pytest.approx(0.4)],
        [1, 1, pytest.approx(1.0)],
        [2, 1, pytest.approx(0.4)],
    ]
    assert (
        prepared.config["mask_sha256"]
        == hashlib.sha256(prepared.load.mask_csv.encode()).hexdigest()
    )
    assert prepared.load.data["trace"]["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert prepared.load.data["trace"]["squares"] == [6, 5]


def test_a_trace_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "milan.txt"
    path.write_text(milan_rows((5, 6), [[2.0, 3.0]] * 2))
    with pytest.raises(UsageError, match=r"square 5 has 1 intervals of 900 s; steps=3"):
        prepare(RunConfig("tiny", "equal", trace=TraceChoice(path)))
    with pytest.raises(UsageError, match=r"trace .*none: there is no such file"):
        prepare(RunConfig("tiny", "equal", trace=TraceChoice(tmp_path / "none")))


def test_trace_and_mask_file_exclude_each_other(tmp_path: Path) -> None:
    request = RunConfig(
        "tiny", "equal", parameters={"mask_file": "a.csv"}, trace=TraceChoice(tmp_path / "t")
    )
    with pytest.raises(
        UsageError, match=r"--trace and --set mask_file=a\.csv both give the traffic"
    ):
        prepare(request)


def test_a_trace_needs_a_scenario_that_takes_one(tiny: dict[str, Any], tmp_path: Path) -> None:
    tiny["parameters"] = tiny["parameters"][:1]
    with pytest.raises(UsageError, match="--trace: scenario tiny takes no traffic trace"):
        prepare(RunConfig("tiny", "equal", trace=TraceChoice(tmp_path / "t")))


def test_the_command_says_all_of_it(tmp_path: Path) -> None:
    request = RunConfig(
        "tiny",
        "static",
        parameters={"steps": "3", "noisy": True, "label": "a b"},
        settings={"shares": [0.5, 0.25]},
        seed=9,
        trace=TraceChoice(tmp_path / "t.txt", (5, 6)),
        reach=Reach("ipc"),
    )
    words = shlex.split(repeat_command(request, tmp_path / "out"))
    assert words == [
        *("slicebed", "run", "tiny", "--allocator", "static"),
        *("--set", "steps=3", "--set", "noisy=true", "--set", "label=a b"),
        *("--allocator-set", "shares=[0.5, 0.25]", "--seed", "9", "--channel", "ipc"),
        *("--trace", str(tmp_path / "t.txt"), "--trace-squares", "5,6"),
        *("--out", str(tmp_path / "out")),
    ]
