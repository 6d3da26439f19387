"""A signal of each kind to each process at a random moment; `trials.py` does hundreds."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.trials import SIGNALS, VICTIMS, left_of, try_once

HOLDER = """
import os, socket, sys
segment = os.memfd_create("slicebed")
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("victim", VICTIMS)
def test_the_other_side_notices_and_nothing_is_left(victim: str, number: signal.Signals) -> None:
    trial = try_once(seed=VICTIMS.index(victim), victim=victim, number=number)
    assert trial.faults() == [], trial


def test_what_is_left_is_seen(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    ) as holder:
        assert holder.stdout is not None
        port = int(holder.stdout.readline())
        (tmp_path / "file").touch()
        left = left_of(tmp_path)
        holder.communicate()
    assert left[0] == f"process {holder.pid}"
    assert left[1].startswith("/memfd:slicebed")
    assert left[2:] == (f"127.0.0.1:{port}", str(tmp_path / "file"))
    (tmp_path / "file").unlink()
    assert left_of(tmp_path) == ()
