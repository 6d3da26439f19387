"""Tasks in processes of their own: all are done, and what goes wrong in one ends all."""

from __future__ import annotations

import os
import signal
import time
from functools import partial
from pathlib import Path

import pytest

from pyctl.errors import SlicebedError, UsageError
from pyctl.studies.at_once import do_at_once

pytestmark = pytest.mark.usefixtures("nothing_left")


def note(folder: Path, name: str) -> None:
    if name == "refuse":
        raise UsageError("refused")
    if name == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if name == "long":
        time.sleep(60)
    (folder / name).write_text(str(os.getpid()))


@pytest.mark.parametrize("workers", [1, 2, 9])
def test_all_are_done(workers: int, tmp_path: Path) -> None:
    do_at_once(partial(note, tmp_path), ["a", "b", "c"], workers)
    by = {path.name: int(path.read_text()) for path in tmp_path.iterdir()}
    assert sorted(by) == ["a", "b", "c"]
    assert (set(by.values()) == {os.getpid()}) == (workers == 1)


@pytest.mark.parametrize(
    ("what", "error", "message"),
    [
        ("refuse", UsageError, "refused"),
        ("die", SlicebedError, "a process of the study was ended; begin it again"),
    ],
)
def test_what_goes_wrong_ends_all(
    what: str, error: type[Exception], message: str, tmp_path: Path
) -> None:
    with pytest.raises(error, match=message):
        do_at_once(partial(note, tmp_path), [what, "long", "long", "never"], 2)
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_ends_all(tmp_path: Path) -> None:
    signal.setitimer(signal.ITIMER_REAL, 3)
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            do_at_once(partial(note, tmp_path), ["long", "long"], 2)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert list(tmp_path.iterdir()) == []
