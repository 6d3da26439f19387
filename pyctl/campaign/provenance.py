"""Where a run's results come from: code, versions, machine, data and the command to repeat it."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (
    *("slicebed", "numpy", "scipy", "pandas", "pyarrow", "torch", "stable-baselines3"),
    *("gymnasium", "pyzmq", "protobuf"),
)
GPU_QUERY = ("nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader")


def provenance(description: Mapping[str, Any], command: str) -> dict[str, Any]:
    """Collects what is known without asking the network.

    Args:
        description: the scenario's, with the ns-3 version and build profile of its binary.
        command: that repeats the run.
    """
    simulation = description.get("provenance", {})
    return {
        "command": command,
        "ns3": simulation.get("ns3"),
        "build": simulation.get("build"),
        **_here(),
        "gpu": gpu(),
    }


@cache
def _here() -> dict[str, Any]:
    """What a process runs on: it has loaded its code, whatever becomes of the checkout later."""
    return {
        "git": git_state(ROOT),
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in PACKAGES},
        "machine": machine(),
    }


def git_state(root: Path) -> dict[str, Any] | None:
    """Reads the checkout's commit and whether files differ from it; None outside a checkout."""
    if not (root / ".git").exists():
        return None
    try:
        commit = _git(root, "rev-parse", "HEAD")
        changed = _git(root, "status", "--porcelain")
    except (OSError, subprocess.SubprocessError):
        return None
    return {"commit": commit, "dirty": bool(changed)}


def machine() -> dict[str, Any]:
    """Describes the computer by what bears on speed; names neither host nor user."""
    return {
        "cpu": _cpu_model(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1),
        "os": platform.platform(),
    }


def gpu() -> dict[str, Any] | None:
    """Describes the GPUs that torch may use; None where it is not loaded or finds none.

    The driver's own tool is asked: torch would make a context on the GPU for an answer, with
    memory of its own in each process.

    Returns:
        ``names``, version of the ``driver``, and ``cuda``, the version that torch was built for.
    """
    torch = sys.modules.get("torch")
    if torch is None or torch.version.cuda is None:
        return None
    found = _gpus()
    if not found:
        return None
    return {
        "names": [name for name, _ in found],
        "driver": found[0][1],
        "cuda": torch.version.cuda,
    }


@cache
def _gpus() -> list[tuple[str, str]]:
    """Lists name and driver of each GPU; none where there is no driver."""
    try:
        told = _output(GPU_QUERY)
    except (OSError, subprocess.SubprocessError):
        return []
    rows = (line.rpartition(", ") for line in told.splitlines())
    return [(name, driver) for name, _, driver in rows]


def _git(root: Path, *arguments: str) -> str:
    return _output(("git", "-C", str(root), *arguments))


def _output(command: Sequence[str]) -> str:
    result = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    return result.stdout.strip()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _cpu_model() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
