"""The option ``--timeout`` of commands that wait for a simulation."""

from __future__ import annotations

import math
from typing import Annotated

import typer

from pyctl.errors import UsageError


def _checked(timeout_s: float) -> float:
    if not 0 < timeout_s < math.inf:
        raise UsageError(
            f"--timeout is {timeout_s:g}; a finite number of seconds above 0 is required"
        )
    return timeout_s


Timeout = Annotated[
    float,
    typer.Option(
        callback=_checked,
        help="How long the simulation may take to start, and for an interval [s].",
    ),
]
