"""Files that settings name: what is in them makes a run another one, where they are does not."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from agents.ddnn.allocator import Ddnn
from agents.idla.allocator import Idla, IdlaSettings
from agents.idla.formula import FormulaCells, record
from agents.protocol import Allocator
from pyctl.campaign import setting_files as module
from pyctl.campaign.digest import file_sha256, run_id
from pyctl.campaign.planned import PlannedRun, identify
from pyctl.campaign.prepare import RunConfig, prepare, repeat_command
from pyctl.campaign.setting_files import content_sha256, setting_files, with_files
from pyctl.errors import UsageError

CELLS = {"steps": 3, "sites": 1, "ues_per_slice": 1, "interval_s": 0.3, "warmup_s": 0.1}


@dataclass(frozen=True)
class FileSettings:
    weights: str = field(default="", metadata={"file": True})
    label: str = ""


class FromFile(Allocator):
    """Names a file; text of another setting is none, whatever it reads like."""

    name: ClassVar[str] = "from-file"
    summary: ClassVar[str] = "from a file"
    Settings: ClassVar[type[Any]] = FileSettings

    def act(self, observation: Any) -> Any:
        raise NotImplementedError


def fitted(path: Path, seed: int) -> Path:
    """Writes an estimator."""
    shares = np.random.default_rng(seed).dirichlet(np.ones(3), (60, 4))
    allocator = Idla(IdlaSettings(epochs=1, device="cpu"))
    allocator.fit(record(FormulaCells(cells=4, slices=3, seed=3), shares), seed=seed)
    path.parent.mkdir(exist_ok=True)
    allocator.save(path)
    return path


def of_model(path: Path | str) -> RunConfig:
    return RunConfig("cells", "idla", CELLS, {"model": str(path), "device": "cpu"})


def test_the_id_follows_the_content_of_a_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = fitted(tmp_path / "m.pt", seed=1)
    first = prepare(of_model(path))
    assert first.config["files_sha256"] == {"model": file_sha256(path)}
    assert first.data["allocator_settings"] == {
        "model": {"path": str(path), "sha256": file_sha256(path)}
    }
    moved = tmp_path / "elsewhere" / "same.pt"
    moved.parent.mkdir()
    moved.write_bytes(path.read_bytes())
    assert run_id(prepare(of_model(moved)).config) == run_id(first.config)
    monkeypatch.chdir(tmp_path)
    assert prepare(of_model("m.pt")).config == first.config
    fitted(path, seed=2)
    assert run_id(prepare(of_model(path)).config) != run_id(first.config)


def test_the_command_that_repeats_a_run_names_the_file_from_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = shlex.split(repeat_command(of_model("m.pt"), Path("out")))
    assert f"model={tmp_path / 'm.pt'}" in words
    assert "device=cpu" in words


def test_a_run_without_such_files_keeps_its_id() -> None:
    (run,) = identify([RunConfig("loopback", "equal", {"steps": 4})])
    assert "files_sha256" not in run.config
    assert run.run_id == run_id({**run.config})
    assert "allocator_settings" not in prepare(run.request).data


def test_a_path_may_have_the_seed(tmp_path: Path) -> None:
    for seed in (1, 2):
        (tmp_path / f"n{seed}.pt").write_bytes(bytes([seed]))
    (tmp_path / "d.json").write_text("{}")
    settings = {"network": str(tmp_path / "n{seed}.pt"), "demands": str(tmp_path / "d.json")}
    config = {"allocator": "ddnn", "allocator_settings": settings, "seed": 0}
    one = PlannedRun("x", RunConfig("edge-ddnn", "ddnn"), with_files(config, 1, Ddnn), None)
    other = one.with_seed(2)
    assert other.config["files_sha256"]["network"] == file_sha256(tmp_path / "n2.pt")
    assert other.config == with_files(config, 2, Ddnn)
    (tmp_path / "n2.pt").write_bytes(b"anew")
    assert one.with_seed(2).run_id != other.run_id
    with pytest.raises(UsageError, match=r"setting network of allocator ddnn: cannot read .*n3.pt"):
        one.with_seed(3)


def test_what_is_no_file_by_declaration_is_none(tmp_path: Path) -> None:
    (tmp_path / "w").write_text("w")
    label = {"weights": "", "label": str(tmp_path / "w")}
    assert setting_files(FromFile, label, 1) == {}


def test_a_folder_counts_by_names_and_content(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a").write_text("a")
    first = content_sha256(tmp_path)
    (tmp_path / "in" / "a").rename(tmp_path / "in" / "b")
    renamed = content_sha256(tmp_path)
    (tmp_path / "in" / "b").write_text("other")
    assert len({first, renamed, content_sha256(tmp_path)}) == 3


def test_a_file_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "w").write_text("w")
    read: list[Path] = []

    def counted(path: Path) -> str:
        read.append(path)
        return file_sha256(path)

    monkeypatch.setattr(module, "file_sha256", counted)
    for _ in range(3):
        setting_files(FromFile, {"weights": str(tmp_path / "w")}, 1)
    assert len(read) == 1


def test_a_file_that_is_missing_is_told_with_its_setting(tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match=r"setting weights of allocator from-file: cannot read .*w"
    ):
        setting_files(FromFile, {"weights": str(tmp_path / "w")}, 1)
    with pytest.raises(UsageError, match=r"allocator idla: model: cannot read .*none.pt: No such"):
        prepare(of_model(tmp_path / "none.pt"))
