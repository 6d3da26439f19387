"""The option ``--timeout`` of commands that wait for a simulation."""

from __future__ import annotations

from typing import Annotated

import typer


def _checked(timeout_s: float) -> float:
    from pyctl.env.link import require_timeout

    require_timeout(timeout_s, "--timeout")
    return timeout_s


Timeout = Annotated[
    float,
    typer.Option(
        callback=_checked,
        help="How long the simulation may take to start, and for an interval [s].",
    ),
]
