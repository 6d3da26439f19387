"""What the traces of activity have in common, whatever their format: series over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Activity:
    """A data set of series.

    Attributes:
        wide: activity by sample (rows, ascending) and series (columns, ids ascending); NaN where a
            series has no sample.
        step: from one sample's index to the next; a gap is where it is more.
        sample_s: length of a sample [s].
        noun: what a series is, such as ``square``.
        what: the activity, such as ``Milan Internet activity``.
        candidates: ids of the series fit to be chosen, the first ones first.
        fit: what makes them fit, after their number: ``have a row in every interval``.
    """

    wide: pd.DataFrame
    step: int
    sample_s: float
    noun: str
    what: str
    candidates: tuple[int, ...]
    fit: str
