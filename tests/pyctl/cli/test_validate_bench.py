"""``slicebed validate`` and ``slicebed bench``: real runs of their quick forms, and bad words."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from pyctl.studies.radio_cases import CASES
from tests.pyctl.cli.commands import slicebed


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object]]:
    """The quick form of the radio study, once."""
    out = tmp_path_factory.mktemp("radio")
    done = slicebed("validate", "radio", "--quick", "--json", "--strict", "--out", str(out))
    assert done.returncode == 0, done.stdout + done.stderr
    value: dict[str, object] = json.loads(done.stdout)
    return out, value


def test_the_quick_study_holds_every_bound(study: tuple[Path, dict[str, object]]) -> None:
    measures = {entry["name"]: entry for entry in study[1]["measures"]}  # type: ignore[attr-defined]
    for name in ("throughput_error_max", "prb_error_max", "cqi_error_max", "delay_error_max"):
        assert measures[f"radio.{name}"]["ok"] is True
    assert measures["radio.theory.shannon"]["value"] < 1
    assert study[1]["provenance"]


def test_the_study_compares_packets_of_two_stacks(study: tuple[Path, dict[str, object]]) -> None:
    table = pd.read_csv(study[0] / "table.csv")
    quick = [case for case in CASES if case.quick]
    assert set(table["case"]) == {case.name for case in quick}
    assert len(table) == sum(len(case.shares) for case in quick)
    # Two implementations: alike, not identical.
    assert (table["cell_thp_dl"] != table["lte_thp_dl"]).any()
    assert (table["cell_thp_dl"] > 1e6).all()


def test_figures_and_tables_are_there(study: tuple[Path, dict[str, object]]) -> None:
    for name in ("agreement", "errors", "theory"):
        for suffix in (".png", ".pdf", ".svg", ".csv"):
            assert (study[0] / f"{name}{suffix}").stat().st_size > 100
    assert "| 1-light | 1 |" in (study[0] / "table.md").read_text()


def test_cases_cover_what_they_must() -> None:
    assert len(CASES) >= 16
    assert {case.cells for case in CASES} == {1, 3, 7, 12}
    assert {len(case.shares) for case in CASES} >= {1, 2, 4}
    assert {case.placement for case in CASES} == {"uniform", "near", "far"}
    assert any(case.speed_kmh > 0 for case in CASES)
    assert all(sum(case.shares) <= 1 for case in CASES)


def test_bench_cells_times_three_models(tmp_path: Path) -> None:
    done = slicebed("bench", "cells", "--quick", "--json", "--out", str(tmp_path))
    assert done.returncode == 0, done.stderr
    value = json.loads(done.stdout)
    names = {entry["name"] for entry in value["measures"]}
    assert {
        "cells.speedup_vs_lte",
        "cells.per_packet_vs_p2p",
        "cells.cost_57_over_12",
    } <= names
    timings = pd.read_csv(tmp_path / "timings.csv")
    models = timings[timings["varied"] == "model"].set_index("model")
    assert set(models.index) == {"cell", "lte", "p2p"}
    assert (models["cells"] == 12).all()
    # The same load: 12 x 8 UEs x 1 Mbit/s in packets of 1200 bytes (whole ones: 0.1 s has 10.4).
    rate = models["packets_sent"] / models["sim_s"]
    assert rate.to_numpy() == pytest.approx([10_000] * 3, rel=0.1)
    assert (models["packets_delivered"] > 0.8 * models["packets_sent"]).all()
    assert (tmp_path / "models.png").stat().st_size > 100


def test_an_unknown_configuration_is_refused_with_the_nearest(tmp_path: Path) -> None:
    done = slicebed("validate", "radio", "--only", "1-lihgt", "--out", str(tmp_path))
    assert done.returncode == 2
    assert "did you mean '1-light'" in done.stderr
    assert "Traceback" not in done.stderr


def test_bench_edge_cloud_times_the_scenario() -> None:
    done = slicebed("bench", "edge-cloud", "--quick", "--json")
    assert done.returncode == 0, done.stderr
    measures = {entry["name"]: entry for entry in json.loads(done.stdout)["measures"]}
    wall_s = measures["edge_cloud.wall_s"]["value"]
    assert wall_s > 0
    assert measures["edge_cloud.wall_per_sim_s"]["value"] == pytest.approx(wall_s / 30)


def test_bench_exchange_times_channels_and_their_bounds(tmp_path: Path) -> None:
    done = slicebed("bench", "exchange", "--quick", "--json", "--out", str(tmp_path))
    assert done.returncode == 0, done.stderr
    measures = {entry["name"]: entry for entry in json.loads(done.stdout)["measures"]}
    for name in (
        "shm_channel_us",
        "shm_channel_us_one_core",
        "shm_env_us",
        "shm_env_us_one_core",
        "shm_10k_us",
        "zmq_vs_raw",
    ):
        entry = measures[f"exchange.{name}"]
        assert 0 < entry["low"] <= entry["value"] <= entry["high"]
        assert entry["ok"] in (True, False)
    for name in ("reset_ms", "branch_ms", "parallel8_speedup"):
        assert measures[f"exchange.{name}"]["value"] > 0
    timings = pd.read_csv(tmp_path / "timings.csv")
    assert set(timings["elements"]) == {13, 10_000}
    assert set(timings["case"]) >= {"shm-env", "shm-channel", "tcp-channel", "raw-zmq", "raw-futex"}
    assert 1 in set(timings["cores"])
    for suffix in (".png", ".pdf", ".svg", ".csv"):
        assert (tmp_path / f"step-times{suffix}").stat().st_size > 100


def test_bench_batch_times_batches_and_a_large_store() -> None:
    done = slicebed("bench", "batch", "--quick", "--json")
    assert done.returncode == 0, done.stderr
    value = json.loads(done.stdout)
    measures = {entry["name"]: entry for entry in value["measures"]}
    bounds = {
        "speedup_2": ">= 1.85",
        "overhead_ms": "<= 150",
        "status_10k_s": "<= 2",
        "report_10k_s": "<= 20",
        "query_10k_s": "<= 1",
    }
    for name, bound in bounds.items():
        entry = measures[f"batch.{name}"]
        assert entry["target"] == bound
        assert entry["low"] <= entry["value"] <= entry["high"]
    overhead_ms, share, bare_ms = (
        measures[f"batch.{name}"]["value"]
        for name in ("overhead_ms", "overhead_share", "bare_run_ms")
    )
    assert bare_ms > 0
    assert share == pytest.approx(overhead_ms / bare_ms)
    assert measures["batch.speedup_2"]["value"] > 0
    assert value["stored_runs"] == 400


def test_bench_agents_times_decisions(tmp_path: Path) -> None:
    words = ("--quick", "--json", "--device", "cpu", "--out", str(tmp_path))
    done = slicebed("bench", "agents", *words)
    assert done.returncode == 0, done.stderr
    measures = {entry["name"]: entry for entry in json.loads(done.stdout)["measures"]}
    few = measures["idla.decision_ms_12"]
    assert 0 < few["low"] <= few["value"] <= few["high"]
    assert few["target"] == "<= 50"
    # The quick form stops at 1000 cells.
    assert measures["idla.decision_s_100k"]["value"] is None
    for name, target in (("local", "<= 1"), ("remote", "<= 10")):
        block = measures[f"ddnn.{name}_ms"]
        assert 0 < block["low"] <= block["value"]
        assert block["target"] == target
    timings = pd.read_csv(tmp_path / "timings.csv")
    assert set(timings["cells"]) == {12, 100, 1000}
    assert (timings["seconds"] > 0).all()
    assert (timings["peak_gb"] < 4).all()
    for suffix in (".png", ".pdf", ".svg", ".csv"):
        assert (tmp_path / f"decision-times{suffix}").stat().st_size > 100
