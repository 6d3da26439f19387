"""What processes that are gone have left in a store: folders of unfinished runs, and locks.

Whoever removes or keeps something of a run claims the run for that time, so no two do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pyctl.campaign import store
from pyctl.campaign.claims import Claim, Owner, alone, claim
from pyctl.campaign.errors import cannot_write

_LEFT = re.compile(r"^\.([0-9a-f]{12})\.(?:lock|[0-9a-f]{8}\.partial(?:\.old)?)$")


def is_abandoned(partial: Path) -> bool:
    """Tells whether no living process writes a run's folder."""
    owner = Owner.read(partial / store.OWNER)
    if owner is None:
        try:
            # A folder is made, and put in place, under this lock: it is not half-way there now.
            with alone(partial.parent):
                owner = Owner.read(partial / store.OWNER)
                return partial.is_dir() and (owner is None or not owner.lives())
        except FileNotFoundError:
            return False  # the store itself is gone
    return not owner.lives()


def remove_abandoned(out: Path, run: str) -> None:
    """Deletes folders of a claimed run that no living process writes, and nothing of others.

    Raises:
        StoreError: they cannot be deleted.
    """
    try:
        for path in _abandoned(out, run):
            store.remove(path)
    except OSError as error:
        raise cannot_write(out, error) from error


def keep_abandoned(out: Path, run: str, state: store.State, record: Mapping[str, Any]) -> None:
    """Puts the folder that a dead process left in place as a run of ``state``; frees its lock.

    One that does not tell its run, or of a run that is ok, is deleted.

    Args:
        out: the store.
        run: its id.
        state: ``failed`` or ``interrupted``.
        record: what ``error.json`` says.

    Raises:
        StoreError: it cannot be written.
    """
    with _claimed(out, run) as is_claimed:
        if not is_claimed:
            return  # who has taken over the run removes what was left of it
        if not store.is_ok(out, run):
            for path in _abandoned(out, run):
                if store.is_run(path, run):
                    folder = store.PendingRun.adopt(path)
                    folder.write_json(store.ERROR, record)
                    folder.commit(state)
        remove_abandoned(out, run)


def tidy(out: Path) -> None:
    """Removes what is left of runs that are ok: nobody runs these again, which would remove it.

    Raises:
        StoreError: it cannot be deleted.
    """
    if not out.is_dir():
        return
    names = (path.name for path in out.glob(".*"))
    for run in sorted({match[1] for name in names if (match := _LEFT.match(name))}):
        if store.is_ok(out, run):
            with _claimed(out, run) as is_claimed:
                if is_claimed:
                    remove_abandoned(out, run)


def _abandoned(out: Path, run: str) -> list[Path]:
    return [path for path in sorted(out.glob(f".{run}.*.partial*")) if is_abandoned(path)]


@contextmanager
def _claimed(out: Path, run: str) -> Iterator[bool]:
    """Claims a run; tells whether it was to be had."""
    claimed = claim(out, run)
    try:
        yield isinstance(claimed, Claim)
    finally:
        if isinstance(claimed, Claim):
            claimed.release()
