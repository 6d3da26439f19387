"""Named measures with their bounds: what ``bench``, ``validate`` and ``reproduce`` report."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

_COMPARE: dict[str, Callable[[float, float], bool]] = {"<=": operator.le, ">=": operator.ge}


@dataclass(frozen=True)
class Measure:
    """One figure.

    Attributes:
        name: as in DESIGN.md, section 9.
        value: what was measured; None where there was nothing to measure.
        unit: of the value; "1" for a ratio.
        low: end of its confidence interval, or the least of several; None for one value.
        high: the other end.
        target: bound such as ``<= 1.6``; None where there is none.
    """

    name: str
    value: float | None
    unit: str
    low: float | None = None
    high: float | None = None
    target: str | None = None

    @property
    def ok(self) -> bool | None:
        """Whether the bound holds; None where there is none."""
        if self.target is None:
            return None
        if self.value is None:
            return False
        sign, bound = self.target.split()
        return _COMPARE[sign](self.value, float(bound))

    def to_json(self) -> dict[str, Any]:
        """Makes the object that ``--json`` prints."""
        return {**asdict(self), "ok": self.ok}


def missed(measures: Sequence[Measure]) -> list[str]:
    """Names the measures whose bound does not hold."""
    return [measure.name for measure in measures if measure.ok is False]


def rows(measures: Sequence[Measure]) -> list[tuple[str, str, str, str, str]]:
    """Writes measures as rows of a table: name, value, range, bound, whether it holds."""
    return [
        (
            measure.name,
            "-" if measure.value is None else f"{measure.value:.4g} {_unit(measure.unit)}".strip(),
            "-" if measure.low is None else f"{measure.low:.4g} to {measure.high:.4g}",
            measure.target or "-",
            {True: "yes", False: "NO", None: "-"}[measure.ok],
        )
        for measure in measures
    ]


def _unit(unit: str) -> str:
    return "" if unit == "1" else unit
