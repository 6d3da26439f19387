"""The store that ``bench batch`` makes: as the runner writes it, but for its figures."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from analysis.store_reader import scan_store
from pyctl.campaign import store
from pyctl.campaign.prepare import RunConfig
from pyctl.campaign.runner import run_once
from pyctl.campaign.states import counts, stored_runs
from pyctl.errors import SlicebedError
from pyctl.studies import many_runs
from pyctl.studies.many_runs import FAILED_OF, LOADS, PARAMETERS, make_store

RUNS = 400  # four allocators with a load, a hundred seeds each


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("many") / "store"
    make_store(out, RUNS)
    return out


def test_all_readers_take_it_for_real(made: Path) -> None:
    stored = stored_runs(made)
    failed = RUNS // FAILED_OF
    assert counts(stored) == {
        **{"ok": RUNS - failed, "failed": failed},
        **dict.fromkeys(("hung", "interrupted", "running", "stale"), 0),
    }
    # Ids are digests of configurations.
    assert all(store.is_ok(made, run.run_id) for run in stored if run.state == "ok")
    read = scan_store(made)
    assert len(read.runs) == RUNS - failed
    assert {run.state for run in read.unfinished} == {"failed"}
    labels = Counter((run.label, run.config["parameters"]["load"]) for run in read.runs)
    assert labels == {("equal", 0.05): 100, ("traffic", 0.05): 99, ("static", 0.05): 199}
    assert len({run.metrics["utility_mean"] for run in read.runs}) == len(read.runs)


def test_its_files_are_those_of_a_real_run(made: Path, tmp_path: Path) -> None:
    parameters = {**PARAMETERS, "load": LOADS[0]}
    real = run_once(RunConfig("cells", "traffic", parameters, seed=7), tmp_path).folder
    # The same configuration has the same id.
    twin = made / real.name
    assert {path.name for path in twin.iterdir()} == {path.name for path in real.iterdir()}
    for name in ("config.json", "description.json"):
        assert json.loads((twin / name).read_text()) == json.loads((real / name).read_text())
    tables = [pd.read_parquet(folder / "steps.parquet") for folder in (twin, real)]
    assert tables[0].dtypes.equals(tables[1].dtypes)
    assert tables[0].shape == tables[1].shape


def test_a_query_that_finds_other_runs_is_no_measure(made: Path) -> None:
    many_runs._query(made, RUNS)
    with pytest.raises(SlicebedError, match="found 398 runs that are ok, of 401"):
        many_runs._query(made, RUNS + 1)
