"""One look for all figures: colours that colour-blind readers can tell apart, paper widths."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

# Okabe and Ito's palette.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
DASHES = ("-", "--", "-.")
# Widths of figures in IEEE's two-column papers.
ONE_COLUMN_INCH = 3.5
TWO_COLUMNS_INCH = 7.16
SUFFIXES = (".png", ".pdf", ".svg", ".csv")  # of the files of a figure

_SETTINGS: dict[str, Any] = {
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 9,
    "axes.labelsize": 9,
    "figure.constrained_layout.use": True,
    "font.size": 8,
    "grid.alpha": 0.3,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "lines.linewidth": 1.4,
    "pdf.fonttype": 42,
    "savefig.dpi": 160,
    "svg.hashsalt": "slicebed",
}


def line(i: int) -> dict[str, Any]:
    """Gives colour and dashes of the i-th of several curves: 21 that differ, even on each other."""
    return {"color": COLOURS[i % len(COLOURS)], "ls": DASHES[i % len(DASHES)]}


@contextmanager
def style() -> Iterator[Any]:
    """Gives ``matplotlib.pyplot`` with the project's style, without a display."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    settings: Any = _SETTINGS  # matplotlib's stubs want its keys as literals
    with mpl.rc_context(settings):
        yield plt


def draw_each(
    figures: Mapping[str, Callable[[Any, Any], tuple[Figure, pd.DataFrame]]],
    drawing: object,
    out: Path,
) -> list[Path]:
    """Draws figures in the style and saves them into a folder whose names were claimed.

    Args:
        figures: by name, what draws each of pyplot and ``drawing``, and gives the table behind it.
        drawing: what is drawn.
        out: the folder.
    """
    files = []
    with style() as plt:
        for name, draw in figures.items():
            figure, table = draw(plt, drawing)
            files += save(figure, out, name, table)
            plt.close(figure)
    return files


def save(figure: Figure, out: Path, name: str, table: pd.DataFrame) -> list[Path]:
    """Writes a figure as PNG, PDF and SVG and the table behind it as CSV; always the same bytes.

    Returns:
        The paths of the files, in the order of ``SUFFIXES``.
    """
    out.mkdir(parents=True, exist_ok=True)
    png, pdf, svg, csv = (out / f"{name}{suffix}" for suffix in SUFFIXES)
    figure.savefig(png, metadata={"Software": None})
    figure.savefig(pdf, metadata={"CreationDate": None, "Producer": None, "Creator": None})
    figure.savefig(svg, metadata={"Date": None, "Creator": None})
    table.to_csv(csv, index=False, float_format="%.6g", lineterminator="\n")
    return [png, pdf, svg, csv]
