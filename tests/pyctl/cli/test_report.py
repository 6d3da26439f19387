"""`slicebed compare` and `slicebed report` on real co-simulations, and what they refuse."""

from __future__ import annotations

import json
import re
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.analysis.report.reports import Page, tables_of
from tests.pyctl.cli.commands import invoke

# Three users of one site with load enough that the allocator matters.
CELLS = ["run", "cells", "--set", "sites=1", "--set", "steps=2", "--set", "interval_s=0.4"]
CELLS += ["--set", "load=3", "--quiet"]
DOCS = Path(__file__).resolve().parents[3] / "docs" / "report.md"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two allocators on one seed, and one of them on another."""
    folder = tmp_path_factory.mktemp("report") / "results"
    for allocator, seed in (("equal", 1), ("traffic", 1), ("traffic", 2)):
        result = invoke(*CELLS, "--allocator", allocator, "--seed", str(seed), "--out", folder)
        assert result.exit_code == 0, result.output
    return folder


def summaries(store: Path) -> dict[tuple[str, int], dict[str, Any]]:
    found = {}
    for path in store.glob("*/summary.json"):
        config = json.loads((path.parent / "config.json").read_text())
        found[config["allocator"], config["seed"]] = json.loads(path.read_text())
    return found


def test_compare_gives_the_numbers_of_the_summaries(store: Path) -> None:
    words = ["--metric", "per_slice.1.thp_dl_mean", "--reference", "equal"]
    result = invoke("compare", store, *words, "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["left_out"] == []
    (table,) = found["tables"]
    equal, traffic = table["rows"]
    values = {key: one["per_slice"]["1"]["thp_dl_mean"] for key, one in summaries(store).items()}
    assert equal["mean"]["mean"] == values["equal", 1]
    assert traffic["mean"]["mean"] == values["traffic", 1]
    difference = traffic["difference"]
    assert difference["interval"]["mean"] == values["traffic", 1] - values["equal", 1]
    assert (difference["pairs"], difference["ordering"]) == (1, None)
    assert traffic["left_out"] == {"2": "not run with equal"}


def test_compare_prints_a_table(store: Path) -> None:
    result = invoke("compare", store, "--metric", "utility_mean", "--reference", "traffic")
    assert result.exit_code == 0, result.output
    assert "cells: utility_mean, against traffic on the same seeds" in result.stdout
    mean = summaries(store)["equal", 1]["utility_mean"]
    assert re.search(rf"equal +1 +{mean:.4g} +- +\S+ +- +too few seeds +- +\S+", result.stdout)
    assert "equal: seeds left out: 2 (not run with equal)" in result.stdout


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same run on two logs of requests."""
    folder = tmp_path_factory.mktemp("logs")
    start = datetime(2024, 11, 15, 16, 57, 50)
    for name, seconds in (("one", 1), ("two", 3)):
        times = [start + timedelta(seconds=i * i % (100 * seconds)) for i in range(100)]
        rows = [f"{time},{1 + i % 5},G{i % 2}" for i, time in enumerate(sorted(times))]
        log = folder / f"{name}.csv"
        log.write_text("\n".join(["gmt_create,exec_time_seconds,groupId", *rows]) + "\n")
        words = ["--allocator", "equal", "--set", "steps=2", "--set", "interval_s=1"]
        words += ["--set", "rate_hz=40", "--trace", str(log), "--quiet"]
        result = invoke("run", "edge-cloud", *words, "--out", folder / "results")
        assert result.exit_code == 0, result.output
    return folder / "results"


def test_runs_on_other_logs_of_requests_are_not_mixed(logs: Path, tmp_path: Path) -> None:
    digests = {
        json.loads(path.read_text())["arrivals_sha256"] for path in logs.glob("*/config.json")
    }
    assert len(digests) == 2
    words = ["--metric", "latency.mean", "--reference", "equal"]
    tables = json.loads(invoke("compare", logs, *words, "--json").stdout)["tables"]
    assert {table["apart"]["arrivals_sha256"] for table in tables} == digests
    assert {table["conditions"]["arrivals_sha256"] for table in tables} == digests
    assert {table["conditions"]["steps"] for table in tables} == {2}
    means = {
        json.loads(path.read_text())["latency"]["mean"] for path in logs.glob("*/summary.json")
    }
    assert {table["rows"][0]["mean"]["mean"] for table in tables} == means
    printed = invoke("compare", logs, *words).stdout
    out = tmp_path / "report.html"
    assert invoke("report", logs, "--out", out).exit_code == 0
    captions = tables_of(Page.read(out.read_text()))
    for table, digest in ((table, table["apart"]["arrivals_sha256"][:8]) for table in tables):
        assert f"{table['name']}: arrivals_sha256 {digest}\n" in printed
        caption = f"the same parameters and data: arrivals_sha256 {digest}"
        assert f"Scenario edge-cloud, {caption}" in captions


