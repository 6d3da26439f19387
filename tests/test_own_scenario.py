"""The page on own scenarios: its files are built as they stand there, and its commands run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pyctl.launch.installed import BIN_DIR_VARIABLE, binary_directory

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "own-scenario.md").read_text()
TIME_LIMIT_S = 300


def block(language: str) -> str:
    """The page's one block of code in a language."""
    (code,) = re.findall(rf"^```{language}\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE)
    return str(code)


def run(command: list[str], folder: Path, **variables: str) -> str:
    # ~/slicebed is where the page's reader has the checkout.
    result = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "HOME": str(folder), **variables},
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT_S,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder with the page's files, after its shell commands; and what these printed."""
    folder = tmp_path_factory.mktemp("own-scenario")
    (folder / "bottleneck.cc").write_text(block("cpp"))
    (folder / "CMakeLists.txt").write_text(block("cmake"))
    (folder / "slicebed").symlink_to(ROOT)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    printed = run(["bash", "-euc", block("sh")], folder, PATH=path)
    return folder, printed


def test_commands_show_and_run_it(project: tuple[Path, str]) -> None:
    _, printed = project
    assert "a link whose rate is decided" in printed
    assert "burst" in printed
    assert "throughput" in printed


def test_python_drives_it(project: tuple[Path, str]) -> None:
    folder, _ = project
    code = block("python")
    printed = run(
        [sys.executable, "-c", code],
        folder,
        **{BIN_DIR_VARIABLE: str(folder / "build")},
    )
    arrived = [float(text) for text in re.findall(r"([\d.]+) Mbit/s arrived", printed)]
    assert len(arrived) == 3
    # The source offers 3 Mbit/s on average, in bursts of 6 with headers besides: what arrives is
    # at most what the link takes, and of 1 and 2 Mbit/s it takes nearly all.
    assert 0.8 < arrived[0] < 1.0
    assert arrived[0] < arrived[1] < 2.0
    assert arrived[2] < 5.0


def test_it_is_installed_beside_the_others(project: tuple[Path, str]) -> None:
    folder, _ = project
    run(["cmake", "--install", "build"], folder, DESTDIR=str(folder / "root"))
    (staged,) = (folder / "root").rglob("slicebed-*")
    # The page's reader has the checkout elsewhere, here by a link.
    assert staged.parent.parts[-2:] == binary_directory().parts[-2:]
    assert '"slicebed":1' in run([str(staged), "--describe"], folder)
    assert not (binary_directory() / staged.name).exists()


def test_the_scenario_is_short() -> None:
    """The whole file, without comments and empty lines, in lines of at most 100 columns."""
    lines = [line for line in block("cpp").splitlines() if line.strip()]
    code = [line for line in lines if not line.strip().startswith(("//", "/**"))]
    assert len(code) <= 60
    assert max(map(len, code)) <= 100
