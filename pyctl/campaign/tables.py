"""Writes tables of a run as Parquet that any reader takes, without what only pandas would read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Writes a table; the row numbers of pandas are left out.

    Schemas in other tongues, statistics and dictionaries make a short run's table four times as
    large and a query of thousands of them slower, and a long one's no smaller.

    Raises:
        OSError: the file cannot be written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    bare = pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(None)
    pq.write_table(bare, path, store_schema=False, write_statistics=False, use_dictionary=False)
