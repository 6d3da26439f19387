"""How tests give commands, with what they print: in this process, or in one of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from typer.testing import CliRunner, Result

from pyctl.cli.main import app


def invoke(*arguments: object) -> Result:
    """Runs ``slicebed`` with arguments."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def from_json(*arguments: object) -> Any:
    """Reads what a command that ends well prints with ``--json``."""
    result = invoke(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def slicebed(*words: str) -> subprocess.CompletedProcess[str]:
    """Runs ``slicebed`` as a program."""
    return subprocess.run(
        [sys.executable, "-m", "pyctl.cli", *words],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
