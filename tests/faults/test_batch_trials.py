"""A kill of each kind of process of a batch; `batch_trials.py` does hundreds."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import batch_trials
from tests.faults.batch_trials import VICTIMS, Trial, Trials

TRIES = 5


@pytest.fixture(scope="module")
def trials() -> Iterator[Trials]:
    with tempfile.TemporaryDirectory(prefix="sb") as folder:
        yield Trials(Path(folder))


# The runner twice: it alone takes more than one of the others along.
@pytest.mark.parametrize(("seed", "victim"), [*enumerate([*VICTIMS, "runner"], start=1)])
def test_every_run_ends_well_once_and_nothing_is_left(
    trials: Trials, seed: int, victim: str
) -> None:
    # The undisturbed batch sets the range of moments; one that had a quicker machine may be over.
    for again in range(TRIES):
        trial = trials.try_once(seed + 100 * again, victim)
        assert trial.faults == (), trial
        if trial.hit:
            return
    pytest.fail(f"no {victim} was there to kill, {TRIES} times")


def test_what_is_left_and_what_differs_is_a_fault(trials: Trials, tmp_path: Path) -> None:
    folder = trials._folder
    (folder / "broken").mkdir()
    run = next((folder / "undisturbed").iterdir())
    (folder / "broken" / f".{run.name}.lock").write_text("")
    partial = folder / "broken" / f".{run.name}.0123abcd.partial"
    partial.mkdir()
    (partial / "summary.json").write_text("")  # killed while it was written
    faults = trials._differences("broken")
    assert f".{run.name}.lock is there, not missing" in faults
    assert f"{partial.name} is there, not missing" in faults
    assert f"{run.name} is missing, not there" in faults
    assert trials._differences("undisturbed") == []


@pytest.mark.parametrize(
    ("hits", "faults", "status"),
    [([True, False], (), 0), ([True, False, False], (), 1), ([True], ("lost",), 1)],
)
def test_trials_that_hit_too_few_do_not_pass(
    hits: list[bool],
    faults: tuple[str, ...],
    status: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    class Canned:
        def __init__(self, folder: Path) -> None:
            self._hits = iter(hits)

        def try_once(self, seed: int) -> Trial:
            return Trial("guard", 0.1, next(self._hits), 0, 1.0, faults)

    monkeypatch.setattr(batch_trials, "Trials", Canned)
    monkeypatch.setattr(sys, "argv", ["batch_trials", "--trials", str(len(hits))])
    with pytest.raises(SystemExit) as end:
        batch_trials.main()
    assert int(end.value.code or 0) == status
    assert ("guard: hit in fewer than half" in capsys.readouterr().out) == (len(hits) == 3)
