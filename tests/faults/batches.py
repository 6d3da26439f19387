"""Batches of short runs in processes of their own, under what a store may meet."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SLICEBED = [sys.executable, "-m", "pyctl.cli"]
TIME_LIMIT_S = 120


def write_plan(path: Path, seeds: int, steps: str = "60") -> Path:
    """Writes a plan of loopback runs with equal shares."""
    path.write_text(
        f"scenario: loopback\nallocators: [equal]\nparameters: {{steps: {steps}}}\nseeds: {seeds}\n"
    )
    return path


def start(
    *words: str,
    cwd: Path,
    environment: Mapping[str, str] | None = None,
    before: Callable[[], None] | None = None,
) -> subprocess.Popen[str]:
    """Starts ``slicebed``; ``before`` is called in its process first."""
    return subprocess.Popen(
        [*SLICEBED, *words],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=before,
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Waits; returns exit status, standard output and error."""
    printed, told = process.communicate(timeout=TIME_LIMIT_S)
    return process.returncode, printed, told


def slicebed(*words: str, cwd: Path, **more: Any) -> tuple[int, str, str]:
    """Runs ``slicebed`` to its end."""
    return finish(start(*words, cwd=cwd, **more))


def digests(out: Path) -> dict[str, str]:
    """Gives the KPI digest of each run that is ok; of one that has not appeared nothing is read."""
    return {
        path.parent.name: json.loads(path.read_text())["kpi_sha256"]
        for path in sorted(out.glob("????????????/summary.json"))
    }


def undisturbed(folder: Path, plan: Path) -> dict[str, str]:
    """Runs a plan where nothing happens; returns the digests."""
    status, _, told = slicebed("batch", str(plan), "--out", "undisturbed", "--quiet", cwd=folder)
    assert status == 0, told
    return digests(folder / "undisturbed")


def can_mount() -> bool:
    """Tells whether a file system of our own can be mounted here."""
    return _in_namespace("mount -t tmpfs none /mnt").returncode == 0


def in_namespace(script: str, folder: Path) -> str:
    """Runs a shell script that may mount, in a namespace that goes with it; returns its output.

    ``slicebed`` in it is ours.
    """
    command = shlex.join(SLICEBED)
    done = _in_namespace(f'set -eu\ncd {folder}\nslicebed() {{ {command} "$@"; }}\n{script}')
    assert done.returncode == 0, done.stderr
    return done.stdout


def _in_namespace(script: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            ["unshare", "--map-root-user", "--mount", "sh", "-c", script],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=TIME_LIMIT_S,
            check=False,
        )
    except FileNotFoundError:
        return subprocess.CompletedProcess([], 127, "", "no unshare")
