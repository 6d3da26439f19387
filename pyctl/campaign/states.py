"""What became of the runs of a store: ok, failed, hung, interrupted, running, stale.

``hung`` is a run that is kept as failed because it did not go on, or too slowly. ``stale`` is a run
whose process ended without a word, or whose summary is damaged. Folders and files that are not a
run's are not looked at.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from analysis.run_states import BAD, failed_or_hung
from pyctl.campaign import store
from pyctl.campaign.abandoned import is_abandoned
from pyctl.campaign.claims import Owner
from pyctl.campaign.errors import StoreError
from pyctl.launch.log import TAIL_BYTES

RunState = Literal["ok", "failed", "hung", "interrupted", "running", "stale"]
STATES: tuple[RunState, ...] = get_args(RunState)
TAIL_LINES = 5

_ENDED = re.compile(r"^([0-9a-f]{12})(?:\.(failed|interrupted))?$")
_PARTIAL = re.compile(r"^\.([0-9a-f]{12})\.[0-9a-f]{8}\.partial$")
_LOCK = re.compile(r"^\.([0-9a-f]{12})\.lock$")


@dataclass(frozen=True)
class StoredRun:
    """A run of a store.

    Attributes:
        run_id: its name.
        state: of it.
        folder: where it is; of a run that has only just been claimed, its lock.
    """

    run_id: str
    state: RunState
    folder: Path

    def reason(self) -> str:
        """Says why it is not ok; empty if it is, or if nothing is known."""
        if self.state in (*BAD, "interrupted"):
            record = _json(self.folder / store.ERROR)
            kind = f"{record['kind']}: " if "kind" in record else ""
            return f"{kind}{record.get('error', '')}"
        if self.state == "ok":
            return ""
        if _ENDED.match(self.folder.name):
            return f"{self.folder / store.SUMMARY} is damaged"
        path = self.folder / store.OWNER if self.folder.is_dir() else self.folder
        owner = Owner.read(path)
        gone = "" if self.state == "running" else " is gone"
        return f"{owner}{gone}" if owner else ""

    def last_lines(self) -> list[str]:
        """Returns the last lines that its simulation wrote."""
        tail = str(_json(self.folder / store.ERROR).get("stderr_tail", ""))
        text = tail or _tail(self.folder / store.LOG)
        return text.rstrip().splitlines()[-TAIL_LINES:]


def stored_runs(out: Path) -> list[StoredRun]:
    """Lists the runs of a store in the order of their ids, each in its best state.

    Raises:
        StoreError: there is no such folder.
    """
    try:
        names = sorted(path.name for path in out.iterdir())
    except OSError as error:
        raise StoreError(f"cannot read {out}: {error.strerror}; a store is required") from error
    runs: dict[str, StoredRun] = {}
    for name in names:
        found = _stored_run(out / name)
        if found and (found.run_id not in runs or _rank(found) < _rank(runs[found.run_id])):
            runs[found.run_id] = found
    return [runs[run_id] for run_id in sorted(runs)]


def counts(runs: Iterable[StoredRun]) -> dict[str, int]:
    """Counts runs by state."""
    counted = Counter(run.state for run in runs)
    return {state: counted[state] for state in STATES}


def _rank(run: StoredRun) -> int:
    """Orders states of one run: who runs now hides earlier failures, and these a corpse."""
    return ("ok", "running", "failed", "hung", "interrupted", "stale").index(run.state)


def _stored_run(path: Path) -> StoredRun | None:
    if ended := _ENDED.match(path.name):
        needed = store.ERROR if ended[2] else store.SUMMARY
        if (path / store.CONFIG).is_file() and (path / needed).is_file():
            return StoredRun(ended[1], _state_of(path, ended[2]), path)
        return None
    if partial := _PARTIAL.match(path.name):
        state: RunState = "stale" if is_abandoned(path) else "running"
        return StoredRun(partial[1], state, path)
    if lock := _LOCK.match(path.name):
        owner = Owner.read(path)
        return StoredRun(lock[1], "running", path) if owner and owner.lives() else None
    return None


def _state_of(folder: Path, suffix: str | None) -> RunState:
    if suffix == "failed":
        return failed_or_hung(_json(folder / store.ERROR).get("kind"))
    if suffix is not None:
        return "interrupted"
    return "ok" if store.is_whole(folder / store.SUMMARY) else "stale"


def _json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}  # it is gone or half-written: its run is not over
    return value if isinstance(value, dict) else {}


def _tail(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - TAIL_BYTES))
            return file.read().decode(errors="replace")
    except OSError:
        return ""
