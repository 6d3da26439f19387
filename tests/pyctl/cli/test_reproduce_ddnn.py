"""``slicebed reproduce ddnn``: the smallest scale, whole; what is stored is not made again."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from agents.ddnn import demands
from pyctl.reproduce.ddnn_plan import SCALES, cells_of
from tests.pyctl.cli.commands import slicebed

FIGURES = (
    *("trade-off-formula", "allocations-formula", "times", "costs", "provision"),
    *("round-trips", "loaded-wan", "outage"),
)


def reproduce(out: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return slicebed("reproduce", "ddnn", "--scale", "ci", "--out", str(out), *words)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any], str]:
    """The reproduction of paper 003 at scale ci, once; its folder, JSON and progress."""
    out = tmp_path_factory.mktemp("ddnn")
    done = reproduce(out, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    return out, json.loads(done.stdout), done.stderr


def measures(told: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {entry["name"].removeprefix("ddnn."): entry for entry in told["measures"]}


def test_times_from_packets_are_the_sum_of_their_parts(
    store: tuple[Path, dict[str, Any], str],
) -> None:
    found = measures(store[1])
    for name in ("t_linearity_error", "t_accounting_error", "t_accounting_error_loaded"):
        assert found[name]["ok"] is True
    # The link's own 42.452 ms; the paper's 42.46.
    assert found["rtt_unloaded_ms"]["value"] == pytest.approx(42.46, rel=0.01)
    assert found["t_all_local_ms"]["value"] == pytest.approx(found["local_ms"]["value"], rel=1e-4)
    assert found["rtt_loaded_ms"]["value"] > found["rtt_unloaded_ms"]["value"] + 1


def test_formula_and_packets_are_both_reported(store: tuple[Path, dict[str, Any], str]) -> None:
    found = measures(store[1])
    for name in ("local_share_at_centralised_cost", "ml_minus_confidence_auc"):
        assert isinstance(found[name]["value"], float)
    # A queue of three packets, the bucket and an interval's border are what makes them differ.
    assert found["packet_over_formula_cost"]["value"] == pytest.approx(0, abs=0.05)
    assert found["asked_while_down"]["value"] == 0


def test_every_run_begins_with_the_day_before(store: tuple[Path, dict[str, Any], str]) -> None:
    trace = pd.read_parquet(store[0] / "made-up-trace.parquet")
    wide = trace.pivot(index="time_interval", columns="square_id", values="internet").to_numpy()
    slots = SCALES["ci"].slots
    known = demands.read(store[0] / "short" / "packets" / f"demands-{slots}.json")
    # 300 slots: 60 % to learn from, 20 % for validation, then the test part.
    assert np.array_equal(known.history, wide[240 - 144 : 240])
    mask = pd.read_csv(store[0] / "short" / "packets" / f"mask-{slots}.csv").to_numpy()[:, 1:]
    assert mask * known.units_at_peak == pytest.approx(wide[240 : 240 + slots])
    # The same multiple of each site's range, so that a bit costs the same everywhere.
    span = np.ptp(wide[:180], axis=0)
    assert known.units_at_peak / span == pytest.approx((known.units_at_peak / span)[0])
    assert mask.max() > 0.99
    ran = next(store[0].glob("*/mask.csv"))
    assert ran.read_text() == (store[0] / "short" / "packets" / f"mask-{slots}.csv").read_text()


def test_tables(store: tuple[Path, dict[str, Any], str]) -> None:
    folder = store[0] / "figures"
    networks = pd.read_csv(folder / "table-1.csv").set_index("model")
    assert networks["parameters"]["ddnn-stations-0.9"] == 590 + 489_729
    assert networks["parameters_on_edge"].to_dict()["ddnn-stations-0.9"] == 590
    times = pd.read_csv(folder / "table-2.csv")
    assert times["local_share_asked"].tolist() == [0, 0.5, 1]
    assert (np.diff(times["t_ms"]) < 0).all()
    rows = pd.read_csv(folder / "packets.csv")
    assert len(rows) == len(cells_of(SCALES["ci"]))
    modes = rows.groupby("group")["time_mode"].unique()
    assert {name: list(found) for name, found in modes.items()} == {
        "cost": ["scaled"],
        "half": ["scaled"],
        "load": ["stretch"],
        "outage": ["stretch"],
        "share": ["stretch"],
    }
    # At no price none is below the oracle in the formula, whatever its local share.
    costs = rows[rows["group"] == "cost"].set_index("policy")["cost_formula"]
    assert (costs >= costs["oracle"] * (1 - 1e-5)).all()


def test_figures_have_their_numbers_beside_them(
    store: tuple[Path, dict[str, Any], str],
) -> None:
    for name in FIGURES:
        for suffix in (".png", ".pdf", ".svg"):
            assert (store[0] / "figures" / f"{name}{suffix}").stat().st_size > 1000
        assert len(pd.read_csv(store[0] / "figures" / f"{name}.csv"))


def test_claims_are_judged(store: tuple[Path, dict[str, Any], str]) -> None:
    verdicts = {claim["id"]: claim["verdict"] for claim in store[1]["claims"]}
    assert verdicts.pop("all-local-time") == "cannot be tested"
    assert "cannot be tested" not in verdicts.values()
    assert verdicts["accounting"] == verdicts["rtt"] == "reproduced"


def test_progress_is_told(store: tuple[Path, dict[str, Any], str]) -> None:
    told = store[2]
    assert "ddnn-stations-0.9-seed1: evaluation" in told
    assert "seed 1: fit of expected" in told
    count = len(cells_of(SCALES["ci"]))
    assert f"{count}/{count} runs" in told


def test_a_second_call_makes_nothing_again_and_tells_the_same(
    store: tuple[Path, dict[str, Any], str],
) -> None:
    out, told, _ = store
    made = [*out.glob("*/*.parquet"), *out.glob("short/*/*.pt"), *out.glob("short/*/*.json")]
    before = {path: path.stat().st_mtime_ns for path in made}
    figures = {path: path.read_bytes() for path in out.glob("figures/*")}
    lost = next(out.glob("*/steps.parquet")).parent
    for path in lost.iterdir():  # as of a call that was ended
        path.unlink()
    lost.rmdir()
    done = reproduce(out, "--json", "--strict")
    assert done.returncode == 1  # bounds that so little training misses
    assert "1/1 runs" in done.stderr
    assert json.loads(done.stdout)["measures"] == told["measures"]
    kept = {path: when for path, when in before.items() if path.parent != lost}
    kept = {path: when for path, when in kept.items() if "demands" not in path.name}
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert {path: path.read_bytes() for path in figures} == figures
