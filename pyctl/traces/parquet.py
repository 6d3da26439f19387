"""What is common to the Parquet files of all data sets: how to tell them, and what they keep."""

from __future__ import annotations

from pathlib import Path

MAGIC = b"PAR1"
DIGEST = "sha256"  # in the metadata: of the original file that it was made of


def is_parquet(path: Path) -> bool:
    """Says whether a file begins as Parquet does."""
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC
