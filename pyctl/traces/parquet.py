"""Tells Parquet files by their first bytes."""

from __future__ import annotations

from pathlib import Path

MAGIC = b"PAR1"


def is_parquet(path: Path) -> bool:
    """Says whether a file begins as Parquet does."""
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC
