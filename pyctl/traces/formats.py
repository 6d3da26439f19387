"""Tells which data set a file or folder is of, by its columns."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pyctl.errors import UsageError
from pyctl.traces import genai, milan, planetlab
from pyctl.traces.activity import Activity
from pyctl.traces.parquet import MAGIC

Format = Literal["milan", "planetlab", "genai"]

HEAD_BYTES = 4096


def detect(path: Path) -> Format:
    """Looks at a Parquet file's columns, or at the first line of a file or of a folder's first.

    Raises:
        UsageError: there is no such file, it cannot be read, or no data set has such columns.
    """
    if not path.exists():
        raise UsageError(f"trace {path}: there is no such file or folder")
    first = path
    if path.is_dir():
        files = sorted(entry for entry in path.iterdir() if entry.is_file())
        if not files:
            raise UsageError(f"trace {path}: the folder is empty")
        first = files[0]
    try:
        with first.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError as error:
        raise UsageError(f"trace {path}: {error.strerror}") from error
    if head.startswith(MAGIC):
        return _of_parquet(first)
    return _of_line(head.split(b"\n")[0].decode("ascii", errors="replace").strip())


def load_activity(path: Path, form: Format) -> Activity:
    """Reads a data set of series.

    Raises:
        UsageError: it is damaged, or a log of requests.
    """
    if form == "genai":
        raise UsageError(f"trace {path}: a log of requests; series over time are required")
    return milan.activity(path) if form == "milan" else planetlab.load(path)


def _of_parquet(path: Path) -> Format:
    import pyarrow
    import pyarrow.parquet

    try:
        columns = set(pyarrow.parquet.read_schema(path).names)
    except (OSError, pyarrow.ArrowException) as error:
        raise UsageError(f"trace {path}: damaged Parquet file: {error}") from error
    if planetlab.COLUMN in columns:
        return "planetlab"
    if genai.TIME in columns or genai.WORK in columns:
        return "genai"
    return "milan"  # which says what is missing


def _of_line(line: str) -> Format:
    if genai.TIME in line or genai.WORK in line:
        return "genai"
    return "planetlab" if line.isdigit() else "milan"
