"""A store as one table: a row for each finished run, its configuration and figures.

run_table(Path("results")).groupby("allocator")["utility_mean"].mean()
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from analysis.errors import StoreReadError

if TYPE_CHECKING:
    import pandas as pd

_RUN = re.compile(r"^[0-9a-f]{12}$")


def run_table(results: Path) -> pd.DataFrame:
    """Reads all finished runs of a store, in the order of their ids.

    Returns:
        ``run_id``, the configuration (``parameters.steps``, ...) and the summary
        (``per_slice.1.r_mean``, ...), levels joined by dots; lists are JSON texts.

    Raises:
        StoreReadError: there is no such folder, or a file of a run is damaged.
    """
    import pandas as pd

    if not results.is_dir():
        raise StoreReadError(f"{results} is no folder; that of a store is required")
    table = pd.DataFrame([_row(folder) for folder in _finished(results)])
    for name in table.columns:
        if table[name].map(type).nunique() > 1 and table[name].dtype == object:
            table[name] = [_one_kind(value, table[name]) for value in table[name]]
    return table


def write_table(table: pd.DataFrame, path: Path, form: Literal["csv", "parquet"]) -> None:
    """Writes a table whole or not at all.

    Raises:
        StoreReadError: the file cannot be written.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        if form == "csv":
            table.to_csv(aside, index=False)
        else:
            table.to_parquet(aside, index=False)
        aside.replace(path)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise StoreReadError(f"cannot write {path}: {error.strerror or error}") from error


def _finished(results: Path) -> list[Path]:
    return sorted(
        path
        for path in results.iterdir()
        if _RUN.match(path.name) and (path / "summary.json").is_file()
    )


def _row(folder: Path) -> dict[str, Any]:
    parts = [_read(folder / name) for name in ("config.json", "summary.json")]
    return {"run_id": folder.name, **{k: v for part in parts for k, v in _flat(part)}}


def _read(path: Path) -> dict[str, Any]:
    try:
        value: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise StoreReadError(f"{path}: {error}") from error
    return value


def _flat(values: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{name}.")
        elif isinstance(value, list):
            yield above + name, json.dumps(value)
        else:
            yield above + name, value


def _one_kind(value: Any, column: pd.Series) -> Any:
    """Makes texts of a column that has texts and others; an absent value stays absent."""
    if value is None or value != value:  # NaN is not itself
        return None
    return str(value) if any(isinstance(other, str) for other in column) else value
