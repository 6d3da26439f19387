"""What the traces of activity have in common, whatever their format: series over time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Activity:
    """A data set of series.

    Attributes:
        ids: of all series, ascending.
        series: reads those of some ids: activity by sample (rows, ascending) and series (columns);
            NaN where a series has no sample.
        step: from one sample's index to the next; a gap is where it is more.
        sample_s: length of a sample [s].
        noun: what a series is, such as ``square``.
        what: the activity, such as ``Milan Internet activity``.
        candidates: ids of the series fit to be chosen, the first ones first.
        fit: what makes them fit, after their number: ``have a row in every interval``.
    """

    ids: tuple[int, ...]
    series: Callable[[Sequence[int]], pd.DataFrame]
    step: int
    sample_s: float
    noun: str
    what: str
    candidates: tuple[int, ...]
    fit: str
