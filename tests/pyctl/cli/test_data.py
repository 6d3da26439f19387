"""`slicebed data`: the data sets and a check of a file."""

from __future__ import annotations

from pathlib import Path

from tests.pyctl.cli.commands import invoke, slicebed

ROW = "5\t1383260400000\t39\t\t\t\t\t2.5\n"


def test_list_says_where_to_get_the_data() -> None:
    result = invoke("data", "list")
    assert result.exit_code == 0, result.output
    assert "doi:10.7910/DVN/EGZHFV" in result.stdout
    assert "PlanetLab" in result.stdout
    assert "GenAI" in result.stdout


def test_check_says_what_is_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "day.txt").write_text(ROW)
    result = invoke("data", "check", str(tmp_path / "day.txt"))
    assert result.exit_code == 0, result.output
    assert "squares: 1\n" in result.stdout


def test_check_refuses_a_damaged_file(tmp_path: Path) -> None:
    (tmp_path / "day.txt").write_text(ROW + ROW.replace("2.5", "much"))
    result = invoke("data", "check", str(tmp_path / "day.txt"))
    assert result.exit_code == 2
    assert result.stderr.startswith("slicebed: error: trace ")
    assert "'much'" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_as_a_program_it_says_nothing_more(tmp_path: Path) -> None:
    good, damaged = tmp_path / "good.txt", tmp_path / "damaged.txt"
    good.write_text(ROW)
    damaged.write_text(ROW.replace("2.5", "much"))
    done = slicebed("data", "check", str(good))
    assert (done.returncode, done.stderr) == (0, "")
    done = slicebed("data", "check", str(damaged))
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
