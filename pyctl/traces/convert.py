"""Makes Parquet of the public data sets' original files: read much faster, and checked once.

Each original file gives one Parquet file, which keeps the original's digest: what is there already
is not made again, so that a conversion that was interrupted goes on where it was.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pyctl.errors import UsageError
from pyctl.traces import genai, milan, planetlab
from pyctl.traces.formats import Format, detect
from pyctl.traces.masks import digest
from pyctl.traces.milan_file import summarise, write_parquet
from pyctl.traces.parquet import DIGEST, is_parquet

if TYPE_CHECKING:
    import pyarrow

Told = Callable[[Path, str], None]


def convert(source: Path, out: Path, told: Told) -> list[Path]:
    """Converts a file, or a folder of them.

    Args:
        source: original files of a data set.
        out: folder for the Parquet files; made if there is none.
        told: called with each Parquet file and what is in it.

    Returns:
        The Parquet files.

    Raises:
        UsageError: a file is damaged, or is Parquet already, or ``out`` cannot be written, or holds
            another file where one would be put; or two files have the same interval.
    """
    form = detect(source)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"out {out}: {error.strerror}; a folder is required") from error
    # PlanetLab's folder is one day of many machines; in the others each file stands for itself.
    originals = [source] if form == "planetlab" else milan.files_of(source)
    targets = _targets(originals, out)
    for target, original in targets.items():
        told(target, _convert_one(form, original, target))
    if form == "milan":
        milan.combine((original, summarise(target)) for target, original in targets.items())
    return list(targets)


def _targets(originals: list[Path], out: Path) -> dict[Path, Path]:
    """Returns the original of each Parquet file."""
    targets: dict[Path, Path] = {}
    for original in originals:
        target = out / f"{original.stem}.parquet"
        if target in targets:
            raise UsageError(
                f"trace {original}: {targets[target].name} would give {target.name} as well; "
                "names that differ before the last dot are required"
            )
        if original.is_file() and is_parquet(original):
            raise UsageError(f"trace {original}: it is Parquet already; an original is required")
        targets[target] = original
    return targets


def _convert_one(form: Format, original: Path, target: Path) -> str:
    """Makes a file, if it is not there yet; returns what is in it."""
    sha256 = digest(original)
    if target.exists():
        _require_made_of(target, original, sha256)
        return "is there already"
    part = target.with_name(f".{target.name}.part")
    try:
        text = _WRITERS[form](original, part, sha256)
        os.replace(part, target)
    except OSError as error:
        raise UsageError(f"out {target}: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)
    return text


def _require_made_of(target: Path, original: Path, sha256: str) -> None:
    import pyarrow
    import pyarrow.parquet

    try:
        kept = pyarrow.parquet.read_metadata(target).metadata or {}
    except (OSError, pyarrow.ArrowException):
        kept = {}
    if kept.get(DIGEST.encode()) != sha256.encode():
        raise UsageError(
            f"out {target}: it is there and was not made of {original} as it is now; "
            "another folder, or its removal, is required"
        )


def _write_milan(original: Path, part: Path, sha256: str) -> str:
    summary = write_parquet(original, part, sha256)
    return f"{len(summary.squares)} squares, {len(summary.intervals)} intervals"


def _write_planetlab(original: Path, part: Path, sha256: str) -> str:
    import pyarrow

    activity = planetlab.load(original)
    days = activity.series(activity.ids).to_numpy().T
    _write(pyarrow.table({planetlab.COLUMN: list(days)}), part, sha256)
    return f"{len(days)} VMs and days"


def _write_genai(original: Path, part: Path, sha256: str) -> str:
    import pandas as pd
    import pyarrow

    genai.load(original)  # checks all of it
    rows = pd.read_csv(original, usecols=list(genai.COLUMNS), parse_dates=[genai.TIME])
    _write(pyarrow.Table.from_pandas(rows, preserve_index=False), part, sha256)
    return f"{len(rows)} requests"


def _write(table: pyarrow.Table, part: Path, sha256: str) -> None:
    import pyarrow.parquet

    kept = {**(table.schema.metadata or {}), DIGEST: sha256}
    pyarrow.parquet.write_table(table.replace_schema_metadata(kept), part, compression="zstd")


_WRITERS: dict[Format, Callable[[Path, Path, str], str]] = {
    "milan": _write_milan,
    "planetlab": _write_planetlab,
    "genai": _write_genai,
}
