"""A kill of each kind of process of a batch; `batch_trials.py` does hundreds."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.batch_trials import VICTIMS, Trials


@pytest.fixture(scope="module")
def trials() -> Iterator[Trials]:
    with tempfile.TemporaryDirectory(prefix="sb") as folder:
        yield Trials(Path(folder))


# The runner twice: it alone takes more than one of the others along.
@pytest.mark.parametrize(("seed", "victim"), [*enumerate([*VICTIMS, "runner"], start=1)])
def test_every_run_ends_well_once_and_nothing_is_left(
    trials: Trials, seed: int, victim: str
) -> None:
    trial = trials.try_once(seed, victim)
    assert trial.faults == (), trial


def test_what_is_left_and_what_differs_is_a_fault(trials: Trials, tmp_path: Path) -> None:
    folder = trials._folder
    (folder / "broken").mkdir()
    run = next((folder / "undisturbed").iterdir())
    (folder / "broken" / f".{run.name}.lock").write_text("")
    faults = trials._differences("broken")
    assert f".{run.name}.lock is there, not missing" in faults
    assert f"{run.name} is missing, not there" in faults
    assert trials._differences("undisturbed") == []
