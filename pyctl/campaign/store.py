"""Run folders: written aside, then put in place whole.

``DIR/<run_id>`` is a run that ended well, ``DIR/<run_id>.failed`` one that did not and
``DIR/<run_id>.interrupted`` one that the user stopped; the latter two hold what there was until
then. While a run lasts its folder is ``DIR/.<run_id>.<random>.partial``.

Nothing that this module did not write is ever deleted or overwritten: a folder of a run's name
without the run's ``config.json`` is refused, and other files in a run's folder stay there when the
run is repeated.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pyctl.campaign.atomic import put_in_place
from pyctl.campaign.claims import Owner
from pyctl.campaign.digest import run_id
from pyctl.campaign.errors import StoreError
from pyctl.campaign.offered import ARRIVALS_FILE, MASK_FILE

State = Literal["ok", "failed", "interrupted"]

CONFIG = "config.json"
PROVENANCE = "provenance.json"
DESCRIPTION = "description.json"
SUMMARY = "summary.json"
ERROR = "error.json"
STEPS = "steps.parquet"
INTERVALS = "intervals.parquet"
HISTOGRAMS = "histograms.parquet"
TOPOLOGY = "topology.json"
MASK = "mask.csv"
ARRIVALS = "arrivals.csv"
LOG = "simulation.log"
DECISIONS = "decisions.bin"
OWNER = "owner.json"  # who writes the folder, until it is in place

OWNER_WRITTEN_S = 5.0  # between a folder's beginning and its owner's name in it, at most

OUR_FILES = frozenset(
    (
        *(CONFIG, PROVENANCE, DESCRIPTION, SUMMARY, ERROR),
        *(STEPS, INTERVALS, HISTOGRAMS, TOPOLOGY, MASK, ARRIVALS, LOG, DECISIONS, OWNER),
    )
)
LOAD_FILES = {MASK_FILE: MASK, ARRIVALS_FILE: ARRIVALS}  # by the parameter that names them


def folder_of(out: Path, run: str, state: State = "ok") -> Path:
    """Says where a run's folder is."""
    return out / (run if state == "ok" else f"{run}.{state}")


class PendingRun:
    """The folder of a run that is not over.

    Attributes:
        path: where files are written until ``commit``.
        run_id: the run's name.
    """

    def __init__(self, out: Path, config: Mapping[str, Any]) -> None:
        """Makes the folder and writes ``config.json``.

        Args:
            out: the store; made if missing.
            config: the run's canonical configuration.

        Raises:
            StoreError: a folder of the run's name is not a run's, or the store cannot be written.
        """
        self.run_id = run_id(config)
        self._out = out
        for state in ("ok", "failed", "interrupted"):
            _require_ours(folder_of(out, self.run_id, state), self.run_id)
        self.path = (out / f".{self.run_id}.{uuid.uuid4().hex[:8]}.partial").absolute()
        try:
            self.path.mkdir(parents=True)
        except OSError as error:
            raise StoreError(f"cannot write runs to {out}: {error.strerror}") from error
        self.write_text(OWNER, Owner.current().text())
        self.write_json(CONFIG, config)

    @classmethod
    def adopt(cls, path: Path) -> PendingRun:
        """Takes the folder that a process which is gone has left.

        Raises:
            StoreError: it is not the folder of a run.
        """
        run = cls.__new__(cls)
        run.path, run._out = path.absolute(), path.parent
        run.run_id = path.name.split(".")[1]
        _require_ours(path, run.run_id)
        return run

    def write_json(self, name: str, value: Any) -> None:
        """Writes one of the folder's JSON files.

        Raises:
            StoreError: it cannot be written.
        """
        self.write_text(name, json.dumps(value, indent=1) + "\n")

    def write_text(self, name: str, text: str) -> None:
        """Writes one of the folder's files.

        Raises:
            StoreError: it cannot be written.
        """
        try:
            (self.path / name).write_text(text)
        except OSError as error:
            raise StoreError(f"cannot write {self.path / name}: {error.strerror}") from error

    def commit(self, state: State) -> Path:
        """Puts the folder in place of earlier ones of the same run in this or a worse state.

        Returns:
            Where it is now.

        Raises:
            StoreError: a folder that is not the run's is in the way.
        """
        target = folder_of(self._out, self.run_id, state)
        _require_ours(target, self.run_id)
        try:
            (self.path / OWNER).unlink(missing_ok=True)
            replaced = put_in_place(self.path, target)
        except OSError as error:
            raise StoreError(f"cannot put the run in {target}: {error.strerror}") from error
        if replaced is not None:
            _clear(replaced, keep_in=target)
        if state == "ok":
            self._clear_unfinished(target)
        return target

    def discard(self) -> None:
        """Deletes the folder."""
        _clear(self.path, keep_in=self._out)

    def _clear_unfinished(self, target: Path) -> None:
        for state in ("failed", "interrupted"):
            folder = folder_of(self._out, self.run_id, state)
            if _is_run(folder, self.run_id) and _has_only_ours(folder):
                _clear(folder, keep_in=target)


def is_ok(out: Path, run: str) -> bool:
    """Tells whether a run is stored that ended well."""
    folder = folder_of(out, run)
    return (folder / SUMMARY).is_file() and _is_run(folder, run)


def abandoned(out: Path, run: str) -> list[Path]:
    """Lists folders of a run that no living process writes."""
    return [path for path in sorted(out.glob(f".{run}.*.partial")) if is_abandoned(path)]


def is_abandoned(partial: Path) -> bool:
    """Tells whether no living process writes a run's folder."""
    owner = Owner.read(partial / OWNER)
    if owner is not None:
        return not owner.lives()
    try:
        return time.time() - partial.stat().st_mtime > OWNER_WRITTEN_S
    except OSError:
        return False  # it has just been put in place


def remove_abandoned(out: Path, run: str) -> None:
    """Deletes folders of a run that no living process writes, and nothing of others in them."""
    for path in abandoned(out, run):
        if all(entry.name in OUR_FILES and entry.is_file() for entry in path.iterdir()):
            for entry in path.iterdir():
                entry.unlink(missing_ok=True)
            path.rmdir()


def _require_ours(folder: Path, run: str) -> None:
    if folder.exists() and not _is_run(folder, run):
        raise StoreError(
            f"{folder} is in the way: it is not the folder of run {run}; "
            "move it, or choose another --out"
        )


def _is_run(folder: Path, run: str) -> bool:
    try:
        return run_id(json.loads((folder / CONFIG).read_text())) == run
    except (OSError, ValueError):
        return False


def _has_only_ours(folder: Path) -> bool:
    return all(path.name in OUR_FILES for path in folder.iterdir())


def _clear(folder: Path, keep_in: Path) -> None:
    """Deletes our files in ``folder``, moves others to ``keep_in``, deletes the empty folder."""
    for path in list(folder.iterdir()):
        if path.name in OUR_FILES:
            path.unlink()
        elif not (keep_in / path.name).exists():
            path.rename(keep_in / path.name)
    if not any(folder.iterdir()):
        folder.rmdir()
