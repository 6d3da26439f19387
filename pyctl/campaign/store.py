"""Run folders: written aside, then put in place whole.

``DIR/<run_id>`` is a run that ended well, ``DIR/<run_id>.failed`` one that did not and
``DIR/<run_id>.interrupted`` one that the user stopped; the latter two hold what there was until
then. While a run lasts its folder is ``DIR/.<run_id>.<random>.partial``.

Nothing that this module did not write is ever deleted or overwritten: a folder of a run's name
without the run's ``config.json`` is refused, and other files in a run's folder stay there when the
run is repeated.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pyctl.campaign.atomic import put_in_place
from pyctl.campaign.claims import Owner, alone
from pyctl.campaign.digest import run_id
from pyctl.campaign.errors import StoreError, cannot_write
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
TOPOLOGY_ASIDE = "topology.json.partial"  # until the simulation has written it
MASK = "mask.csv"
ARRIVALS = "arrivals.csv"
LOG = "simulation.log"
DECISIONS = "decisions.bin"
OWNER = "owner.json"  # who writes the folder, until it is in place

LAST_BYTES = 2  # of a JSON file: a brace, and the end of its line
REMOVAL_TRIES = 5

OUR_FILES = frozenset(
    (
        *(CONFIG, PROVENANCE, DESCRIPTION, SUMMARY, ERROR),
        *(STEPS, INTERVALS, HISTOGRAMS, TOPOLOGY, TOPOLOGY_ASIDE, MASK, ARRIVALS),
        *(LOG, DECISIONS, OWNER),
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
        is_pending: until ``commit``.
    """

    def __init__(self, out: Path, config: Mapping[str, Any]) -> None:
        """Makes the folder and writes ``config.json``.

        Args:
            out: the store; made if missing.
            config: the run's canonical configuration.

        Raises:
            StoreError: a folder of the run's name is not a run's, or the store cannot be written;
                then there is no folder.
        """
        self.run_id = run_id(config)
        self.is_pending = True
        self._out = out
        for state in ("ok", "failed", "interrupted"):
            _require_ours(folder_of(out, self.run_id, state), self.run_id)
        self.path = (out / f".{self.run_id}.{uuid.uuid4().hex[:8]}.partial").absolute()
        try:
            out.mkdir(parents=True, exist_ok=True)
            # Who finds no owner under the lock knows that none will come.
            with alone(out):
                self.path.mkdir()
                (self.path / OWNER).write_text(Owner.current().text())
            (self.path / CONFIG).write_text(_json_text(config))
        except OSError as error:
            remove(self.path)
            raise cannot_write(f"runs to {out}", error) from error

    @classmethod
    def adopt(cls, path: Path) -> PendingRun:
        """Takes the folder that a process which is gone has left.

        Raises:
            StoreError: it is not the folder of a run.
        """
        run = cls.__new__(cls)
        run.path, run._out, run.is_pending = path.absolute(), path.parent, True
        run.run_id = path.name.split(".")[1]
        _require_ours(path, run.run_id)
        return run

    def write_json(self, name: str, value: Any) -> None:
        """Writes one of the folder's JSON files.

        Raises:
            StoreError: it cannot be written.
        """
        self.write_text(name, _json_text(value))

    def write_text(self, name: str, text: str) -> None:
        """Writes one of the folder's files.

        Raises:
            StoreError: it cannot be written.
        """
        try:
            (self.path / name).write_text(text)
        except OSError as error:
            raise cannot_write(self.path / name, error) from error

    def commit(self, state: State) -> Path:
        """Puts the folder in place of earlier ones of the same run in this or a worse state.

        Returns:
            Where it is now.

        Raises:
            StoreError: a folder that is not the run's is in the way.
        """
        target = folder_of(self._out, self.run_id, state)
        try:
            with alone(self._out):
                _require_ours(target, self.run_id)
                if state == "ok":
                    self._remove_unfinished()
                (self.path / OWNER).unlink(missing_ok=True)
                replaced = put_in_place(self.path, target)
            self.is_pending = False
            if replaced is not None:
                with contextlib.suppress(FileNotFoundError):  # another process has cleared it
                    _clear(replaced, keep_in=target)
        except OSError as error:
            raise cannot_write(target, error) from error
        return target

    def _remove_unfinished(self) -> None:
        for state in ("failed", "interrupted"):
            folder = folder_of(self._out, self.run_id, state)
            if is_run(folder, self.run_id):
                remove(folder)


def is_ok(out: Path, run: str) -> bool:
    """Tells whether a run is stored that ended well."""
    folder = folder_of(out, run)
    return is_whole(folder / SUMMARY) and is_run(folder, run)


def is_whole(path: Path) -> bool:
    """Tells whether a JSON object is there from its first to its last character.

    What was cut, or never reached the disk, is found without reading all of it.
    """
    try:
        with path.open("rb", buffering=0) as file:
            begins = file.read(1)
            file.seek(-LAST_BYTES, os.SEEK_END)
            return begins == b"{" and file.read().rstrip().endswith(b"}")
    except OSError:
        return False  # there is none, or it is shorter than that


def is_run(folder: Path, run: str) -> bool:
    """Tells whether a folder is that of a run."""
    try:
        return run_id(json.loads((folder / CONFIG).read_text())) == run
    except (OSError, ValueError):
        return False


def remove(folder: Path) -> None:
    """Deletes a run's folder, unless it is gone or holds what is not ours.

    Raises:
        OSError: it cannot be deleted.
    """
    for left in reversed(range(REMOVAL_TRIES)):
        try:
            if any(path.name not in OUR_FILES or path.is_dir() for path in folder.iterdir()):
                return
            for path in folder.iterdir():
                path.unlink(missing_ok=True)
            folder.rmdir()
            return
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            # A simulation whose worker was killed writes its topology, and is killed then.
            if error.errno != errno.ENOTEMPTY or not left:
                raise


def _require_ours(folder: Path, run: str) -> None:
    if folder.exists() and not is_run(folder, run):
        raise StoreError(
            f"{folder} is in the way: it is not the folder of run {run}; "
            "move it, or choose another --out"
        )


def _json_text(value: Any) -> str:
    return json.dumps(value, indent=1) + "\n"


def _clear(folder: Path, keep_in: Path) -> None:
    """Deletes our files in ``folder``, moves others to ``keep_in``, deletes the empty folder."""
    for path in list(folder.iterdir()):
        if path.name in OUR_FILES:
            path.unlink(missing_ok=True)
        elif not (keep_in / path.name).exists():
            path.rename(keep_in / path.name)
    if not any(folder.iterdir()):
        folder.rmdir()
