"""Trackers: what TensorBoard reads back, what W&B and MLflow are told, and those that fail."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pyctl.errors import UsageError
from pyctl.tracking import tracker as trackers
from pyctl.tracking.names import require_usable
from pyctl.tracking.tracker import Subject, epochs, tracker
from tests.pyctl.tracking.events import scalars

FAKE_WANDB = """
calls = []

class Settings:
    def __init__(self, **options):
        self.options = options

class Summary:
    def update(self, values):
        calls.append(("summary", values))

class Run:
    summary = Summary()
    def log(self, values, step):
        calls.append(("log", values, step))
    def finish(self, exit_code):
        calls.append(("finish", exit_code))

def init(project, name, config, dir, settings):
    calls.append(("init", project, name, config, dir, settings.options))
    return Run()
"""
FAKE_MLFLOW = """
calls = []

def __getattr__(name):
    if name.startswith("_"):
        raise AttributeError(name)
    return lambda *arguments, **named: calls.append((name, *arguments, named))
"""


@pytest.fixture(autouse=True)
def warnings_are_new() -> Iterator[None]:
    trackers._warn.cache_clear()
    yield
    trackers._warn.cache_clear()


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], Any]]:
    """Puts a module of a name on sys.path, and returns it."""
    made = []

    def make(name: str, text: str) -> Any:
        made.append(name)
        (tmp_path / f"{name}.py").write_text(text)
        monkeypatch.syspath_prepend(str(tmp_path))
        return importlib.import_module(name)

    yield make
    for name in made:
        sys.modules.pop(name, None)


def test_losses_of_a_training_are_live_in_tensorboard(tmp_path: Path) -> None:
    with tracker(["tensorboard"], Subject(tmp_path, "estimator")) as tracked:
        on_epoch = epochs(tracked)
        on_epoch(0, {"loss": 0.5, "validation_loss": 0.75})
        # Nothing is closed or flushed yet.
        assert scalars(tmp_path / "tensorboard" / "estimator")["train/loss"] == {0: 0.5}
        on_epoch(1, {"loss": 0.25, "validation_loss": float("nan")})
        tracked.summary({"mae": 0.125})
    assert scalars(tmp_path / "tensorboard" / "estimator") == {
        "train/loss": {0: 0.5, 1: 0.25},
        "train/validation_loss": {0: 0.75},
        "summary/mae": {1: 0.125},
    }


def test_an_earlier_try_does_not_show(tmp_path: Path) -> None:
    for value in (1.0, 2.0):
        with tracker(["tensorboard"], Subject(tmp_path, "a")) as tracked:
            tracked.scalars({"x": value}, 1)
    assert scalars(tmp_path / "tensorboard" / "a") == {"x": {1: 2.0}}


def test_what_wandb_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fake: Callable[[str, str], Any]
) -> None:
    wandb = fake("wandb", FAKE_WANDB)
    monkeypatch.delenv("WANDB_PROJECT", raising=False)
    monkeypatch.setenv("WANDB_SILENT", "true")
    with tracker(["wandb"], Subject(tmp_path, "a", {"seed": 1})) as tracked:
        tracked.scalars({"x": 1.0}, 3)
        tracked.summary({"y": 2.0})
    settings = {"silent": True, "console": "off", "init_timeout": 30.0}
    assert wandb.calls == [
        ("init", "slicebed", "a", {"seed": 1}, str(tmp_path), settings),
        ("log", {"x": 1.0}, 3),
        ("summary", {"y": 2.0}),
        ("finish", 0),
    ]
    with pytest.raises(RuntimeError), tracker(["wandb"], Subject(tmp_path, "a")):
        raise RuntimeError
    assert wandb.calls[-1] == ("finish", 1)


def test_what_mlflow_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fake: Callable[[str, str], Any]
) -> None:
    mlflow = fake("mlflow", FAKE_MLFLOW)
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "mine")
    for name in ("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "MLFLOW_HTTP_REQUEST_TIMEOUT"):
        monkeypatch.setenv(name, "0")

    def stopped() -> None:
        with tracker(["mlflow"], Subject(tmp_path, "a", {"seed": 1})) as tracked:
            tracked.scalars({"x": 1.0}, 3)
            tracked.summary({"y": 2.0})
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert mlflow.calls == [
        ("set_experiment", "mine", {}),
        ("start_run", {"run_name": "a"}),
        ("log_params", {"seed": 1}, {}),
        ("log_metrics", {"x": 1.0}, {"step": 3}),
        ("log_metrics", {"summary/y": 2.0}, {"step": 3}),
        ("end_run", {"status": "KILLED"}),
    ]


def test_one_that_fails_is_left_with_one_warning(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    fake: Callable[[str, str], Any],
) -> None:
    monkeypatch.setenv("WANDB_SILENT", "true")
    log = 'calls.append(("log", values, step))'
    fake("wandb", FAKE_WANDB.replace(log, 'raise OSError("no network")'))
    for name in ("a", "b"):
        with tracker(["wandb", "tensorboard"], Subject(tmp_path, name)) as tracked:
            tracked.scalars({"x": 1.0}, 1)
            tracked.scalars({"x": 2.0}, 2)
        assert scalars(tmp_path / "tensorboard" / name) == {"x": {1: 1.0, 2: 2.0}}
    told = "slicebed: warning: wandb takes no figures: OSError: no network\n"
    assert capsys.readouterr().err == told


def test_a_disk_that_is_full_is_a_warning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, mode: str, buffering: int) -> Any:
        return open("/dev/full", mode, buffering)

    monkeypatch.setattr(Path, "open", full)
    with tracker(["tensorboard"], Subject(tmp_path, "a")) as tracked:
        tracked.scalars({"x": 1.0}, 1)
        assert not tracked.any
    assert capsys.readouterr().err == (
        "slicebed: warning: tensorboard takes no figures: OSError: "
        "[Errno 28] No space left on device\n"
    )


def test_names_that_cannot_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert require_usable(["tensorboard", "tensorboard"]) == ("tensorboard",)
    with pytest.raises(UsageError, match="unknown tracker 'tensorbord'; did you mean"):
        require_usable(["tensorbord"])
    # The folder that W&B writes to is no package.
    (tmp_path / "wandb").mkdir()
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("wandb", "mlflow"):
        message = f"--track {name} needs the package {name}, which is not installed: pip install"
        with pytest.raises(UsageError, match=message):
            require_usable([name])
