"""``slicebed reproduce``: the smallest scale, whole; what is stored is not run again; bad words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pyctl.reproduce.idla_plan import ALLOCATORS, SCALES, requests_of
from tests.pyctl.cli.commands import slicebed

FIGURES = (
    *("fig2-traffic", "fig3-estimator-error", "fig4-throughput", "fig5-satisfaction"),
    *("utility-gain", "regret", "decision-time", "feasibility", "estimator-unseen-slice"),
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The reproduction of paper 001 at scale ci, once."""
    out = tmp_path_factory.mktemp("idla")
    done = slicebed("reproduce", "idla", "--scale", "ci", "--out", str(out), "--json", "--quiet")
    assert done.returncode == 0, done.stdout + done.stderr
    value: dict[str, Any] = json.loads(done.stdout)
    return out, value


def measures(told: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {entry["name"]: entry for entry in told["measures"]}


def test_it_reports_the_measures_of_the_design(store: tuple[Path, dict[str, Any]]) -> None:
    found = measures(store[1])
    for name in (
        *("estimator_mae", "regret_vs_sim_oracle", "p_r1_h1", "p_r1_h2", "slots_to_reconverge"),
        *("utility_minus_traffic", "utility_minus_td3"),
    ):
        assert isinstance(found[f"idla.{name}"]["value"], float)
    # Whatever it learns of so little: these hold always.
    assert found["idla.share_total_excess"]["ok"] is True
    assert found["idla.guard_repairs"]["value"] == 0
    assert found["idla.regret_vs_sim_oracle"]["value"] >= 0
    assert found["idla.regret_vs_sim_oracle_planner"]["value"] >= 0
    assert isinstance(found["idla.loss_to_planner"]["value"], float)
    assert 0 <= found["idla.p_r1_h1"]["value"] <= 1
    more = [
        found[f"idla.p_r1_{period}"]["value"] - found[f"idla.p_r1_{period}_equal"]["value"]
        for period in ("h1", "h2")
    ]
    assert found["idla.p_r1_minus_equal"]["value"] == pytest.approx(sum(more) / 2)


def test_the_estimator_learns(store: tuple[Path, dict[str, Any]]) -> None:
    assert measures(store[1])["idla.estimator_below_slice_mean"]["value"] > 0.2


def test_every_scheme_is_in_the_store_and_explores_alike(
    store: tuple[Path, dict[str, Any]],
) -> None:
    begin = SCALES["ci"].periods[0]
    explored = {}
    for path in store[0].glob("*/config.json"):
        steps = pd.read_parquet(path.with_name("steps.parquet"))
        early = steps[steps["step"] <= begin]["prb_max_decided"].tolist()
        explored[json.loads(path.read_text())["allocator"]] = early
    assert set(explored) == set(ALLOCATORS)
    for name in ("idla-measured", "grid-on-f", "td3", "td3-shared"):
        assert explored[name] == explored["idla"]
    assert explored["equal"] != explored["idla"]


def test_slice_3_comes_when_it_must(store: tuple[Path, dict[str, Any]]) -> None:
    change = SCALES["ci"].change
    (run,) = (
        path.parent
        for path in store[0].glob("*/config.json")
        if json.loads(path.read_text())["allocator"] == "idla"
    )
    steps = pd.read_parquet(run / "steps.parquet")
    new = steps[steps["slice"] == 3]
    assert new[new["slice_active"] > 0]["step"].min() == change + 1
    assert (new[new["step"] > change]["prb_max_decided"] > 0).mean() > 0.9


def test_figures_have_their_numbers_beside_them(store: tuple[Path, dict[str, Any]]) -> None:
    for name in FIGURES:
        for suffix in (".png", ".pdf", ".svg"):
            assert (store[0] / "figures" / f"{name}{suffix}").stat().st_size > 1000
        assert len(pd.read_csv(store[0] / "figures" / f"{name}.csv"))
    slots = pd.read_csv(store[0] / "figures" / "regret.csv")
    assert set(slots["slices"]) == {3, 4}


def test_claims_are_judged(store: tuple[Path, dict[str, Any]]) -> None:
    verdicts = {claim["id"]: claim["verdict"] for claim in store[1]["claims"]}
    assert verdicts["estimator-error-real"] == "cannot be tested"
    assert verdicts["adapts-at-once"] in ("reproduced", "not", "partly")
    others = [verdict for name, verdict in verdicts.items() if name != "estimator-error-real"]
    assert "cannot be tested" not in others


def test_a_second_call_runs_nothing_and_tells_the_same(
    store: tuple[Path, dict[str, Any]],
) -> None:
    out, told = store
    before = {path: path.stat().st_mtime_ns for path in out.glob("*/*.parquet")}
    before |= {path: path.stat().st_mtime_ns for path in out.glob("oracle/*.json")}
    done = slicebed("reproduce", "idla", "--scale", "ci", "--out", str(out), "--json", "--quiet")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["measures"] == told["measures"]
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_an_estimator_of_another_run_does_not_count(store: tuple[Path, dict[str, Any]]) -> None:
    out, told = store
    path = out / "estimator" / "idla-measured-seed-1.json"
    kept = json.loads(path.read_text())
    other = json.loads(path.read_text())
    other["of"][0] = "0" * 12
    other["variants"]["as run"]["mae_test"] = 9.0
    path.write_text(json.dumps(other))
    done = slicebed("reproduce", "idla", "--scale", "ci", "--out", str(out), "--json", "--quiet")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["measures"] == told["measures"]
    assert json.loads(path.read_text()) == kept


def test_scales_are_those_of_the_paper() -> None:
    assert SCALES["full"].periods == (1000, 2000, 2000)
    assert SCALES["small"].periods == (600, 600, 600)
    assert len(requests_of(SCALES["small"])) == 3 * len(ALLOCATORS)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("idal",), "unknown paper 'idal'"),
        (("idla", "--scale", "smal"), "did you mean 'small'"),
    ],
)
def test_unknown_names_are_refused(words: tuple[str, ...], message: str, tmp_path: Path) -> None:
    done = slicebed("reproduce", *words, "--out", str(tmp_path / "new"))
    assert done.returncode == 2
    assert message in done.stderr
    assert not (tmp_path / "new").exists()
