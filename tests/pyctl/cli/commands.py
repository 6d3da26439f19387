"""How tests give commands: in this process, with what they print."""

from __future__ import annotations

import json
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
