"""Runs the cell model and ns-3's LTE stack on the same configurations and seeds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from pyctl.campaign import store
from pyctl.campaign.digest import run_id
from pyctl.campaign.prepare import RunConfig, prepare
from pyctl.campaign.provenance import ROOT, git_state
from pyctl.campaign.runner import run_once
from pyctl.cli.progress import Progress
from pyctl.studies.radio_cases import Case

STACKS = ("cell", "lte")


def run_cases(cases: Sequence[Case], out: Path, seed: int) -> list[tuple[Case, Path, Path]]:
    """Runs each case on both stacks.

    A run of the same configuration and code that is in ``out`` already is not repeated.

    Args:
        cases: to run.
        out: store of the runs.
        seed: of all of them.

    Returns:
        Each case with the folders of its runs, the cell model's first.
    """
    results = []
    for number, case in enumerate(cases, 1):
        folders = [
            _run(case, stack, out, seed, f"[{number}/{len(cases)}] {case.name} {stack}")
            for stack in STACKS
        ]
        results.append((case, folders[0], folders[1]))
    return results


def _run(case: Case, stack: str, out: Path, seed: int, label: str) -> Path:
    request = RunConfig(
        "cells",
        "static",
        parameters=case.parameters(stack),
        settings={"shares": ",".join(map(str, case.shares))},
        seed=seed,
    )
    found = _find(request, out)
    if found is not None:
        return found
    progress = Progress(label)
    try:
        return run_once(request, out, on_step=progress).folder
    finally:
        progress.close()


def _find(request: RunConfig, out: Path) -> Path | None:
    """Finds a finished run of the same configuration by the same, committed code."""
    folder = store.folder_of(out, run_id(prepare(request).config))
    try:
        before = json.loads((folder / store.PROVENANCE).read_text())["git"]
    except (OSError, ValueError, KeyError):
        return None
    now = git_state(ROOT)
    same = before == now and not (now and now["dirty"])
    return folder if same and (folder / store.SUMMARY).is_file() else None
