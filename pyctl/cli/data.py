"""``slicebed data``: public traffic data sets, where to get them and whether a file is sound."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="List traffic data sets, check and convert their files.", no_args_is_help=True
)


@app.command("list")
def list_datasets() -> None:
    """List the data sets that `--trace` takes and where to get them."""
    from pyctl.cli.output import make_table, print_tables
    from pyctl.traces import DATASETS

    rows = [(entry.name, entry.where, entry.formats, entry.licence) for entry in DATASETS]
    print_tables(make_table("Data sets", ("name", "where", "formats", "licence"), rows))


@app.command("check")
def check_file(
    path: Annotated[Path, typer.Argument(help="File of a data set.")],
) -> None:
    """Read a file as `--trace` would and report what is in it."""
    from pyctl.traces import check

    for line in check(path):
        print(line)


@app.command("convert")
def convert_files(
    path: Annotated[Path, typer.Argument(help="Original file of a data set, or a folder of them.")],
    out: Annotated[Path, typer.Option(help="Folder for the Parquet files.")],
) -> None:
    """Make Parquet of original files; goes on where it was interrupted."""
    from pyctl.traces.convert import convert

    convert(path, out, lambda target, text: print(f"{target}: {text}", flush=True))
