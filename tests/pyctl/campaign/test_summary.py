"""Metrics that are known before there is a run, against those of runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from analysis.metrics import metrics_of
from pyctl.campaign.prepare import RunConfig
from pyctl.campaign.runner import run_once
from pyctl.campaign.summary import require_metric
from pyctl.errors import UnknownName
from pyctl.launch.scenarios import describe, list_scenarios

SHORT: dict[str, dict[str, Any]] = {
    "loopback": {"steps": 2},
    "cells": {"steps": 2, "sites": 1, "ues_per_slice": 1, "interval_s": 0.3, "warmup_s": 0.1},
    "capacity": {"steps": 1},
    "edge-cloud": {"steps": 1},
}


@pytest.mark.parametrize("scenario", SHORT)
def test_a_metric_that_a_run_has_is_never_refused(scenario: str, tmp_path: Path) -> None:
    run = run_once(RunConfig(scenario, "equal", SHORT[scenario]), tmp_path)
    description = describe(scenario, SHORT[scenario]).raw
    names = metrics_of(run.summary)
    assert {"reward_mean", "wall_s"} < set(names)
    for name in names:
        require_metric(name, description)


def test_metrics_that_no_run_can_have_are_refused() -> None:
    for scenario in list_scenarios():
        description = describe(scenario).raw
        require_metric("reward_mean", description)
        with pytest.raises(UnknownName, match="unknown metric 'reward_men'; did you mean 'reward_"):
            require_metric("reward_men", description)
    with pytest.raises(UnknownName, match=r"unknown metric 'per_slice\.9\.r_mean'"):
        require_metric("per_slice.9.r_mean", describe("cells").raw)


def test_what_only_a_run_can_tell_is_left_to_it() -> None:
    require_metric("conservation.dropped.queue", describe("cells").raw)
