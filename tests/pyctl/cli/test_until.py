"""Plans with a stopping rule, from the command line, on real co-simulations of one small site."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import pytest
from scipy import stats

from tests.pyctl.cli.commands import from_json, invoke

METRIC = "per_slice.1.delay_dl_mean"
SHARE = 0.09
PLAN = f"""scenario: cells
allocators: [equal]
parameters: {{sites: 1, ues_per_slice: 1, steps: 1, load: 2}}
seeds: 4
until: {{metric: {METRIC}, half_width: {SHARE}, relative: true, add: 2, max_seeds: 8}}
"""


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("plan.yaml").write_text(PLAN)


def delays_by_seed() -> dict[int, tuple[str, float]]:
    """Reads what is stored: the run and its value."""
    found = {}
    for folder in Path("results").iterdir():
        seed = json.loads((folder / "config.json").read_text())["seed"]
        summary = json.loads((folder / "summary.json").read_text())
        found[seed] = (folder.name, summary["per_slice"]["1"]["delay_dl_mean"])
    return dict(sorted(found.items()))


def share(values: list[float]) -> float:
    """Half-width of scipy's interval, as a share of the mean."""
    mean, n = sum(values) / len(values), len(values)
    _, high = stats.t.interval(0.95, n - 1, mean, stats.tstd(values) / math.sqrt(n))
    return float(high - mean) / mean


def test_seeds_are_added_until_the_mean_is_known_and_a_stop_changes_nothing() -> None:
    dry = from_json("batch", "plan.yaml", "--dry-run")
    assert [run["seed"] for run in dry["runs"]] == [1, 2, 3, 4]
    assert "2 seeds more at a time, 8 at most" in invoke("batch", "plan.yaml", "--dry-run").stdout
    ran = from_json("batch", "plan.yaml", "--workers", "2", "--quiet")
    stored = delays_by_seed()
    values = [value for _, value in stored.values()]
    # Too wide after the first round, narrow enough after the second, which is not the last.
    assert share(values[:4]) > SHARE >= share(values)
    assert list(stored) == [1, 2, 3, 4, 5, 6]
    assert ran["counts"] == {"ok": 6, "skipped": 0, "failed": 0, "hung": 0}
    (entry,) = ran["until"]
    assert (entry["seeds"], entry["verdict"]) == (6, "reached")
    assert entry["half_width"] == pytest.approx(share(values) * entry["mean"], rel=1e-9)
    assert entry["required"] == pytest.approx(SHARE * entry["mean"])
    a_stop_in_the_second_round(stored)


def a_stop_in_the_second_round(stored: dict[int, tuple[str, float]]) -> None:
    shutil.rmtree(Path("results", stored[5][0]))
    told = invoke("status", "--plan", "plan.yaml").stdout
    assert f"95 % half-width of the mean of {METRIC}" in told
    assert "runs are missing" in told
    resumed = from_json("resume", "plan.yaml", "--quiet")
    assert resumed["counts"] == {"ok": 1, "skipped": 5, "failed": 0, "hung": 0}
    assert delays_by_seed() == stored
    (entry,) = from_json("status", "--plan", "plan.yaml")["until"]
    assert (entry["seeds"], entry["verdict"]) == (6, "reached")
    ran = invoke("batch", "plan.yaml")
    assert "reached" in ran.stdout
    assert "0 runs ok, 6 ok before, 0 failed" in ran.stdout


def test_progress_tells_how_far_the_rule_is() -> None:
    plan = PLAN.replace("cells", "loopback").replace("sites: 1, ues_per_slice: 1, ", "")
    plan = plan.replace("steps: 1, load: 2", "steps: 2").replace(METRIC, "reward_mean")
    Path("plan.yaml").write_text(plan)
    ran = invoke("batch", "plan.yaml", "--workers", "1")
    assert ran.exit_code == 0, ran.output
    # A loopback draws nothing: all seeds give the same.
    lines = [line for line in ran.stderr.splitlines() if "runs  ETA" in line]
    assert "1/4 runs" in lines[0]
    assert "reward_mean: 0 of 1 narrow enough  " in lines[0]
    assert "4/4 runs" in lines[-1]
    assert "reward_mean: 1 of 1 narrow enough, widest +-0  " in lines[-1]


def test_an_unknown_metric_ends_the_batch_and_keeps_its_runs() -> None:
    Path("plan.yaml").write_text(PLAN.replace(METRIC, "reward_meen").replace("load: 2", "load: 1"))
    ran = invoke("batch", "plan.yaml", "--quiet", "--workers", "1")
    assert ran.exit_code == 2
    assert "unknown metric 'reward_meen'; did you mean 'reward_mean'?" in ran.stderr
    # The next batch knows before anything is started, and in which line.
    again = invoke("batch", "plan.yaml", "--quiet")
    assert again.exit_code == 2
    assert "plan.yaml:5: unknown metric 'reward_meen'" in again.stderr


def test_the_status_of_a_plan_without_a_rule_is_refused() -> None:
    Path("plan.yaml").write_text(PLAN.partition("until")[0])
    Path("results").mkdir()
    result = invoke("status", "--plan", "plan.yaml")
    assert result.exit_code == 2
    assert "plan.yaml has no key until" in result.stderr
