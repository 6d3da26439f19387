"""The layers of DESIGN.md 2: who may include and import whom."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# package -> our packages (and libraries) that it must not import
FORBIDDEN_IMPORTS = {
    "agents": {"pyctl", "analysis", "zmq", "gymnasium"},
    "analysis": {"agents", "pyctl.exchange", "pyctl.env", "pyctl.launch", "zmq", "gymnasium"},
    "pyctl": {"agents"},
}
# Studies of a paper train and judge that paper's agents.
STUDIES = "pyctl/studies/"
MODELS = ("cell", "transport", "compute", "traffic", "kpi", "topology")


def imported_modules(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
            names.add(node.module)
    return names


def is_within(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


@pytest.mark.parametrize("package", sorted(FORBIDDEN_IMPORTS))
def test_python_layers(package: str) -> None:
    files = sorted((ROOT / package).rglob("*.py"))
    assert files, f"{package} has no modules"
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in files
        for name in imported_modules(path)
        if any(is_within(name, forbidden) for forbidden in FORBIDDEN_IMPORTS[package])
    ]
    # The allocators' protocol is what pyctl talks to them through.
    allowed = ("imports agents.protocol", "imports agents.errors", STUDIES)
    assert [line for line in wrong if not any(part in line for part in allowed)] == []


def test_models_do_not_know_the_exchange() -> None:
    folders = [ROOT / "ns3-scenarios" / model for model in MODELS]
    files = [path for folder in folders for path in sorted(folder.glob("*.[hc]*"))]
    assert files
    wrong = [
        f"{path.relative_to(ROOT)}: {line}"
        for path in files
        for line in path.read_text().splitlines()
        if re.match(r'#include [<"](exchange/|adaptor/|zmq|google/protobuf|nlohmann)', line)
    ]
    assert wrong == []


def test_scenario_mains_are_short() -> None:
    mains = sorted((ROOT / "ns3-scenarios" / "scenarios").glob("*.cc"))
    assert mains
    assert [path.name for path in mains if len(path.read_text().splitlines()) > 150] == []
