"""Reads run folders, and stores of them.

run = read_run(Path("results/1f2e3d4c5b6a"))
run.steps["r"].mean()
runs = read_store(Path("results"))
everything = scan_store(Path("results"))  # with what failed

Tables are read when they are first asked for: thousands of runs can be listed and compared by
their summaries.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.errors import StoreReadError
from analysis.metrics import metrics_of
from analysis.run_states import failed_or_hung

if TYPE_CHECKING:
    import pandas as pd

# By the end of the folder's name.
UNFINISHED = {".failed": "failed", ".interrupted": "interrupted", ".partial": "not over"}
_RUN = re.compile(r"^\.?[0-9a-f]{12}(\.|$)")
MOST_DESCRIPTIONS = 256  # that are kept
TAIL_LINES = 20
TAIL_BYTES = 16_384


@dataclass(frozen=True, eq=False)
class Run:
    """One finished run.

    Attributes:
        folder: it is stored in.
        config: scenario, parameters, allocator, seed.
        description: of the scenario, with the run's parameters.
        summary: figures of the run.
    """

    folder: Path
    config: dict[str, Any]
    description: dict[str, Any]
    summary: dict[str, Any]

    @property
    def label(self) -> str:
        """The allocator's name."""
        return str(self.config["allocator"])

    @cached_property
    def metrics(self) -> dict[str, float]:
        """Numbers of the summary by their dotted names (``analysis.metrics.metrics_of``)."""
        return metrics_of(self.summary)

    @cached_property
    def steps(self) -> pd.DataFrame:
        """One row for each step, cell and slice.

        Raises:
            StoreReadError: the file is missing or damaged.
        """
        return _read_table(self.folder / "steps.parquet")

    @cached_property
    def topology(self) -> dict[str, Any] | None:
        """Positions and SINR map, or None if the scenario has none.

        Raises:
            StoreReadError: the file is damaged.
        """
        path = self.folder / "topology.json"
        return _read_json(path) if path.is_file() else None

    @cached_property
    def histograms(self) -> pd.DataFrame | None:
        """Counts by bin (``analysis.distributions``), or None if the scenario has none.

        Raises:
            StoreReadError: the file is damaged.
        """
        path = self.folder / "histograms.parquet"
        return _read_table(path) if path.is_file() else None

    @cached_property
    def provenance(self) -> dict[str, Any]:
        """Code, versions, machine, data and the command; empty if none was noted.

        Raises:
            StoreReadError: the file is damaged.
        """
        path = self.folder / "provenance.json"
        return _read_json(path) if path.is_file() else {}

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


@dataclass(frozen=True, eq=False)
class Unfinished:
    """A run without results.

    Attributes:
        folder: it is stored in.
        state: ``failed``, ``hung``, ``interrupted``, ``not over`` (under way, or killed) or
            ``damaged``.
        config: as of a run; empty where it cannot be read.
        error: ``error``, ``kind``, ``steps_done`` and, of a simulation, ``exit_status``,
            ``stderr_tail`` and ``command``.
        log_tail: the last lines of the simulation's log.
    """

    folder: Path
    state: str
    config: dict[str, Any]
    error: dict[str, Any]
    log_tail: str


@dataclass(frozen=True)
class Store:
    """All runs of a store, in the order of their folders' names."""

    runs: list[Run]
    unfinished: list[Unfinished]


def read_run(folder: Path) -> Run:
    """Reads a run.

    Raises:
        StoreReadError: the folder holds no finished run, or a file of it is damaged.
    """
    if not (folder / "summary.json").is_file():
        raise StoreReadError(f"{folder} holds no finished run: summary.json is missing")
    return Run(
        folder=folder,
        config=_read_json(folder / "config.json"),
        description=_read_description(folder / "description.json"),
        summary=_read_json(folder / "summary.json"),
    )


def read_store(results: Path) -> list[Run]:
    """Reads a run's folder, or all finished runs of a store, in the order of their names.

    Raises:
        StoreReadError: there is no finished run, or a file of one is damaged.
    """
    folders = _folders(results)
    if folders == [results]:
        return [read_run(results)]
    finished = [path for path in folders if (path / "summary.json").is_file()]
    if not finished:
        others = [path for path in folders if path.suffix in UNFINISHED]
        kept = f"; {len(others)} failed or were interrupted" if others else ""
        raise StoreReadError(f"{results} holds no finished run{kept}; `slicebed run` makes one")
    return [read_run(folder) for folder in finished]


