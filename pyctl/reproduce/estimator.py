"""The estimator of paper 001, fitted again to what a stored run measured in H_0, and judged.

The run's own estimator is not stored; the same rows, settings and seed give the same one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from analysis.idla import cube
from analysis.store_reader import Run
from pyctl.campaign.registry import load_allocator
from pyctl.campaign.settings import make_allocator
from pyctl.reproduce.files import write_whole

AS_RUN: Mapping[str, Mapping[str, Any]] = {"as run": {}}
# The paper's x and activation against the others; the first is what `idla` runs with.
VARIANTS: Mapping[str, Mapping[str, Any]] = {
    **AS_RUN,
    "single fit": {"fits": 1},
    "ReLU": {"activation": "relu"},
    "x: PRBs used": {"share": "used"},
    "ReLU, x: PRBs used": {"activation": "relu", "share": "used"},
    "monotone": {"monotone": True},
    "augmentation of the paper": {"augmentation": "paper"},
    "random split": {"split": "random"},
}
FIELDS = (
    *("prb_max", "prb_used_dl", "active_ue", "cqi", "thp_dl", "delay_e2e", "offered", "r"),
    "slice_active",
)


def dataset_of(run: Run, begin: int, end: int) -> dict[str, Any]:
    """Takes the intervals [begin, end) of a run as a data set."""
    return {
        **{name: cube(run, name)[begin:end] for name in FIELDS},
        "target_bps": np.array([entry["target_bps"] for entry in run.slices], np.float32),
        "delay_bound_s": np.array([entry["delay_bound_s"] for entry in run.slices], np.float32),
        "prbs": run.context["prbs"],
        "users": run.context["ues_per_slice"],
    }


def study(
    run: Run,
    periods: tuple[int, int, int],
    variants: Mapping[str, Mapping[str, Any]],
    out: Path,
    progress: Callable[[str], None],
) -> dict[str, Any]:
    """Fits and judges the estimator of a run; what ``out`` has of this run is not repeated.

    Args:
        run: of an allocator that fits an estimator.
        periods: intervals of H_0, H_1, H_2.
        variants: changes of the run's settings, by name.
        out: folder; ``ALLOCATOR-seed-N.json`` and the fitted ``ALLOCATOR-seed-N.pt`` go there.
        progress: told a line before each fit.

    Returns:
        ``seed``, ``of`` (the run's id and the digest of what it measured), ``variants`` (reports
        of ``fit`` by name) and ``later``: ``slice``, ``r`` errors on the intervals of H_2, with
        the slice that was not there in the training.
    """
    path = out / f"{run.label}-seed-{run.seed}.json"
    of = [run.folder.name, run.summary["kpi_sha256"]]
    told: dict[str, Any] = json.loads(path.read_text()) if path.is_file() else {}
    if told.get("of") == of and variants.keys() <= told["variants"].keys():
        return told
    begin, change = periods[0], periods[0] + periods[1]
    training, later = dataset_of(run, 0, begin), dataset_of(run, change, change + periods[2])
    reports: dict[str, Any] = {}
    found: Mapping[str, Any] = {}
    out.mkdir(parents=True, exist_ok=True)
    for name, changes in variants.items():
        progress(f"estimator of {run.label}: seed {run.seed}, {name}")
        allocator = _make(run, changes)
        allocator.fit(training, run.seed)
        reports[name] = allocator.report
        if not changes:
            found = allocator.evaluate(later, training)
            allocator.save(path.with_suffix(".pt"))
    ids = [entry["id"] for entry in run.slices]
    told = {
        "seed": run.seed,
        "of": of,
        "variants": reports,
        "later": {"slice": [ids[i] for i in found["slice"]], "errors": found["errors"]},
    }
    write_whole(path, told)
    return told


def _make(run: Run, changes: Mapping[str, Any]) -> Any:
    settings = {**run.config["allocator_settings"], **changes, "explore_steps": 0}
    return make_allocator(load_allocator(run.label), settings)
