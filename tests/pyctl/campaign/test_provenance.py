"""Where results come from: git state by a repository made here, the rest by shape."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

import pytest

from pyctl.campaign.provenance import _gpus, git_state, gpu, machine, provenance
from tests.pyctl.campaign.simulations import description


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    return subprocess.run(
        ["git", "-C", str(folder), *identity, *arguments],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()


def test_git_state_follows_the_checkout(tmp_path: Path) -> None:
    assert git_state(tmp_path) is None
    git(tmp_path, "init", "--quiet")
    (tmp_path / "a").write_text("1")
    git(tmp_path, "add", "a")
    git(tmp_path, "commit", "--quiet", "-m", "one")
    commit = git(tmp_path, "rev-parse", "HEAD")
    assert git_state(tmp_path) == {"commit": commit, "dirty": False}
    (tmp_path / "a").write_text("2")
    assert git_state(tmp_path) == {"commit": commit, "dirty": True}


def test_provenance_has_versions_machine_and_command() -> None:
    found = provenance(description(), "slicebed run tiny")
    assert found["command"] == "slicebed run tiny"
    assert (found["ns3"], found["build"]) == ("3.44", "Release")
    assert found["python"] == platform.python_version()
    for package in ("numpy", "scipy", "pandas", "pyarrow", "torch", "stable-baselines3"):
        assert found["packages"][package] == version(package)


def test_the_machine_is_described_without_its_name() -> None:
    found = machine()
    assert found["cores"] == len(os.sched_getaffinity(0))
    assert found["cpu"]
    pages = int(re.search(r"MemTotal: +(\d+) kB", Path("/proc/meminfo").read_text())[1])
    assert found["memory_gib"] == pytest.approx(pages / 2**20, abs=0.1)
    assert platform.node() not in found["os"].split("-")


def answer(folder: Path, script: str) -> None:
    tool = folder / "nvidia-smi"
    tool.write_text(f"#!/bin/sh\n{script}\n")
    tool.chmod(0o755)


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that programs are looked for in first; nothing is known of GPUs."""
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    _gpus.cache_clear()
    yield tmp_path
    _gpus.cache_clear()


def test_gpus_are_those_that_the_driver_tells(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch = SimpleNamespace(version=SimpleNamespace(cuda="12.8"))
    monkeypatch.setitem(sys.modules, "torch", torch)
    answer(tools, "printf 'NVIDIA H100 80GB HBM3, 570.86.15\\nNVIDIA T4, 570.86.15\\n'")
    expected = {
        "names": ["NVIDIA H100 80GB HBM3", "NVIDIA T4"],
        "driver": "570.86.15",
        "cuda": "12.8",
    }
    assert gpu() == expected
    assert provenance(description(), "")["gpu"] == expected
    answer(tools, "exit 1")
    assert gpu() == expected  # asked once a process
    _gpus.cache_clear()
    assert gpu() is None
    _gpus.cache_clear()
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(version=SimpleNamespace(cuda=None)))
    answer(tools, "echo NVIDIA T4, 1")
    assert gpu() is None  # it uses none


def test_runs_without_torch_neither_load_it_nor_ask_for_gpus(tools: Path) -> None:
    answer(tools, f"touch {tools}/asked")
    code = (
        "import sys; from pyctl.campaign.provenance import provenance; "
        "assert provenance({}, '')['gpu'] is None; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert not (tools / "asked").exists()
