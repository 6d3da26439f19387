from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from pyctl.errors import UsageError
from pyctl.launch.log import SimulationLog


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (None, "TMPDIR: no temporary file can be made for a log: No such file or directory"),
        ("run.log", "log_path is .*run.log: No such file .*; a file that can be written is req"),
    ],
)
def test_a_log_that_cannot_be_written_is_refused(
    name: str | None, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = tmp_path / "missing"
    monkeypatch.setattr(tempfile, "tempdir", str(missing))
    with pytest.raises(UsageError, match=text):
        SimulationLog(None if name is None else missing / name)
