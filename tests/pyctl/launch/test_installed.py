from __future__ import annotations

from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from pyctl.errors import SlicebedError, UnknownName
from pyctl.launch import installed


def make_program(path: Path) -> None:
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)


def test_scenarios_are_the_programs_of_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("slicebed-b", "slicebed-a", "slicebed-test", "other"):
        make_program(tmp_path / name)
    (tmp_path / "slicebed-text").write_text("not a program")
    (tmp_path / "slicebed-folder").mkdir()
    monkeypatch.setenv(installed.BIN_DIR_VARIABLE, str(tmp_path))

    assert installed.scenario_names() == ["a", "b"]
    assert installed.scenario_binary("a") == tmp_path / "slicebed-a"
    with pytest.raises(UnknownName, match="unknown scenario 'c'; known: a, b"):
        installed.scenario_binary("c")


def test_a_folder_that_is_none_is_a_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(installed.BIN_DIR_VARIABLE, str(tmp_path / "none"))

    with pytest.raises(SlicebedError, match="SLICEBED_BIN_DIR is .*none, not a folder; run `make"):
        installed.binary_directory()


def test_without_the_variable_the_installed_package_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Installed:
        def locate_file(self, relative: str) -> Path:
            return tmp_path / relative

    monkeypatch.delenv(installed.BIN_DIR_VARIABLE, raising=False)
    monkeypatch.setattr(installed, "distribution", lambda name: Installed())

    with pytest.raises(SlicebedError, match=r"pyctl/bin is missing, not a folder; run `make setup"):
        installed.binary_directory()
    with pytest.raises(SlicebedError, match=r"messages\.desc is missing; run `make setup`"):
        installed.descriptor_path()
    (tmp_path / "pyctl/bin").mkdir(parents=True)
    (tmp_path / "pyctl/exchange").mkdir()
    (tmp_path / "pyctl/exchange/messages.desc").touch()
    assert installed.binary_directory() == tmp_path / "pyctl/bin"
    assert installed.descriptor_path() == tmp_path / "pyctl/exchange/messages.desc"


def test_a_package_that_is_not_installed_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.delenv(installed.BIN_DIR_VARIABLE, raising=False)
    monkeypatch.setattr(installed, "distribution", missing)

    with pytest.raises(SlicebedError, match="slicebed is not installed; run `make setup`"):
        installed.binary_directory()
