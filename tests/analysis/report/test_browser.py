"""The report in a browser: it sorts, filters, fits, and runs nothing of what runs wrote."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from analysis.report.page import write_report
from tests.analysis.report.browser import CHROMIUM, Browser
from tests.analysis.report.reports import reported_store

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium here; test_page checks the HTML and its script without"
)
SHOWN = "[...document.querySelectorAll('#runs tbody tr')].filter(row => !row.hidden)"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("browser")
    write_report(reported_store(folder / "results"), folder / "report.html", None)
    return folder / "report.html"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


def column(browser: Browser, index: int) -> list[str]:
    found: list[str] = browser.evaluate(f"{SHOWN}.map(row => row.cells[{index}].textContent)")
    return found


def press(browser: Browser, heading: str) -> str:
    script = f"[...document.querySelectorAll('#runs th')].find(h => h.textContent == '{heading}')"
    browser.evaluate(f"{script}.firstElementChild.click()")
    return str(browser.evaluate(f"{script}.getAttribute('aria-sort')"))


def test_headings_sort(report: Path, browser: Browser) -> None:
    browser.open(report, 1280)
    assert press(browser, "seed") == "ascending"
    assert column(browser, 4) == ["1", "1", "2", "2", "10", "10"]  # as numbers, not as text
    assert press(browser, "seed") == "descending"
    assert column(browser, 4) == ["10", "10", "2", "2", "1", "1"]
    assert press(browser, "reward_mean") == "ascending"
    assert column(browser, 5) == ["-0.5", "-0.46", "-0.4", "-0.38", "-0.3", "-0.27"]
    assert press(browser, "run") == "ascending"
    assert column(browser, 0)[0] == "equal1"
    assert browser.evaluate("document.querySelectorAll('[aria-sort]').length") == 1


def test_words_filter(report: Path, browser: Browser) -> None:
    browser.open(report, 1280)
    assert len(column(browser, 0)) == 6
    for words, left in (("TRAFFIC", 3), ("traffic 0.27", 1), ("nowhere", 0), ("", 6)):
        browser.evaluate(
            "(function () { const box = document.getElementById('runs-filter');"
            f"box.value = {words!r}; box.dispatchEvent(new Event('input')); }})()"
        )
        assert len(column(browser, 0)) == left
        count = browser.evaluate("document.getElementById('runs-count').textContent")
        assert count == f"{left} of 6 runs"


def test_nothing_that_runs_wrote_is_run(report: Path, browser: Browser) -> None:
    browser.open(report, 1280)
    assert browser.evaluate("typeof window.ran") == "undefined"
    assert browser.evaluate("document.scripts.length") == 1
    # Were it markup, the policy would still hold it back.
    browser.evaluate(
        "(function () { const made = document.createElement('script');"
        "made.textContent = 'window.ran = 3'; document.body.append(made); })()"
    )
    assert browser.evaluate("typeof window.ran") == "undefined"


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("dark", [False, True])
def test_the_page_fits(width: int, dark: bool, report: Path, browser: Browser) -> None:
    browser.open(report, width, dark)
    browser.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    ground = browser.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == ("rgb(20, 24, 29)" if dark else "rgb(255, 255, 255)")
