"""Requests of runs that did not end well, from what their folders say."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pyctl.campaign import store
from pyctl.campaign.errors import StoreError
from pyctl.campaign.offered import ARRIVALS_FILE, MASK_FILE, TraceChoice
from pyctl.campaign.planned import PlannedRun, identify
from pyctl.campaign.prepare import RunConfig
from pyctl.campaign.states import StoredRun


def planned_again(runs: Iterable[StoredRun]) -> list[PlannedRun]:
    """Makes the runs of these folders anew.

    Raises:
        StoreError: a folder does not tell enough, or tells of another run by now.
        UsageError: a run cannot be run any more.
    """
    return [_again(run) for run in runs]


def _again(run: StoredRun) -> PlannedRun:
    (planned,) = identify([_request(run.folder)])
    if planned.run_id != run.run_id:
        raise StoreError(
            f"{run.folder} cannot be repeated: its configuration means run {planned.run_id} now "
            "(another version of the scenario, another trace, or another file that a setting "
            "names); batch its plan again"
        )
    return planned


def _request(folder: Path) -> RunConfig:
    config = _read(folder / store.CONFIG)
    loaded = config.get("mask_sha256") or config.get("arrivals_sha256")
    data = _read(folder / store.PROVENANCE).get("data", {}) if loaded else {}
    parameters = dict(config["parameters"])
    for name in (MASK_FILE, ARRIVALS_FILE):
        if entry := data.get(name.removesuffix("_file")):
            parameters[name] = entry["path"]
    return RunConfig(
        scenario=config["scenario"],
        allocator=config["allocator"],
        parameters=parameters,
        settings=config["allocator_settings"],
        seed=config["seed"],
        trace=_trace(data.get("trace")),
    )


def _trace(entry: Mapping[str, Any] | None) -> TraceChoice | None:
    if entry is None:
        return None
    squares = entry.get("squares")
    return TraceChoice(Path(entry["path"]), tuple(squares) if squares else None)


def _read(path: Path) -> dict[str, Any]:
    try:
        value: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise StoreError(f"cannot read {path}: {error}; batch its plan again") from error
    return value