def scan_store(results: Path) -> Store:
    """Reads a run's folder, or all runs of a store, those that failed or are damaged too.

    Raises:
        StoreReadError: there is no run at all.
    """
    store = Store([], [])
    for folder in _folders(results, hidden=True):
        state = UNFINISHED.get(folder.suffix)
        if state is not None:
            unfinished = _read_unfinished(folder, state)
            if folder.is_dir():  # else it is over by now, and has another name
                store.unfinished.append(unfinished)
        elif folder.name[0] != "." and (folder / "config.json").exists():
            _add(store, folder)
    if not (store.runs or store.unfinished):
        raise StoreReadError(f"{results} holds no run; `slicebed run` makes one")
    return store


def _add(store: Store, folder: Path) -> None:
    try:
        run = read_run(folder)
        _require_keys(run)
        store.runs.append(run)
    except StoreReadError as error:
        damaged = _read_unfinished(folder, "damaged", {"error": str(error)})
        store.unfinished.append(damaged)


def _require_keys(run: Run) -> None:
    for key in ("scenario", "parameters", "allocator", "allocator_settings", "seed", "mask_sha256"):
        if key not in run.config:
            raise StoreReadError(f"{run.folder / 'config.json'}: {key} is missing")
    for key in ("scenario", "context"):
        if key not in run.description:
            raise StoreReadError(f"{run.folder / 'description.json'}: {key} is missing")


def _read_unfinished(folder: Path, state: str, error: dict[str, Any] | None = None) -> Unfinished:
    error = error or _readable_json(folder / "error.json") or {}
    return Unfinished(
        folder,
        failed_or_hung(error.get("kind")) if state == "failed" else state,
        _readable_json(folder / "config.json") or {},
        error,
        _tail(folder / "simulation.log"),
    )


def _readable_json(path: Path) -> dict[str, Any] | None:
    """Reads what a run that did not end may have left whole, or not."""
    try:
        return _read_json(path)
    except StoreReadError:
        return None


def _tail(log: Path) -> str:
    try:
        with log.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - TAIL_BYTES))
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return ""  # there is none, or it goes while a batch writes
    return "\n".join(lines[-TAIL_LINES:])


def _folders(results: Path, hidden: bool = False) -> list[Path]:
    """Lists a run's folder alone, or the folders of a store."""
    if not results.is_dir():
        raise StoreReadError(f"{results} is no folder; that of a run or of a store is required")
    if (results / "config.json").is_file():
        return [results]
    visible = [path for path in sorted(results.iterdir()) if hidden or path.name[0] != "."]
    return [path for path in visible if path.is_dir() and _is_run(path)]


def _is_run(folder: Path) -> bool:
    """Tells whether a folder is a run's, by its name or, of one that has another, by what it holds.

    A store may hold what is not ours.
    """
    if _RUN.match(folder.name):
        return True
    config = _readable_json(folder / "config.json") or {}
    return "scenario" in config and "allocator" in config


def _read_table(path: Path) -> pd.DataFrame:
    import pandas as pd

    try:
        return pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise StoreReadError(f"{path}: {error}") from error


def _read_json(path: Path) -> dict[str, Any]:
    return _json_object(path, _read_bytes(path))


def _read_description(path: Path) -> dict[str, Any]:
    """Reads a description; runs of the same one share it, because thousands may have it."""
    text = _read_bytes(path)
    if text not in _descriptions:
        if len(_descriptions) == MOST_DESCRIPTIONS:
            _descriptions.clear()
        _descriptions[text] = _json_object(path, text)
    return _descriptions[text]


_descriptions: dict[bytes, dict[str, Any]] = {}


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise StoreReadError(f"{path}: {error}") from error


def _json_object(path: Path, text: bytes) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise StoreReadError(f"{path}: {error}") from error
    if not isinstance(value, dict):
        raise StoreReadError(f"{path}: a JSON object is required")
    return value
