"""Every command of the README runs, and so does the code of the documentation."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()
TIME_LIMIT_S = 300
COMMANDS = re.findall(r"`(slicebed [^`]+)`", README)
# Long ones that other tests run and look into, with the same scale.
ELSEWHERE = {
    "bench agents": "test_validate_bench.py",
    "bench batch": "test_validate_bench.py",
    "bench cells": "test_validate_bench.py",
    "bench edge-cloud": "test_validate_bench.py",
    "bench exchange": "test_validate_bench.py",
    "reproduce ddnn": "test_reproduce_ddnn.py",
    "reproduce idla": "test_reproduce.py",
    "validate compute": "test_validate_compute.py",
    "validate radio": "test_validate_bench.py",
    "validate transport": "test_validate_transport.py",
}


def is_elsewhere(command: str) -> bool:
    return " ".join(command.split()[1:3]) in ELSEWHERE


ENVIRONMENTS = re.findall(
    r"```python\n(.*?)```", (ROOT / "docs" / "environments.md").read_text(), flags=re.DOTALL
)


def milan_rows(path: Path) -> None:
    """A Parquet file in the format of the real one: a day of five squares."""
    import numpy as np
    import pandas as pd

    squares, intervals = np.arange(5) + 1, np.arange(144)
    frame = pd.DataFrame(
        [
            (s, 1383260400000 + 600_000 * int(i), 10.0 + s + i % 7)
            for s in squares
            for i in intervals
        ],
        columns=["square_id", "time_interval", "internet"],
    )
    frame.to_parquet(path)


def milan_days(folder: Path) -> None:
    """Original rows, a file a day."""
    folder.mkdir()
    for day in range(2):
        times = (1383260400000 + 600_000 * (144 * day + i) for i in range(144))
        rows = "".join(f"7\t{time}\t39\t\t\t\t\t{10 + time % 7}\n" for time in times)
        (folder / f"2013-11-0{day + 1}.txt").write_text(rows)


def stored_runs(folder: Path) -> None:
    """What the README's last run for any allocator leaves in `results`, and equal shares."""
    # Settings are an allocator's own: equal has none.
    runs = [each for each in COMMANDS if " run " in each and "--allocator-set" not in each]
    words = shlex.split(runs[-1])
    slicebed = str(Path(sys.executable).with_name("slicebed"))
    i = words.index("--allocator") + 1
    assert words[i] != "equal"
    for allocator in (words[i], "equal"):
        words[i] = allocator
        subprocess.run([slicebed, *words[1:]], cwd=folder, check=True, timeout=TIME_LIMIT_S)


def planetlab_rows(path: Path) -> None:
    """A Parquet file in the format of the real one: a day of eight machines."""
    import pandas as pd

    days = [[(7 * vm + i) % 50 for i in range(288)] for vm in range(8)]
    pd.DataFrame({"day": "20110303", "vm": range(8), "cpu": days}).to_parquet(path)


def genai_rows(path: Path) -> None:
    """A Parquet file in the format of the real one: 2000 requests of 20 groups."""
    import pandas as pd

    times = pd.to_datetime("2024-11-15 16:57:50") + pd.to_timedelta(range(0, 100_000, 50), unit="s")
    groups = [f"G{i % 20:04d}" for i in range(2000)]
    frame = pd.DataFrame({"gmt_create": times, "groupId": groups})
    frame.assign(exec_time_seconds=20.0).to_parquet(path)


