"""`slicebed quickstart`: two runs, one table, figures."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from pyctl.cli import quickstart
from pyctl.cli.main import app


@pytest.mark.usefixtures("tiny")
def test_both_allocators_are_run_compared_and_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[list[Path]] = []

    def draw(folders: list[Path], out: Path) -> list[Path]:
        drawn.append(folders)
        return [out / "topology.png"]

    monkeypatch.setattr(quickstart, "SCENARIO", "tiny")
    monkeypatch.setattr(quickstart, "_draw", draw)
    out = tmp_path / "q"
    result = CliRunner().invoke(
        app, ["quickstart", "--steps", "2", "--seed", "5", "--out", str(out)]
    )
    assert result.exit_code == 0, result.output
    ((equal, traffic),) = drawn
    assert '"allocator": "equal"' in (equal / "config.json").read_text()
    assert '"allocator": "traffic"' in (traffic / "config.json").read_text()
    for folder in (equal, traffic):
        assert '"seed": 5' in (folder / "config.json").read_text()
    rows = [line.split()[:2] for line in result.stdout.splitlines() if line[:3] != "   "]
    assert [row for row in rows if row and row[0] in ("equal", "traffic")] == [
        *(["equal", "1"], ["equal", "4"], ["traffic", "1"], ["traffic", "4"])
    ]
    assert result.stdout.splitlines()[-1] == str(out / "topology.png")
