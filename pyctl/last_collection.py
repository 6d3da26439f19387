"""The collection of garbage with which a Python process ends."""

from __future__ import annotations

import gc
import sys


def spare_last_collection() -> None:
    """Lets a process end without a look through all that was imported, which takes 0.1 s.

    Where DuckDB is loaded it ends as ever: its bindings take what is not collected for leaked, and
    say so in fifty lines on standard error.
    """
    if "duckdb" not in sys.modules:
        gc.freeze()
