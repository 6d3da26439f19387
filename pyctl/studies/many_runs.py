"""A store of thousands of runs, made from a real one, and how long it takes to read it."""

from __future__ import annotations

import itertools
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from pyctl.campaign import store
from pyctl.campaign.digest import run_id
from pyctl.campaign.prepare import RunConfig, prepare
from pyctl.campaign.runner import run_once
from pyctl.errors import SlicebedError
from pyctl.measures import Measure
from pyctl.studies.batches import CELLS

RUNS, QUICK_RUNS = 10_000, 400
TURNS, QUICK_TURNS = 3, 1
PARAMETERS: Mapping[str, Any] = {**CELLS, "steps": 2}
ALLOCATORS: tuple[tuple[str, Mapping[str, Any]], ...] = (
    ("equal", {}),
    ("traffic", {}),
    ("static", {"shares": [0.4, 0.3, 0.2, 0.1]}),
    ("static", {"shares": [0.1, 0.2, 0.3, 0.4]}),
)
LOADS = tuple(round(0.05 * i, 2) for i in range(1, 26))
SEEDS = 100
FAILED_OF = 200  # one run in so many failed
NOISE = 0.1  # standard deviation of a figure, relative to that of the real run
SEED = 1
COPIED = (store.STEPS, store.INTERVALS, store.TOPOLOGY, store.LOG, store.DECISIONS)
# The page on batches has both: a mean over all rows of the steps of all runs, and what spares
# DuckDB precautions for files far away, which thousands of small ones near by pay dearly.
NEAR_BY = ("SET disable_parquet_prefetching = true", "SET enable_external_file_cache = false")
QUERY = """
    SELECT parse_path(any_value(filename))[-2] AS run, avg(thp_dl) AS thp_dl
    FROM read_parquet('{store}/????????????/steps.parquet', filename = true)
    GROUP BY filename
"""


def make_store(out: Path, runs: int) -> None:
    """Fills a store: allocators x loads x seeds of ``cells``, each file as the runner writes it.

    Configurations and descriptions are exact; tables are those of one real run, whose figures vary
    from run to run, and some runs failed.
    """
    with TemporaryDirectory() as folder:
        template = run_once(RunConfig("cells", "equal", PARAMETERS), Path(folder)).folder
        files = {path.name: path.read_bytes() for path in template.iterdir()}
    summary, origin = (json.loads(files[name]) for name in (store.SUMMARY, store.PROVENANCE))
    random = np.random.default_rng(SEED)
    out.mkdir(parents=True)
    for i, (config, description) in enumerate(itertools.islice(_configurations(), runs)):
        failed = i % FAILED_OF == FAILED_OF - 1
        folder_of = store.folder_of(out, run_id(config), "failed" if failed else "ok")
        folder_of.mkdir()
        documents = {
            store.CONFIG: config,
            store.DESCRIPTION: description,
            store.PROVENANCE: {**origin, "command": _repeated(config)},
        }
        if failed:
            documents[store.ERROR] = {"error": "it broke", "kind": "SimulationCrashed"}
        else:
            documents[store.SUMMARY] = _varied(summary, random)
        for name, value in documents.items():
            (folder_of / name).write_text(json.dumps(value, indent=1) + "\n")
        for name in COPIED:
            (folder_of / name).write_bytes(files[name])


def measure_reading(runs: int, turns: int) -> list[Measure]:
    """Measures ``status``, ``report`` and one aggregate query over a store of ``runs``.

    Each command is a process of its own, from its start to its end; the query begins with a new
    connection. The least, the median and the largest of the turns are told.
    """
    with TemporaryDirectory() as folder:
        out = Path(folder, "store")
        print(f"many runs: making a store of {runs}", file=sys.stderr)
        make_store(out, runs)
        html = str(Path(folder, "report.html"))
        cases: dict[str, tuple[Callable[[], object], str]] = {
            "batch.status_10k_s": (lambda: _command("status", str(out)), "<= 2"),
            "batch.report_10k_s": (lambda: _command("report", str(out), "--out", html), "<= 20"),
            "batch.query_10k_s": (lambda: _query(out, runs), "<= 1"),
        }
        times: dict[str, list[float]] = {name: [] for name in cases}
        for turn, (name, (call, _)) in itertools.product(range(turns), cases.items()):
            print(f"many runs: turn {turn + 1} of {turns}, {name}", file=sys.stderr)
            begun = time.perf_counter()
            call()
            times[name].append(time.perf_counter() - begun)
    return [
        Measure(name, statistics.median(took), "s", min(took), max(took), target)
        for (name, (_, target)), took in zip(cases.items(), times.values(), strict=True)
    ]


def _configurations() -> Iterator[tuple[dict[str, Any], Mapping[str, Any]]]:
    """Varies loads slowest and seeds fastest: 10,000 configurations with their descriptions."""
    for load, (allocator, settings) in itertools.product(LOADS, ALLOCATORS):
        prepared = prepare(RunConfig("cells", allocator, {**PARAMETERS, "load": load}, settings))
        for seed in range(1, SEEDS + 1):
            yield {**prepared.config, "seed": seed}, prepared.description


def _repeated(config: Mapping[str, Any]) -> str:
    return (
        f"slicebed run cells --allocator {config['allocator']} "
        f"--set load={config['parameters']['load']} --seed {config['seed']}"
    )


def _varied(value: Any, random: np.random.Generator) -> Any:
    """Changes the figures of a summary, level by level."""
    if isinstance(value, dict):
        return {name: _varied(each, random) for name, each in value.items()}
    return value * (1 + NOISE * random.standard_normal()) if isinstance(value, float) else value


def _command(*words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pyctl.cli", *words], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SlicebedError(f"slicebed {' '.join(words)} failed: {done.stderr}")


def _query(out: Path, runs: int) -> None:
    import duckdb

    with duckdb.connect() as connection:
        for setting in NEAR_BY:
            connection.execute(setting)
        rows = connection.sql(QUERY.format(store=out)).fetchall()
    if len(rows) != runs - runs // FAILED_OF:
        raise SlicebedError(f"the query found {len(rows)} runs that are ok, of {runs}")
