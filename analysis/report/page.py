"""Writes a report as one HTML file.

    write_report(Path("results"), Path("report.html"), claims=None)

All text is escaped. The file's policy (a hash of its one script, no network) keeps a browser from
running anything else, whatever a log holds.
"""

from __future__ import annotations

import base64
import hashlib
import os
import tempfile
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from analysis import words
from analysis.claims_file import ClaimsFile
from analysis.errors import FileInTheWay
from analysis.report.content import Content, collect

HERE = Path(__file__).parent
GENERATOR = '<meta name="generator" content="slicebed report">'
HEAD_BYTES = 2000  # of a file, among which the generator is


def write_report(results: Path, out: Path, claims: ClaimsFile | None) -> Content:
    """Writes the report of a store; the same store gives the same bytes.

    Returns:
        What it shows.

    Raises:
        StoreReadError: there is no run, or a file of measures is damaged.
        FileInTheWay: a file of the name is no report, or it cannot be written.
    """
    _require_free(out)
    content = collect(results, claims)
    _put(out, render(content))
    return content


def render(content: Content) -> str:
    """Makes the HTML."""
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # The two files are ours: they alone go into the page as they are.
    script, looks = ((HERE / name).read_text() for name in ("report.js", "report.css"))
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return environment.get_template("report.html.j2").render(
        content=content,
        generator=Markup(GENERATOR),  # noqa: S704
        looks=Markup(looks),  # noqa: S704
        script=Markup(script),  # noqa: S704
        script_hash=f"sha256-{digest}",
        words=words,
    )


def _require_free(out: Path) -> None:
    if out.is_dir():
        raise FileInTheWay(f"{out} is a folder; the name of a file is required")
    if not out.exists():
        return
    with out.open("rb") as file:
        if GENERATOR.encode() not in file.read(HEAD_BYTES):
            raise FileInTheWay(
                f"{out} is in the way: it is no report; move it, or choose another --out"
            )


def _put(out: Path, text: str) -> None:
    """Writes the file aside, then puts it in place whole."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        handle, aside = tempfile.mkstemp(prefix=f".{out.name}.", dir=out.parent)
        with os.fdopen(handle, "w") as file:
            file.write(text)
        Path(aside).chmod(0o644)
        Path(aside).replace(out)
    except OSError as error:
        raise FileInTheWay(f"cannot write {out}: {error.strerror}") from error
