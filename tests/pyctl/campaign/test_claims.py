"""Claims: one holder at a time, taken over from the dead only."""

from __future__ import annotations

import errno
import fcntl
import json
import multiprocessing
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from pyctl.campaign import claims
from pyctl.campaign.claims import Claim, Owner, claim, lock_path
from pyctl.campaign.errors import StoreError

RUN = "0123456789ab"


def write_lock(folder: Path, owner: Owner) -> None:
    lock_path(folder, RUN).write_text(owner.text())


def dead_owner() -> Owner:
    with subprocess.Popen([sys.executable, "-c", "pass"]) as process:
        started = claims._start_of(process.pid)
    return Owner(process.pid, started, socket.gethostname())


def test_a_claim_is_held_until_it_is_released(tmp_path: Path) -> None:
    held = claim(tmp_path / "new", RUN)
    assert isinstance(held, Claim)
    assert claim(tmp_path / "new", RUN) == Owner.current()
    held.release()
    assert list((tmp_path / "new").iterdir()) == []
    assert isinstance(claim(tmp_path / "new", RUN), Claim)


def test_a_stale_lock_is_taken_over(tmp_path: Path) -> None:
    write_lock(tmp_path, dead_owner())
    assert isinstance(claim(tmp_path, RUN), Claim)
    assert Owner.read(lock_path(tmp_path, RUN)) == Owner.current()


def test_a_later_process_with_the_same_number_is_another(tmp_path: Path) -> None:
    me = Owner.current()
    write_lock(tmp_path, Owner(me.pid, "another boot 17", me.host))
    assert isinstance(claim(tmp_path, RUN), Claim)


def test_a_process_of_another_host_counts_as_living(tmp_path: Path) -> None:
    other = Owner(os.getpid(), "x", "elsewhere")
    write_lock(tmp_path, other)
    assert claim(tmp_path, RUN) == other
    assert str(other) == f"process {os.getpid()} on elsewhere"


def test_who_knows_may_say_that_a_process_of_another_host_is_gone(tmp_path: Path) -> None:
    other = Owner(os.getpid(), "x", "a host that is lost", "slurm 12")
    write_lock(tmp_path, other)
    assert Owner.read(lock_path(tmp_path, RUN)) == other
    assert str(other) == f"process {os.getpid()} on a host that is lost (slurm 12)"
    assert claim(tmp_path, RUN) == other
    claims.declare_gone(Owner(os.getpid(), "y", "a host that is lost", "slurm 12"))
    assert claim(tmp_path, RUN) == other
    claims.declare_gone(other)
    assert isinstance(claim(tmp_path, RUN), Claim)


def test_a_lock_of_before_there_were_places_is_read(tmp_path: Path) -> None:
    text = json.dumps({"pid": 7, "started": "x", "host": "elsewhere"})
    lock_path(tmp_path, RUN).write_text(text)
    assert Owner.read(lock_path(tmp_path, RUN)) == Owner(7, "x", "elsewhere")


def test_a_store_on_nfs_which_locks_no_folders_can_be_claimed_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked: list[str] = []

    def as_nfs_does(descriptor: int, operation: int) -> None:
        # flock(2): on NFS an exclusive lock needs a file that is open for writing.
        if fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
            raise OSError(errno.EBADF, "Bad file descriptor")
        locked.append(os.readlink(f"/proc/self/fd/{descriptor}"))

    monkeypatch.setattr(fcntl, "flock", as_nfs_does)
    held = claim(tmp_path, RUN)
    assert isinstance(held, Claim)
    assert claim(tmp_path, RUN) == Owner.current()
    assert locked == [str(tmp_path / claims.ALONE)] * 2


@pytest.mark.parametrize("text", ["", "{}", json.dumps({"pid": "x"})])
def test_a_damaged_lock_is_taken_over(tmp_path: Path, text: str) -> None:
    lock_path(tmp_path, RUN).write_text(text)
    assert isinstance(claim(tmp_path, RUN), Claim)


def test_another_lock_is_not_released(tmp_path: Path) -> None:
    held = claim(tmp_path, RUN)
    other = Owner(1, "x", "elsewhere")
    write_lock(tmp_path, other)
    assert isinstance(held, Claim)
    held.release()
    assert Owner.read(lock_path(tmp_path, RUN)) == other


def take(folder: Path, winners: str) -> None:
    if isinstance(claim(folder, RUN), Claim):
        Path(winners, str(os.getpid())).touch()
        input_closed.wait()


input_closed = multiprocessing.get_context("fork").Event()


def test_of_many_at_once_one_takes_over_a_stale_lock(tmp_path: Path) -> None:
    store, winners = tmp_path / "store", tmp_path / "winners"
    store.mkdir()
    winners.mkdir()
    write_lock(store, dead_owner())
    context = multiprocessing.get_context("fork")
    takers = [context.Process(target=take, args=(store, str(winners))) for _ in range(8)]
    for taker in takers:
        taker.start()
    # Seven end, because the eighth, which holds the lock, lives until it is told.
    while sum(taker.is_alive() for taker in takers) > 1:
        next(taker for taker in takers if taker.is_alive()).join(0.05)
    input_closed.set()
    for taker in takers:
        taker.join()
    assert len(list(winners.iterdir())) == 1


def test_a_store_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"cannot write runs to .*file: "):
        claim(tmp_path / "file", RUN)
