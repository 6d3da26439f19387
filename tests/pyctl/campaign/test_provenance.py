"""Where results come from: git state by a repository made here, the rest by shape."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path

from pyctl.campaign.provenance import git_state, machine, provenance
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
    assert found["packages"]["numpy"] is not None


def test_the_machine_is_described_without_its_name() -> None:
    found = machine()
    assert found["cores"] == len(os.sched_getaffinity(0))
    assert found["cpu"]
    assert platform.node() not in found["os"].split("-")