@pytest.mark.parametrize("command", [each for each in COMMANDS if not is_elsewhere(each)])
def test_readme_command(command: str, tmp_path: Path) -> None:
    milan_rows(tmp_path / "milano_internet.parquet")
    milan_days(tmp_path / "milan_days")
    planetlab_rows(tmp_path / "planetlab_cpu_5min.parquet")
    genai_rows(tmp_path / "alibaba_genai_requests.parquet")
    words = shlex.split(command)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    if words[1] in ("figures", "compare", "report", "status", "export"):
        stored_runs(tmp_path)
    result = subprocess.run(
        [str(Path(sys.executable).with_name("slicebed")), *words[1:]],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT_S,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip()


@pytest.mark.parametrize("command", [each for each in COMMANDS if is_elsewhere(each)])
def test_readme_command_is_tested_elsewhere(command: str) -> None:
    _, first, second, *options = shlex.split(command)
    test = ROOT / "tests" / "pyctl" / "cli" / ELSEWHERE[f"{first} {second}"]
    scale = options[: options.index("--out")] if "--out" in options else options
    text = test.read_text()
    assert re.search(rf'"{first}", "{second}"', text)
    assert scale
    assert all(f'"{word}"' in text for word in scale)


def test_readme_names_the_commands() -> None:
    assert len(COMMANDS) >= 10
    targets = set(re.findall(r"^make (\w+)", README, flags=re.MULTILINE))
    makefile = (ROOT / "Makefile").read_text()
    assert targets == {"quickstart", "test"}
    assert all(f"\n{target}:" in makefile for target in targets)


def test_readme_python(tmp_path: Path) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    script = tmp_path / "example.py"
    script.write_text(code + "\nassert observation['r'].shape == (12, 4)\nassert reward > 0\n")
    subprocess.run([sys.executable, str(script)], check=True, timeout=TIME_LIMIT_S, cwd=tmp_path)


@pytest.mark.parametrize("code", ENVIRONMENTS, ids=lambda code: code.splitlines()[0])
def test_environments(code: str, tmp_path: Path) -> None:
    script = tmp_path / "example.py"
    script.write_text(code)
    subprocess.run([sys.executable, str(script)], check=True, timeout=TIME_LIMIT_S, cwd=tmp_path)


def test_environments_show_each_kind() -> None:
    text = "\n".join(ENVIRONMENTS)
    for name in ("make(", "make_vec(", "slicebed_parallel_env(", "flat_box(", "branch("):
        assert name in text


def own_allocators(folder: Path) -> None:
    """Installs the allocators of the page, as it says."""
    text = (ROOT / "docs" / "own-allocator.md").read_text()
    code = "\n".join(re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL))
    (entry,) = re.findall(r"```toml\n(.*?)```", text, flags=re.DOTALL)
    (folder / "my_package.py").write_text(code)
    info = folder / "my_package-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: my_package\nVersion: 1.0\n")
    group, line = entry.strip().splitlines()
    points = f"{group.replace('project.entry-points.', '').replace(chr(34), '')}\n"
    lines = line.replace('"', "") + "\npolicy = my_package:Policy\n"
    (info / "entry_points.txt").write_text(points + lines)


def slicebed_in(folder: Path, *words: str) -> str:
    """Runs a command where the page's package is installed; returns what it prints."""
    result = subprocess.run(
        [sys.executable, "-m", "pyctl.cli", *words],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT_S,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_own_allocator(tmp_path: Path) -> None:
    own_allocators(tmp_path)
    words = ("run", "cells", "--allocator", "backlog", "--set", "steps=3", "--json")
    assert '"repairs"' in slicebed_in(tmp_path, *words, "--allocator-set", "floor=0.1")


def test_own_allocator_with_a_shared_model(tmp_path: Path) -> None:
    import torch
    from torch import nn

    own_allocators(tmp_path)
    torch.save(nn.Linear(4, 4).state_dict(), tmp_path / "net.pt")
    (tmp_path / "plan.yaml").write_text(
        "scenario: cells\nallocators: [{name: policy, settings: {model: net.pt}}]\n"
        "parameters: {sites: 1, ues_per_slice: 1, steps: 2}\nseeds: 2\n"
    )
    words = ("batch", "plan.yaml", "--workers", "2", "--share-model", "--json", "--quiet")
    assert json.loads(slicebed_in(tmp_path, *words))["counts"]["ok"] == 2
