"""The report's HTML: complete, right, self-contained, harmless, readable."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from itertools import pairwise
from pathlib import Path

import pytest

from analysis.claims_file import Claim, ClaimsFile
from analysis.errors import FileInTheWay, StoreReadError
from analysis.report import content, pictures
from analysis.report.page import HERE, write_report
from tests.analysis.report.reports import HOSTILE, REWARDS, Page, reported_store, tables_of
from tests.analysis.stores import edge_run

PNG = b"\x89PNG\r\n\x1a\n"
CLAIMS = ClaimsFile(
    paper="Paper <b>1</b>",
    claims=(
        Claim.model_validate(
            {
                "id": "better",
                "text": "traffic is better",
                "paper_value": 0.03,
                "tolerance": "50 %",
                "mode": "packet",
                "compare": {
                    "metric": "reward_mean",
                    "scenario": "edge-cloud",
                    "allocator": "traffic",
                    "against": {"allocator": "equal"},
                },
            }
        ),
    ),
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return reported_store(tmp_path_factory.mktemp("store") / "results")


@pytest.fixture(scope="module")
def html(store: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    out = tmp_path_factory.mktemp("out") / "report.html"
    write_report(store, out, CLAIMS)
    return out.read_text()


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page.read(html)


def test_the_file_stands_alone(page: Page, html: str) -> None:
    images = page.all("img")
    assert len(images) >= 5
    for image in images:
        head, _, data = image.attributes["src"].partition(",")
        assert head == "data:image/png;base64"
        assert base64.b64decode(data).startswith(PNG)
        assert image.attributes["alt"].startswith("edge-cloud: ")
    ids = {element.attributes.get("id") for element in page.elements}
    links = [
        element.attributes["href"] for element in page.elements if "href" in element.attributes
    ]
    assert links
    assert all(link[0] == "#" and link[1:] in ids for link in links)
    (looks,) = page.all("style")
    assert "url(" not in looks.text
    assert "@import" not in looks.text
    assert len(html) < 1_000_000


def test_what_runs_wrote_cannot_run(page: Page) -> None:
    (script,) = page.all("script")
    assert script.text == (HERE / "report.js").read_text()
    # The policy lets a browser run this script and no other.
    digest = base64.b64encode(hashlib.sha256(script.text.encode()).digest()).decode()
    (policy,) = (m for m in page.all("meta") if "Security" in m.attributes.get("http-equiv", ""))
    assert f"script-src 'sha256-{digest}'" in policy.attributes["content"]
    assert "default-src 'none'" in policy.attributes["content"]
    assert not [key for one in page.elements for key in one.attributes if key.startswith("on")]
    assert all(image.parents[-2] == "figure" for image in page.all("img"))
    assert page.all("b") == []
    # It is all there to be read: in parameters, commands, reasons and logs.
    for part in ("what", "runs-section", "failures"):
        assert HOSTILE in page.by_id(part).text


def test_numbers_are_those_of_the_store(page: Page) -> None:
    (rows,) = (rows for caption, rows in tables_of(page).items() if "reward_mean" in caption)
    _, equal, traffic = ([cell.text for cell in row] for row in rows)
    assert equal[:3] == ["equal", "3", "-0.4"]
    assert traffic[:3] == ["traffic", "3", "-0.37"]
    # Differences 0.02, 0.03, 0.04; their deviation is 0.01; of 9 comparisons traffic is above in
    # -0.38 > -0.4, -0.5; -0.27 > all; -0.46 > -0.5: 6, and below in 3.
    assert traffic[4] == "0.03"
    assert traffic[6:] == ["above", "3", "0.33"]
    assert "per_node.0.latency_mean, differences to equal on the same seeds" in tables_of(page)
    assert not [caption for caption in tables_of(page) if "per_node.0.target" in caption]


def test_the_table_of_runs_can_be_sorted(page: Page) -> None:
    rows = tables_of(page)["Every run that ended well; a heading sorts"]
    headings, body = rows[0], rows[1:]
    names = [heading.text for heading in headings]
    assert names == [
        "run", "group", "allocator", "settings", "seed", "reward_mean", "steps", "origin"
    ]  # fmt: skip
    assert {len(row) for row in body} == {len(names)}
    for i, heading in enumerate(headings):
        values = [row[i].attributes["data-value"] for row in body]
        if heading.attributes["data-kind"] == "number":
            assert [float(value) for value in values]
        assert len(values) == 2 * len(REWARDS)
    keys = {
        (row[2].attributes["data-value"], int(row[4].attributes["data-value"])): float(
            row[5].attributes["data-value"]
        )
        for row in body
    }
    assert keys == {
        (name, seed): pair[i]
        for seed, pair in REWARDS.items()
        for i, name in enumerate(("equal", "traffic"))
    }


def test_the_script_finds_what_it_looks_for(page: Page) -> None:
    (script,) = page.all("script")
    (table,) = (one for one in page.all("table") if "sortable" in one.attributes.get("class", ""))
    name = table.attributes["id"]
    for suffix in re.findall(r'table\.id \+ "(-\w+)"', script.text):
        assert page.by_id(name + suffix)
    assert set(re.findall(r"dataset\.(\w+)", script.text)) == {"kind", "value"}
    assert set(re.findall(r'querySelectorAll\("([^"]+)"\)', script.text)) == {
        "table.sortable",
        "th button",
    }
    buttons = page.all("button")
    assert len(buttons) == 8
    assert all(button.parents[-1] == "th" for button in buttons)
    # Without the script there is nothing to press.
    assert all("disabled" in button.attributes for button in buttons)
    box = page.by_id(f"{name}-filter")
    assert box.parents[-1] == "p"


def test_what_failed_is_there_with_its_reason(page: Page) -> None:
    told = "6 ok, 1 not over, 1 hung, 1 failed, 1 damaged, 1 interrupted"
    assert told in page.all("header")[0].text
    failures = page.by_id("failures").text
    assert f"{HOSTILE} (SimulationCrashed, exit status 139, after 3 intervals)" in failures
    assert "interrupted by the user (exit status 139, after 3 intervals)" in failures
    assert "it is under way, or its process was killed" in failures
    assert re.search(r"damaged/summary\.json: Expecting property name", failures)
    # The last 20 lines of the log.
    assert "line 20 " in failures
    assert "line 39 " in failures
    assert "line 19 " not in failures


def test_claims_and_provenance(page: Page) -> None:
    rows = tables_of(page)["What the paper says, and what was found (mean and 95 % interval)"]
    assert [cell.text for cell in rows[1]][:6] == [
        "better", "reproduced", "0.03", "0.03", "3", "packet"
    ]  # fmt: skip
    assert "Paper <b>1</b>" in page.by_id("claims").text
    # All runs have the same origin but for the command.
    origin = {row[0].text: row[1].text for row in tables_of(page)["Origin 1"]}
    assert origin == {"name": "value", "git.commit": "c0ffee", "git.dirty": "false", "ns3": "3.44"}
    assert "slicebed run edge-cloud --seed 10" in page.by_id("runs-section").text
    assert len([one for one in page.elements if "origin-" in one.attributes.get("id", "")]) == 1


def test_the_page_is_accessible(page: Page) -> None:
    assert page.all("html")[0].attributes["lang"] == "en"
    assert all("scope" in heading.attributes for heading in page.all("th"))
    assert len(page.all("caption")) == len(page.all("table"))
    ids = [element.attributes["id"] for element in page.elements if "id" in element.attributes]
    assert len(ids) == len(set(ids))
    (label,) = page.all("label")
    assert page.by_id(label.attributes["for"]).tag == "input"
    levels = [int(one.tag[1]) for one in page.elements if re.fullmatch(r"h\d", one.tag)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def luminance(colour: str) -> float:
    """Relative luminance, as of WCAG 2.1."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_text_has_contrast_by_day_and_night() -> None:
    looks = (HERE / "report.css").read_text()
    themes = [dict(re.findall(r"--(\w+): (#\w{6})", part)) for part in looks.split("@media")[:2]]
    assert len(themes) == 2
    for theme in themes:
        for ground in ("paper", "wash"):
            for name in ("ink", "quiet", "link", "good", "fair", "bad"):
                dark, light = sorted((luminance(theme[ground]), luminance(theme[name])))
                assert (light + 0.05) / (dark + 0.05) >= 4.5, (name, ground)  # WCAG AA


