"""Figures of a comparison as data that an HTML file can hold."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from analysis.comparison import Comparison
from analysis.errors import StoreReadError
from analysis.figures import sweep as sweep_figures
from analysis.figures.registry import figures_of
from analysis.style import style
from analysis.sweep import Sweep

DPI = 110  # about 790 pixels for two columns
MOST_RUNS = 100  # whose steps are read for one comparison


@dataclass(frozen=True)
class Picture:
    """A figure.

    Attributes:
        name: of the figure.
        url: ``data:`` and the PNG.
        width: in pixels.
        height: in pixels.
    """

    name: str
    url: str
    width: int
    height: int


@dataclass(frozen=True)
class Pictures:
    """The figures of a comparison.

    Attributes:
        drawn: in the order of the registry.
        left_out: the others, and why.
    """

    drawn: list[Picture] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)


def pictures_of(comparison: Comparison, wanted: bool) -> Pictures:
    """Draws the figures of a comparison, unless it is too large or not ``wanted``."""
    if not wanted or len(comparison.runs) > MOST_RUNS:
        reason = f"{len(comparison.runs)} runs; `slicebed figures` draws them"
        return Pictures(left_out={"all figures": reason})
    pictures = Pictures()
    try:
        figures = figures_of(comparison)
        missing = {figure.name: figure.missing(comparison) for figure in figures}
    except StoreReadError as error:
        return Pictures(left_out={"all figures": str(error)})
    for figure in figures:
        if missing[figure.name]:
            lacks = ", ".join(missing[figure.name])
            pictures.left_out[figure.name] = f"no {lacks} in a run"
        else:
            pictures.drawn.append(_draw(figure.name, figure.draw, comparison))
    return pictures


def picture_of_sweep(sweep: Sweep) -> Picture:
    """Draws headline metrics over the parameter of a sweep."""
    return _draw("metrics", sweep_figures.metrics, sweep)


def _draw(name: str, draw: Callable[[Any, Any], tuple[Any, Any]], shown: object) -> Picture:
    with style() as plt:
        drawn, _ = draw(plt, shown)
        picture = _picture(name, drawn)
        plt.close(drawn)
    return picture


def _picture(name: str, drawn: Any) -> Picture:
    file = io.BytesIO()
    drawn.savefig(
        file, format="png", dpi=DPI, metadata={"Software": None}, pil_kwargs={"optimize": True}
    )
    width, height = (round(inches * DPI) for inches in drawn.get_size_inches())
    data = base64.b64encode(file.getvalue()).decode()
    return Picture(name, f"data:image/png;base64,{data}", width, height)
