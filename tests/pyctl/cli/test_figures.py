"""`slicebed figures`: real co-simulations drawn, what is printed, what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from tests.pyctl.cli.commands import invoke

E2E = ["run", "e2e-slice", "--allocator", "equal", "--set", "slices=2", "--set", "users=2"]
E2E += ["--set", "interval_s=2", "--set", "steps=2"]
EDGE = ["run", "edge-cloud", "--set", "scale=0.1", "--set", "steps=2", "--set", "edges=2"]
CAPACITY = ["run", "capacity", "--allocator", "equal", "--set", "steps=2"]
CAPACITY += ["--set", "interval_s=1", "--set", "warmup_s=0.2", "--set", "peaks_mbps=4,2"]
CELLS = ["run", "cells", "--allocator", "equal", "--set", "sites=1", "--set", "steps=2"]
CELLS += ["--set", "interval_s=0.4", "--set", "slices=1,4"]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One run of each scenario and use case, and a second allocator and seed of edge-cloud."""
    folder = tmp_path_factory.mktemp("figures")
    static = ["--allocator", "static", "--allocator-set", "shares=0,0,0"]
    runs = [E2E, CELLS, [*EDGE, "--allocator", "equal"], [*EDGE, *static]]
    runs += [[*EDGE, "--allocator", "equal", "--seed", "2"]]
    runs += [[*CAPACITY, "--set", f"use_case={use}"] for use in ("transport", "cell")]
    runs += [["run", "loopback", "--allocator", "equal", "--set", "steps=2"]]
    for words in runs:
        result = invoke(*words, "--quiet", "--out", folder / "results")
        assert result.exit_code == 0, result.output
    return folder / "results"


def test_figures_of_every_scenario(store: Path, tmp_path: Path) -> None:
    result = invoke("figures", store, "--out", tmp_path / "out", "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    files = [Path(name) for name in found["files"]]
    assert len(files) == len(set(files))
    assert all(path.stat().st_size > 0 for path in files)
    # All that is there is listed, but the lists themselves.
    there = {path for path in (tmp_path / "out").rglob("*.*") if path.name != "figures.json"}
    assert there == set(files)
    by_scenario = {entry["scenario"]: entry for entry in found["figures"]}
    assert set(by_scenario) == {"capacity", "cells", "e2e-slice", "edge-cloud", "loopback"}
    assert all(entry["left_out"] == {} for entry in found["figures"])
    for name in ("cells", "e2e-slice", "edge-cloud"):
        assert tmp_path / "out" / name / "topology.png" in there
    equal, static = by_scenario["edge-cloud"]["allocators"]
    assert (equal["label"], equal["seeds"]) == ("equal", [1, 2])
    assert (static["label"], static["settings"]) == ("static", "shares=0,0,0")


def test_the_numbers_are_those_of_the_run(store: Path, tmp_path: Path) -> None:
    (folder,) = (
        path.parent
        for path in store.glob("*/config.json")
        if json.loads(path.read_text())["scenario"] == "e2e-slice"
    )
    result = invoke("figures", folder, "--out", tmp_path)
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[:2] == ["e2e-slice", "  equal: seed 1"]
    steps = pd.read_parquet(folder / "steps.parquet")
    rate = pd.read_csv(tmp_path / "e2e-slice" / "transport-rate.csv")
    used = rate[rate["quantity"] == "used [Mbit/s]"].set_index(["slice", "time_s"])["mean"]
    expected = steps.groupby(["slice", "t_sim_s"])["rate_used"].first() / 1e6
    assert used.sort_index().tolist() == pytest.approx(expected.sort_index().tolist(), rel=1e-5)
    places = pd.read_csv(tmp_path / "e2e-slice" / "topology.csv")
    ues = places[places["kind"] == "ue"]
    assert len(ues) == 4
    # Between 35 m and the parameter distance_m, 100 m.
    assert ((ues["x_m"] ** 2 + ues["y_m"] ** 2) ** 0.5).between(35, 100).all()
    assert list(places["delay_s"].dropna()) == [0.005, 0.002]


@pytest.mark.parametrize("use", ["transport", "cell"])
def test_the_numbers_are_those_of_each_use_case_of_capacity(
    use: str, store: Path, tmp_path: Path
) -> None:
    (folder,) = (
        path.parent
        for path in store.glob("*/config.json")
        if json.loads(path.read_text())["parameters"].get("use_case") == use
    )
    result = invoke("figures", folder, "--out", tmp_path)
    assert result.exit_code == 0, result.output
    steps = pd.read_parquet(folder / "steps.parquet")
    drawn = tmp_path / "capacity"
    cost = pd.read_csv(drawn / "cost.csv")
    together = cost[(cost["quantity"] == "cost") & cost["slice"].isna()]["mean"]
    assert together.tolist() == pytest.approx([steps["cost"].mean()], rel=1e-5)
    table = pd.read_csv(drawn / "reservation.csv")
    unit = "share of PRBs" if use == "cell" else "Mbit/s"
    reserved = table[table["quantity"] == f"reserved [{unit}]"]["mean"]
    assert reserved.tolist() == pytest.approx([0.5 if use == "cell" else 35.0] * 4)
    places = pd.read_csv(drawn / "topology.csv")
    if use == "transport":
        assert places["rate_bps"].dropna().tolist() == [1e9, 1e9, 71.4e6]
    else:
        ues = places[places["kind"] == "ue"]
        assert len(ues) == 2 * 4
        # Between 35 m and the parameter radius_m, 300 m.
        assert ((ues["x_m"] ** 2 + ues["y_m"] ** 2) ** 0.5).between(35, 300).all()


def test_what_cannot_be_drawn_is_refused(store: Path, tmp_path: Path) -> None:
    for results, said in (
        (tmp_path / "nowhere", "nowhere is no folder; that of a run or of a store is required"),
        (tmp_path, "holds no finished run; `slicebed run` makes one"),
    ):
        result = invoke("figures", results, "--out", tmp_path / "out")
        assert (result.exit_code, result.stdout) == (2, "")
        assert said in result.stderr
    mine = tmp_path / "out" / "loopback" / "echo.png"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    result = invoke("figures", store, "--out", tmp_path / "out")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "echo.png is in the way: no figure drawn here by an earlier call" in result.stderr
    assert [path for path in (tmp_path / "out").rglob("*.*") if path.is_file()] == [mine]
