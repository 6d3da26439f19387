"""``slicebed validate compute``: its quick form, for real."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd


def test_the_quick_study_holds_every_bound(tmp_path: Path) -> None:
    words = ["validate", "compute", "--quick", "--json", "--strict", "--out", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-m", "pyctl.cli", *words],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    measures = {entry["name"]: entry for entry in json.loads(done.stdout)["measures"]}
    assert measures["compute.response_error_max"]["value"] <= 0.03
    assert measures["compute.jobs_missing"]["value"] == 0
    table = pd.read_csv(tmp_path / "response-times.csv")
    assert set(table["queue"]) == {"M/M/1", "M/M/1-PS", "M/D/1", "M/M/4"}
    assert set(table["load"]) == {0.3, 0.6, 0.9}
    # Independent of the program's own theory: M/M/1 and M/D/1 with 10 ms of service at 0.9.
    at = table[table["load"] == 0.9].set_index("queue")
    assert abs(at.loc["M/M/1", "mean_s"] / 0.1 - 1) < 0.05
    assert abs(at.loc["M/D/1", "mean_s"] / 0.055 - 1) < 0.05
    # Sharing and queueing have the same mean, but they are not the same queue.
    assert at.loc["M/M/1", "mean_s"] != at.loc["M/M/1-PS", "mean_s"]
    assert (tmp_path / "response-times.png").stat().st_size > 1000
