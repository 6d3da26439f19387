"""The distributed-LSTM study on a small file of the Milan format: tables, measures, going on."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from agents.ddnn.training import Training
from pyctl.errors import UsageError
from pyctl.studies import ddnn, ddnn_data, ddnn_measures, ddnn_speed
from pyctl.studies.ddnn_link import Answers

START = 1383260400000
DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
needs_data = pytest.mark.skipif(
    not DATA.is_dir(), reason="the real traces are not beside the repository"
)


def write_squares(path: Path, slots: int = 420, side: int = 4) -> Path:
    """Daily waves with noise; square 4142 is the south-west corner."""
    ddnn_data.write_made_up(path, slots, side)
    return path


def test_a_block_of_squares(tmp_path: Path) -> None:
    path = write_squares(tmp_path / "squares.parquet", side=5)
    demands = ddnn_data.load_demands(path, corner=4243)
    assert demands.squares[:5] == (4243, 4244, 4245, 4246, 4343)
    assert demands.values.shape == (420, 16)
    with pytest.raises(UsageError, match=r"corner 4244 needs square 4247.*4142, 4143, 4242, 4243"):
        ddnn_data.load_demands(path, corner=4244)


def test_an_interval_without_any_row_is_a_gap(tmp_path: Path) -> None:
    path = write_squares(tmp_path / "squares.parquet")
    rows = pd.read_parquet(path)
    rows[rows["time_interval"] != START + 600_000 * 200].to_parquet(path)
    values = ddnn_data.load_demands(path).values
    assert values.shape == (420, 16)
    assert np.flatnonzero(np.isnan(values).any(axis=1)).tolist() == [200]


def test_no_block(tmp_path: Path) -> None:
    path = write_squares(tmp_path / "squares.parquet", side=3)
    with pytest.raises(UsageError, match="no 4 x 4 block among its 9 squares"):
        ddnn_data.load_demands(path)


@needs_data
def test_the_real_squares() -> None:
    demands = ddnn_data.load_demands(DATA / "milano_internet.parquet")
    assert demands.values.shape == (30 * 144, 16)
    wide = pd.read_csv(DATA / "milano_internet_16cells.csv")
    # The same block in another file, rounded to six decimals.
    assert [int(name.strip("sq_")) for name in wide.columns[1:]] == list(demands.squares)
    assert demands.values == pytest.approx(wide.to_numpy()[:, 1:], abs=1e-6)


def test_answers_are_late_and_lost_only_where_the_wan_is_loaded() -> None:
    answers = Answers.draw(5000, seed=1)
    calm = answers.late_s == 0.04246
    assert 0.3 < calm.mean() < 0.7
    assert (answers.late_s[~calm] >= 0.2).all()
    assert not answers.lost[calm].any()
    assert answers.lost[~calm].mean() == pytest.approx(0.1, abs=0.03)
    assert np.array_equal(answers.late_s, Answers.draw(5000, seed=1).late_s)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[ddnn.Study, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("ddnn")
    study = ddnn.Study(
        write_squares(folder / "squares.parquet", slots=300),
        folder / "out",
        seeds=1,
        training=Training(batch=32, epochs=1),
        learning=Training(epochs=2),
    )
    return study, ddnn.run(study)


def test_files_and_measures(small: tuple[ddnn.Study, dict[str, Any]]) -> None:
    study, result = small
    assert all(Path(path).stat().st_size > 0 for path in result["files"])
    names = {measure["name"] for measure in result["measures"]}
    assert {"ddnn.local_share_at_centralised_cost", "ddnn.ml_minus_confidence_auc"} <= names
    assert result["provenance"]["mode"] == "formula"
    networks = sorted(path.name for path in (study.out / "networks").iterdir())
    assert networks == sorted(f"{plan.name}.pt" for plan in study.plans())
    assert len(networks) == 6


def test_curves_share_their_ends_and_none_is_below_the_oracle(
    small: tuple[ddnn.Study, dict[str, Any]],
) -> None:
    table = pd.read_csv(small[0].out / "trade-off-formula.csv")
    curves = table[table["policy"].notna()].pivot(
        index=["local_weight", "share"], columns="policy", values="cost"
    )
    ends = curves[curves.index.get_level_values("share").isin([0, 1])]
    for policy in curves:
        assert ends[policy].to_numpy() == pytest.approx(ends["oracle"].to_numpy(), rel=1e-5)
        assert (curves["oracle"] <= curves[policy] * (1 + 1e-5)).all()  # six digits are written


def test_what_is_there_is_not_made_again(
    small: tuple[ddnn.Study, dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    study, result = small
    before = {path: path.stat().st_mtime_ns for path in (study.out / "networks").iterdir()}
    again = ddnn.run(study)
    assert again["measures"] == result["measures"]
    assert before == {path: path.stat().st_mtime_ns for path in (study.out / "networks").iterdir()}
    assert capsys.readouterr().err == ""


def test_networks_of_another_study_are_no_ones_own(
    small: tuple[ddnn.Study, dict[str, Any]], tmp_path: Path
) -> None:
    study, _ = small
    other_trace = write_squares(tmp_path / "squares.parquet", slots=310)
    for other, named in (
        (dataclasses.replace(study, trace=other_trace), "trace_sha256"),
        (dataclasses.replace(study, training=Training(batch=32, epochs=2)), "training"),
    ):
        with pytest.raises(UsageError, match=f"another study: {named} is .*another --out"):
            ddnn.find(other)
    unknown = tmp_path / "unknown"
    (unknown / "networks").mkdir(parents=True)
    with pytest.raises(UsageError, match="trace_sha256 is None"):
        ddnn.find(dataclasses.replace(study, out=unknown))


def test_bad_input_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_squares(tmp_path / "squares.parquet", slots=200)
    with pytest.raises(SystemExit) as end:
        ddnn.main(["--trace", str(path), "--out", str(tmp_path / "out")])
    assert end.value.code == 2
    assert "120 of them for training; more than 144" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def row(model: str, seed: int, **facts: float) -> dict[str, Any]:
    kind = model.split("-")[0]
    return {"model": model, "kind": kind, "seed": seed, "layout": "stations", **facts}


def test_measures_by_hand() -> None:
    # The curve of ml rises from 1 to 3; costs of the centralised network 2 and 0.5 are reached at
    # 50 % and never.
    facts = pd.DataFrame(
        [
            row("ddnn-stations-0.9", 1, cost_remote=1.0, area_ml=0.2, area_confidence=0.5),
            row("ddnn-stations-0.9", 2, cost_remote=1.0, area_ml=0.1, area_confidence=0.2),
            row("central", 1, cost=2.0),
            row("central", 2, cost=0.5),
        ]
    )
    curves = pd.DataFrame(
        [
            {
                **row("ddnn-stations-0.9", seed),
                "policy": "ml",
                "share": share,
                "cost": 1 + 2 * share,
            }
            for seed in (1, 2)
            for share in (0.0, 0.5, 1.0)
        ]
    )
    tables = ddnn_measures.Tables(facts, curves, pd.DataFrame())
    share = ddnn_measures.share_at(tables, "central", "share", ">= 0.5")
    assert share.value == pytest.approx(0.25)
    assert (share.low, share.high) == (0.0, 0.5)
    assert share.ok is False
    area = ddnn_measures.area_difference(tables, "ml", "confidence", "<= 0")
    assert area.value == pytest.approx(-0.2)
    assert area.ok is True


def test_speed_prints_measures_and_keeps_a_profile(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "profile.json"
    ddnn_speed.main(["--quick", "--json", "--profile", str(path)])
    measures = {entry["name"]: entry for entry in json.loads(capsys.readouterr().out)["measures"]}
    assert measures["ddnn.local_ms"]["target"] == "<= 1"
    assert measures["ddnn.remote_ms"]["target"] == "<= 10"
    assert all(entry["value"] > 0 for entry in measures.values())
    profile = json.loads(path.read_text())
    assert (profile["format"], profile["version"]) == ("slicebed-ddnn-profile", 1)
    assert profile["measured"]["threads"] == 1
    assert profile["measured"]["cpu"]
    blocks = {block["block"]: block for block in profile["blocks"]}
    assert blocks["remote"]["median_ms"] == measures["ddnn.remote_ms"]["value"]


def test_several_processes_find_the_same(
    small: tuple[ddnn.Study, dict[str, Any]], tmp_path: Path
) -> None:
    study, _ = small
    again = dataclasses.replace(study, out=tmp_path)
    ddnn.find(again, workers=2)
    for plan in study.plans():
        pairs = [
            json.loads((each.out / "evaluated" / f"{plan.name}.json").read_text())
            for each in (study, again)
        ]
        assert pairs[0] == pairs[1]
