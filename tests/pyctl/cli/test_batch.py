"""`slicebed batch`, `status`, `export`, `resume`, `retry`: what they print and refuse."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pyctl.campaign.batch import Batch
from pyctl.campaign.digest import file_sha256
from pyctl.campaign.store import OWNER, PendingRun
from tests.pyctl.campaign.test_claims import dead_owner
from tests.pyctl.campaign.test_setting_files import fitted
from tests.pyctl.cli.commands import from_json, invoke

ROOT = Path(__file__).resolve().parents[3]
PLAN = "scenario: loopback\nallocators: [equal]\nparameters: {steps: [3, 5]}\nseeds: 2\n"


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("plan.yaml").write_text(PLAN)


@pytest.mark.parametrize(
    ("plan", "count"), [("load-sweep", 60), ("comparison", 20), ("precise", 8)]
)
def test_the_plans_of_the_examples(plan: str, count: int) -> None:
    printed = from_json("batch", str(ROOT / "examples" / "plans" / f"{plan}.yaml"), "--dry-run")
    assert len({run["run_id"] for run in printed["runs"]}) == count == printed["to_run"]
    assert {run["state"] for run in printed["runs"]} == {"missing"}
    assert printed["predicted_s"] is None


def test_a_small_part_of_the_load_sweep_runs() -> None:
    text = (ROOT / "examples" / "plans" / "load-sweep.yaml").read_text()
    Path("plan.yaml").write_text(
        text.replace("[0.5, 1.0, 1.5]", "1.5")
        .replace("seeds: 5", "seeds: 1")
        .replace("steps: 40", "steps: 1")
    )
    printed = from_json("batch", "plan.yaml", "--quiet")
    assert printed["counts"] == {"ok": 4, "skipped": 0, "failed": 0, "hung": 0}
    assert {run["allocator"] for run in printed["runs"]} == {"equal", "traffic", "static"}


def test_the_comparison_differs_in_nothing_but_the_allocator_within_a_pair() -> None:
    path = ROOT / "examples" / "plans" / "comparison.yaml"
    runs = from_json("batch", str(path), "--dry-run")["runs"]
    pairs = {(run["seed"], json.dumps(run["parameters"])) for run in runs}
    assert len(pairs) == 10
    loads = {(r["parameters"]["slices"], r["parameters"]["load"]) for r in runs}
    assert loads == {("1,2", 0.6), ("1,2,3,4", 1.2)}


def test_a_batch_from_beginning_to_end() -> None:
    assert not Path("results").exists()
    assert "4 to run" in invoke("batch", "plan.yaml", "--dry-run").stdout
    assert not Path("results").exists()
    ran = invoke("batch", "plan.yaml", "--workers", "1")
    assert ran.exit_code == 0, ran.output
    assert ran.stdout.startswith("4 runs ok, 0 ok before, 0 failed, 0 hung, in ")
    assert re.search(r"^4/4 runs  ETA 0.0 s  ", ran.stderr, flags=re.MULTILINE)
    again = from_json("batch", "plan.yaml")
    assert again["counts"] == {"ok": 0, "skipped": 4, "failed": 0, "hung": 0}
    dry = from_json("batch", "plan.yaml", "--dry-run")
    assert {run["state"] for run in dry["runs"]} == {"ok"}
    # Runs of one scenario at one speed: time goes with the steps, but for the allocator's seeds.
    short, *_, long = (run["predicted_s"] for run in dry["runs"])
    assert long == pytest.approx(short * 5 / 3)
    assert from_json("status")["counts"]["ok"] == 4
    assert invoke("status").stdout.startswith("results: 4 ok, 0 failed, 0 hung, 0 interrupted")
    table_of_a_store()


def table_of_a_store() -> None:
    for form in ("csv", "parquet"):
        file = f"runs.{form}"
        result = invoke("export", "results", "--out", file)
        assert result.exit_code == 0, result.output
        assert invoke("export", "--format", form, "--out", "same").exit_code == 0
        assert Path("same").read_bytes() == Path(file).read_bytes()
        table = pd.read_csv(file) if form == "csv" else pd.read_parquet(file)
        assert sorted(table["parameters.steps"]) == [3, 3, 5, 5]
        assert sorted(table["seed"]) == [1, 1, 2, 2]
        assert set(table["run_id"]) == {path.name for path in Path("results").iterdir()}
        assert table["steps"].tolist() == table["parameters.steps"].tolist()


def config_of(seed: int) -> dict[str, Any]:
    from pyctl.campaign.planned import identify
    from pyctl.campaign.prepare import RunConfig

    (run,) = identify([RunConfig("loopback", "equal", {"steps": 3}, seed=seed)])
    return dict(run.config)


def test_resume_and_retry_of_a_store_repeat_what_they_say() -> None:
    stale = PendingRun(Path("results"), config_of(1))
    (stale.path / OWNER).write_text(dead_owner().text())
    failed = PendingRun(Path("results"), config_of(2))
    failed.write_json("error.json", {"error": "it broke", "kind": "SimulationCrashed"})
    failed.commit("failed")
    hung = PendingRun(Path("results"), config_of(3))
    hung.write_json("error.json", {"error": "it slept", "kind": "Stalled"})
    hung.commit("failed")
    text = invoke("status").stdout
    assert "0 ok, 1 failed, 1 hung, 0 interrupted, 0 running, 1 stale" in text
    assert "SimulationCrashed: it broke" in text
    assert from_json("resume", "results", "--quiet")["counts"]["ok"] == 1
    assert sorted(p.name for p in Path("results").iterdir()) == sorted(
        [stale.run_id, f"{failed.run_id}.failed", f"{hung.run_id}.failed"]
    )
    assert from_json("retry", "results", "--failed", "--quiet")["counts"]["ok"] == 2
    assert sorted(p.name for p in Path("results").iterdir()) == sorted(
        [stale.run_id, failed.run_id, hung.run_id]
    )


def test_resume_of_a_store_says_how_failed_runs_are_repeated() -> None:
    failed = PendingRun(Path("results"), config_of(2))
    failed.write_json("error.json", {"error": "it broke", "kind": "SimulationCrashed"})
    failed.commit("failed")
    result = invoke("resume", "results", "--quiet")
    assert result.exit_code == 0
    told = "1 runs that failed or hung are left: slicebed retry results --failed\n"
    assert result.stderr == told


def test_a_run_whose_summary_is_damaged_is_stale_and_run_again() -> None:
    Path("plan.yaml").write_text(PLAN.replace("[3, 5]", "3"))
    invoke("batch", "plan.yaml", "--quiet", "--workers", "1")
    for cut, again in (("", ("resume", "results")), ('{"a": 1,', ("batch", "plan.yaml"))):
        summary = next(iter(sorted(Path("results").glob("*/summary.json"))))
        whole = json.loads(summary.read_text())
        summary.write_text(cut)
        printed = from_json("status")
        assert (printed["counts"]["ok"], printed["counts"]["stale"]) == (1, 1)
        assert printed["others"][0]["reason"] == f"{summary} is damaged"
        dry = from_json("batch", "plan.yaml", "--dry-run")
        assert sorted(run["state"] for run in dry["runs"]) == ["ok", "stale"]
        assert from_json(*again, "--quiet")["counts"]["ok"] == 1
        assert json.loads(summary.read_text())["kpi_sha256"] == whole["kpi_sha256"]


def test_time_of_runs_that_are_like_no_other_is_a_guess() -> None:
    Path("plan.yaml").write_text(PLAN.replace("[3, 5]", "3"))
    invoke("batch", "plan.yaml", "--quiet", "--workers", "1")
    Path("plan.yaml").write_text(PLAN.replace("{steps: [3, 5]}", "{steps: 4, cells: [2, 10]}"))
    words = ("batch", "plan.yaml", "--dry-run", "--workers", "1")
    printed = from_json(*words)
    known = [run["predicted_s"] for run in printed["runs"] if run["predicted_s"] is not None]
    assert (len(known), printed["guessed"]) == (2, 2)
    assert printed["predicted_s"] == pytest.approx(2 * sum(known))
    text = invoke(*words).stdout
    assert "4 runs, 4 to run, with 1 workers: " in text
    assert "(2 without a past run: guessed as the mean of the others)" in text


def test_failed_runs_are_listed_with_their_cause() -> None:
    Path("plan.yaml").write_text(PLAN.replace("{steps: [3, 5]}", "{crash_step: 1}"))
    result = invoke("batch", "plan.yaml", "--retries", "0", "--quiet", "--workers", "1")
    assert result.exit_code == 1
    assert result.stdout.count("SimulationCrashed: ") == 2
    assert "0 runs ok, 0 ok before, 2 failed" in result.stdout
    (first, *_) = from_json("status")["others"]
    assert first["state"] == "failed"
    assert first["last_lines"]


def test_runs_that_hung_are_told_apart_from_those_that_failed() -> None:
    Path("plan.yaml").write_text(PLAN.replace("{steps: [3, 5]}\nseeds: 2", "{hang_step: 1}"))
    words = ("plan.yaml", "--retries", "0", "--stall-s", "4", "--workers", "1")
    result = invoke("batch", *words)
    assert result.exit_code == 1
    assert "0 runs ok, 0 ok before, 0 failed, 1 hung, in " in result.stdout
    assert "1/1 runs, 1 hung  ETA" in result.stderr
    assert from_json("status")["counts"]["hung"] == 1
    (again,) = from_json("batch", "plan.yaml", "--dry-run")["runs"]
    assert again["state"] == "hung"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["batch", "none.yaml"], "cannot read none.yaml: No such file or directory"),
        (["retry", "results"], "retry repeats failed runs: give --failed"),
        (["export", "results"], "no file to write: give --out FILE"),
        (
            ["export", "--out", "x.csv", "--format", "parquet"],
            "--format is parquet, and --out x.csv ends in .csv; drop one",
        ),
        (
            ["export", "--out", "x.tab"],
            "--out is x.tab; a name in .csv or .parquet is required, or --format",
        ),
        (["export", "none", "--out", "x.csv"], "none is no folder; that of a store is required"),
    ],
)
def test_wrong_words(words: list[str], message: str) -> None:
    result = invoke(*words)
    assert result.exit_code == 2
    assert result.stderr == f"slicebed: error: {message}\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--ray-address", "a:1"], "--ray-address is for --backend ray; got local"),
        (["--backend", "ray", "--slurm", "time=3"], "--slurm is for --backend slurm; got ray"),
        (["--backend", "slurm"], "--backend slurm needs --workers N, the number of jobs at once"),
        (
            ["--backend", "slurm", "--workers", "1", "--slurm", "time"],
            "--slurm time: key=value is required",
        ),
    ],
)
def test_options_of_backends_that_do_not_fit(words: list[str], message: str) -> None:
    result = invoke("batch", "plan.yaml", "--quiet", *words)
    assert result.exit_code == 2
    assert result.stderr == f"slicebed: error: {message}\n"
    assert not Path("results").exists()


@pytest.mark.parametrize(
    ("backend", "package", "extra"), [("ray", "ray", "ray"), ("slurm", "submitit", "slurm")]
)
def test_a_missing_package_is_told_with_its_extra(
    backend: str, package: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    result = invoke("batch", "plan.yaml", "--backend", backend, "--workers", "1")
    assert result.exit_code == 2
    assert f"pip install 'slicebed[{extra}]'" in result.stderr
    assert result.stderr.count("\n") == 1
    assert not Path("results").exists()


def test_options_of_sbatch_in_a_plan_yield_to_those_of_the_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from pyctl.campaign.backends import on_slurm
    from pyctl.errors import UsageError

    def refuse(out: Path, needs: Any, options: dict[str, str]) -> Any:
        raise UsageError(json.dumps(options))

    monkeypatch.setattr(on_slurm, "slurm_backend", refuse)
    Path("plan.yaml").write_text(PLAN + "slurm: {partition: short, time: 30}\n")
    words = ["--backend", "slurm", "--workers", "1", "--slurm", "time=60"]
    told = invoke("batch", "plan.yaml", *words).stderr
    assert '{"partition": "short", "time": "60"}' in told


def test_nothing_is_started_for_a_plan_with_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Batch, "run", lambda self: pytest.fail("started"))
    Path("plan.yaml").write_text(PLAN.replace("[equal]", "[eqal]"))
    result = invoke("batch", "plan.yaml")
    assert result.exit_code == 2
    assert "plan.yaml:2: unknown allocator 'eqal'; did you mean 'equal'?" in result.stderr
    assert not Path("results").exists()


UNTIL = "seeds: 3\nuntil:\n  half_width: 1\n  max_seeds: 4\n"


def test_a_metric_that_no_run_has_is_told_before_anything_is_started() -> None:
    Path("plan.yaml").write_text(PLAN.replace("seeds: 2\n", UNTIL + "  metric: reward_men\n"))
    for words in ((), ("--dry-run",)):
        result = invoke("batch", "plan.yaml", *words)
        assert result.exit_code == 2
        assert "plan.yaml:8: unknown metric 'reward_men'; did you mean 'reward_mean'?" in (
            result.stderr
        )
    assert not Path("results").exists()


def test_a_metric_that_only_a_run_tells_is_refused_with_file_and_line() -> None:
    Path("plan.yaml").write_text(PLAN.replace("seeds: 2\n", UNTIL + "  metric: conservation.x\n"))
    result = invoke("batch", "plan.yaml", "--quiet", "--workers", "1")
    assert result.exit_code == 2
    assert "plan.yaml:8: unknown metric 'conservation.x'" in result.stderr


def test_a_model_that_is_written_anew_makes_other_runs(tmp_path: Path) -> None:
    model = fitted(tmp_path / "m.pt", seed=1)
    cells = "{steps: 2, sites: 1, ues_per_slice: 1, interval_s: 0.3, warmup_s: 0.1}"
    Path("plan.yaml").write_text(
        "scenario: cells\n"
        "allocators: [{name: grid-on-f, settings: {model: m.pt, device: cpu}}]\n"
        f"parameters: {cells}\n"
    )
    counts = []
    for seed in (1, 2):
        fitted(model, seed)
        counts += [from_json("batch", "plan.yaml", "--quiet")["counts"] for _ in range(2)]
    assert [(each["ok"], each["skipped"]) for each in counts] == [(1, 0), (0, 1)] * 2
    origins = [json.loads(each.read_text()) for each in Path("results").glob("*/provenance.json")]
    named = [each["data"]["allocator_settings"]["model"] for each in origins]
    assert {each["path"] for each in named} == {str(model)}
    assert file_sha256(model) in {each["sha256"] for each in named}
    assert all(f"model={model}" in each["command"] for each in origins)


def test_the_schema_is_json() -> None:
    schema = json.loads(invoke("plan-schema").stdout)
    assert "allocators" in schema["properties"]
