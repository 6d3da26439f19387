"""Reads run folders, and stores of them.

run = read_run(Path("results/1f2e3d4c5b6a"))
run.steps["r"].mean()
runs = read_store(Path("results"))
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.errors import StoreReadError

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Run:
    """One finished run.

    Attributes:
        folder: it is stored in.
        config: scenario, parameters, allocator, seed.
        description: of the scenario, with the run's parameters.
        summary: figures of the run.
        steps: one row for each step, cell and slice.
        topology: positions and SINR map, or None if the scenario has none.
        histograms: counts by bin (``analysis.distributions``), or None if the scenario has none.
    """

    folder: Path
    config: dict[str, Any]
    description: dict[str, Any]
    summary: dict[str, Any]
    steps: pd.DataFrame
    topology: dict[str, Any] | None
    histograms: pd.DataFrame | None = None

    @property
    def label(self) -> str:
        """The allocator's name."""
        return str(self.config["allocator"])

    @cached_property
    def intervals(self) -> pd.DataFrame:
        """What belongs to an interval as a whole: one row for each step.

        Raises:
            StoreReadError: the file is missing or damaged.
        """
        return _read_table(self.folder / "intervals.parquet")

    def require_topology(self) -> dict[str, Any]:
        """Gives the topology.

        Raises:
            StoreReadError: the run has none.
        """
        if self.topology is None:
            raise StoreReadError(f"{self.folder} has no topology.json")
        return self.topology

    def require_histograms(self) -> pd.DataFrame:
        """Gives the counts by bin.

        Raises:
            StoreReadError: the run has none.
        """
        if self.histograms is None:
            raise StoreReadError(f"{self.folder} has no histograms.parquet")
        return self.histograms

    @property
    def scenario(self) -> str:
        """Name of the scenario."""
        return str(self.description["scenario"])

    @property
    def seed(self) -> int:
        """Of the random streams."""
        return int(self.config["seed"])

    @property
    def context(self) -> dict[str, Any]:
        """What the scenario tells of the run beside its fields."""
        return dict(self.description["context"])

    @property
    def slices(self) -> list[dict[str, Any]]:
        """The slices with their targets, as the scenario describes them."""
        return list(self.description["context"]["slices"])

    @property
    def interval_hours(self) -> float:
        """Real time that an interval stands for [h]."""
        return float(self.description["context"]["interval_real_s"]) / 3600

    @property
    def first_interval(self) -> int:
        """Interval of the week at which the run begins; 0 where the scenario does not say."""
        return int(self.config["parameters"].get("first_interval", 0))


def read_run(folder: Path) -> Run:
    """Reads a run.

    Raises:
        StoreReadError: the folder holds no finished run, or a file of it is damaged.
    """
    if not (folder / "summary.json").is_file():
        raise StoreReadError(f"{folder} holds no finished run: summary.json is missing")
    histograms = folder / "histograms.parquet"
    topology = folder / "topology.json"
    return Run(
        folder=folder,
        config=_read_json(folder / "config.json"),
        description=_read_json(folder / "description.json"),
        summary=_read_json(folder / "summary.json"),
        steps=_read_table(folder / "steps.parquet"),
        topology=_read_json(topology) if topology.is_file() else None,
        histograms=_read_table(histograms) if histograms.is_file() else None,
    )


def read_store(results: Path) -> list[Run]:
    """Reads a run's folder, or all finished runs of a store, in the order of their names.

    Raises:
        StoreReadError: there is no finished run, or a file of one is damaged.
    """
    if not results.is_dir():
        raise StoreReadError(f"{results} is no folder; that of a run or of a store is required")
    if (results / "config.json").is_file():
        return [read_run(results)]
    folders = sorted(path for path in results.iterdir() if not path.name.startswith("."))
    finished = [path for path in folders if (path / "summary.json").is_file()]
    if not finished:
        others = [path for path in folders if path.suffix in (".failed", ".interrupted")]
        kept = f"; {len(others)} failed or were interrupted" if others else ""
        raise StoreReadError(f"{results} holds no finished run{kept}; `slicebed run` makes one")
    return [read_run(folder) for folder in finished]


def _read_table(path: Path) -> pd.DataFrame:
    import pandas as pd

    try:
        return pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise StoreReadError(f"{path}: {error}") from error


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise StoreReadError(f"{path}: {error}") from error
    if not isinstance(value, dict):
        raise StoreReadError(f"{path}: a JSON object is required")
    return value