def test_a_seed_with_two_results_is_refused(store: Path, tmp_path: Path) -> None:
    for folder in store.iterdir():
        shutil.copytree(folder, tmp_path / folder.name)
    one = next(path.parent for path in tmp_path.glob("*/config.json"))
    other = shutil.copytree(one, tmp_path / "fedcba987654")
    summary = json.loads((other / "summary.json").read_text())
    (other / "summary.json").write_text(json.dumps({**summary, "kpi_sha256": "of another build"}))
    for words in (
        ["compare", tmp_path, "--metric", "utility_mean", "--reference", "equal"],
        ["report", tmp_path, "--out", tmp_path / "report.html"],
        ["figures", tmp_path, "--out", tmp_path / "figures"],
    ):
        result = invoke(*words)
        assert (result.exit_code, result.stdout) == (2, ""), words
        assert one.name in result.stderr
        assert other.name in result.stderr
        assert "did not measure the same" in result.stderr


def test_report_of_real_runs(store: Path, tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", DOCS.read_text(), flags=re.DOTALL)
    (tmp_path / "claims.yaml").write_text(example)
    out = tmp_path / "report.html"
    result = invoke("report", store, "--out", out, "--claims", tmp_path / "claims.yaml")
    assert result.exit_code == 0, result.output
    told = result.stdout.splitlines()
    assert told[0] == "3 ok"
    assert [line.partition(" (")[0] for line in told[1:-1]] == [
        "heavy-slice: partly",  # of one seed
        "ten-times-faster: cannot be tested",
        "field-trial: cannot be tested",
    ]
    assert told[-1] == str(out)
    page = Page.read(out.read_text())
    rows = tables_of(page)["Every run that ended well; a heading sorts"]
    assert len(rows) == 1 + 3
    utility = [cell.text for cell in rows[0]].index("utility_mean")
    assert {float(row[utility].attributes["data-value"]) for row in rows[1:]} == {
        summary["utility_mean"] for summary in summaries(store).values()
    }
    assert len(page.all("img")) == 4
    assert "slicebed run cells --allocator traffic" in page.by_id("runs-section").text
    assert out.stat().st_size < 1_000_000


def test_the_report_is_in_the_store_it_is_of(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(store, "of/mine")
    for given in ("of/mine", next(Path("of/mine").glob("*/config.json")).parent):
        result = invoke("report", given)
        assert result.exit_code == 0, result.output
        assert result.stdout.splitlines()[-1] == f"{given}/report.html"
        assert Page.read(Path(given, "report.html").read_text()).all("h1")
    assert [path.name for path in tmp_path.iterdir()] == ["of"]
    # It is no run, and does not change what there is.
    assert invoke("report", "of/mine").stdout.startswith("3 ok\n")


def test_what_cannot_be_compared_or_reported_is_refused(store: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "claims.yaml"
    wrong.write_text("paper: x\nclaims: []\n")
    mine = tmp_path / "mine.html"
    mine.write_text("mine")
    pair = ["--metric", "utility_mean", "--reference", "equal"]
    for words, said in (
        (["compare", store, "--metric", "utilty_mean", "--reference", "equal"],
         "unknown metric 'utilty_mean'; did you mean 'utility_mean'?"),
        (["compare", store, "--metric", "utility_mean", "--reference", "equl"],
         "unknown allocator 'equl'; did you mean 'equal'? known: equal, traffic"),
        (["compare", tmp_path, *pair], "holds no finished run"),
        (["report", tmp_path], "holds no run; `slicebed run` makes one"),
        (["report", store, "--claims", wrong, "--out", tmp_path / "a.html"],
         "claims.yaml:2: claims: Tuple should have at least 1 item"),
        (["report", store, "--out", mine], "mine.html is in the way: it is no report"),
    ):  # fmt: skip
        result = invoke(*words)
        assert (result.exit_code, result.stdout) == (2, ""), words
        assert said in result.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["claims.yaml", "mine.html"]
