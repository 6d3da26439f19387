"""The page on batches: its plan, commands and code, one after the other in one folder."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "batches.md").read_text()
SLICEBED = Path(sys.executable).with_name("slicebed")
TIME_LIMIT_S = 120


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)


def run(words: list[str], folder: Path) -> str:
    result = subprocess.run(
        words, cwd=folder, capture_output=True, text=True, timeout=TIME_LIMIT_S, check=False
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the page's commands were run."""
    folder = tmp_path_factory.mktemp("batches")
    plan, precise = blocks("yaml")
    (folder / "plan.yaml").write_text(plan)
    (folder / "precise.yaml").write_text(precise)
    for line in "".join(blocks("sh")).splitlines():
        words, _, file = line.partition(" > ")
        printed = run([str(SLICEBED), *shlex.split(words, comments=True)[1:]], folder)
        assert printed
        if file:
            (folder / file.split()[0]).write_text(printed)
    return folder


def test_the_commands_make_the_plans_runs(folder: Path) -> None:
    # 2 allocators x 2 lengths x 2 seeds
    assert len(os.listdir(folder / "results")) == 8
    assert (folder / "runs.parquet").stat().st_size > 0


def test_a_shared_model_and_curves_change_nothing(folder: Path) -> None:
    runs = sorted(os.listdir(folder / "results"))
    assert sorted(os.listdir(folder / "shared")) == runs
    assert sorted(os.listdir(folder / "tracked")) == sorted([*runs, "tensorboard"])
    assert sorted(os.listdir(folder / "tracked" / "tensorboard")) == runs
    for name in runs:
        digests = {
            json.loads((folder / out / name / "summary.json").read_text())["kpi_sha256"]
            for out in ("results", "shared", "tracked")
        }
        assert len(digests) == 1


def test_the_rule_adds_seeds_where_they_are_needed(folder: Path) -> None:
    judged = json.loads(
        run(
            [str(SLICEBED), "status", "precise", "--plan", "precise.yaml", "--json"],
            folder,
        )
    )["until"]
    assert [cell["parameters"]["load"] for cell in judged] == [1, 2]
    assert {cell["verdict"] for cell in judged} <= {"reached", "max_seeds"}
    # One of the two is known after its first round, the other is not.
    assert sorted(cell["seeds"] for cell in judged) != [4, 4]
    assert sum(cell["seeds"] for cell in judged) == len(os.listdir(folder / "precise"))


@pytest.mark.parametrize("code", blocks("python"), ids=lambda code: code.splitlines()[0])
def test_code(code: str, folder: Path) -> None:
    printed = run([sys.executable, "-c", code], folder)
    if "reward" in code:
        assert "equal" in printed
        assert "static" in printed
    else:
        # Each of the eight runs by its id.
        assert all(name in printed for name in os.listdir(folder / "results"))