def test_the_same_store_gives_the_same_bytes(store: Path, html: str, tmp_path: Path) -> None:
    out = tmp_path / "new" / "report.html"
    for _ in range(2):  # an earlier report is replaced
        write_report(store, out, CLAIMS)
        assert out.read_text() == html
    assert [path.name for path in out.parent.iterdir()] == ["report.html"]


def test_files_in_the_way_stay(store: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.html"
    mine.write_text("<html>mine")
    with pytest.raises(FileInTheWay, match=r"mine\.html is in the way: it is no report"):
        write_report(store, mine, None)
    assert mine.read_text() == "<html>mine"
    with pytest.raises(FileInTheWay, match="is a folder; the name of a file is required"):
        write_report(store, tmp_path, None)
    with pytest.raises(FileInTheWay, match="cannot write"):
        write_report(store, mine / "report.html", None)


def test_large_stores_have_few_figures(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "MOST_RUNS", 5)
    monkeypatch.setattr(content, "LARGE_STORE", len(REWARDS) * 2)
    monkeypatch.setattr(content, "DETAILED_GROUPS_OF_LARGE", 0)
    write_report(store, tmp_path / "a.html", None)
    page = Page.read((tmp_path / "a.html").read_text())
    assert page.all("img") == []
    assert "all figures (6 runs; `slicebed figures` draws them)" in page.by_id("comparison").text
    assert not [caption for caption in tables_of(page) if "per_node" in caption]


def test_groups_say_what_tells_them_apart(page: Page, tmp_path: Path) -> None:
    assert "Scenario edge-cloud, the same parameters and data" in tables_of(page)
    several = tmp_path / "several"
    for seed, rate_hz in ((1, 5), (2, 7)):
        edge_run(several / f"run{seed}", seed=seed, parameters={"rate_hz": rate_hz, "note": "a"})
    write_report(several, tmp_path / "a.html", None)
    captions = tables_of(Page.read((tmp_path / "a.html").read_text()))
    for rate_hz in (5, 7):
        assert f"Scenario edge-cloud, the same parameters and data: rate_hz {rate_hz}" in captions


def test_a_figure_that_lacks_something_is_named(tmp_path: Path) -> None:
    folder = edge_run(tmp_path / "results" / "a")
    (folder / "histograms.parquet").unlink()
    write_report(tmp_path / "results", tmp_path / "a.html", None)
    text = Page.read((tmp_path / "a.html").read_text()).by_id("comparison").text
    assert "latency-cdf (no histograms.latency_histogram in a run)" in text
    (folder / "steps.parquet").write_bytes(b"no")
    write_report(tmp_path / "results", tmp_path / "a.html", None)
    assert "steps.parquet" in Page.read((tmp_path / "a.html").read_text()).by_id("comparison").text


def test_a_store_of_failures_alone_is_reported(tmp_path: Path) -> None:
    results = tmp_path / "results"
    (results / "0123456789ab.failed").mkdir(parents=True)
    (results / "0123456789ab.failed" / "error.json").write_text(json.dumps({"error": "no luck"}))
    write_report(results, tmp_path / "a.html", None)
    page = Page.read((tmp_path / "a.html").read_text())
    assert "No run ended well." in page.by_id("what").text
    assert "no luck" in page.by_id("failures").text
    (tmp_path / "empty").mkdir()
    with pytest.raises(StoreReadError, match="holds no run; `slicebed run` makes one"):
        write_report(tmp_path / "empty", tmp_path / "b.html", None)
    assert not (tmp_path / "b.html").exists()
