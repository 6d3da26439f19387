"""Which comparisons are points of one curve: they differ in a single number.

for sweep in sweeps_of(compare(read_store(Path("results")))):
    for value, comparison in sweep.points:
        print(sweep.parameter, value, comparison.name)
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.comparison import Comparison, Variant, describe, short_digest, told_apart
from analysis.store_reader import Run


@dataclass(frozen=True, eq=False)
class Sweep:
    """Comparisons of a scenario whose conditions are the same but for one parameter, a number.

    Attributes:
        name: scenario and parameter; with a digest of all else where there are several.
        parameter: that differs.
        apart: what tells it from the scenario's other sweeps over the same parameter; may be empty.
        points: value and comparison, in the order of the values; two or more.
    """

    name: str
    parameter: str
    apart: str
    points: tuple[tuple[float, Comparison], ...]

    @property
    def first(self) -> Run:
        """A run that stands for what all have in common."""
        return self.points[0][1].first

    @property
    def unit(self) -> str:
        """Of the parameter, as the scenario describes it; empty if it does not."""
        entries = self.first.description.get("parameters", [])
        return next((one["unit"] for one in entries if one["name"] == self.parameter), "")

    @property
    def variants(self) -> tuple[Variant, ...]:
        """Allocators with all their runs."""
        runs: dict[str, list[Run]] = {}
        for _, comparison in self.points:
            for variant in comparison.variants:
                runs.setdefault(variant.label, []).extend(variant.runs)
        return tuple(Variant(label, tuple(own)) for label, own in runs.items())

    def table(self) -> pd.DataFrame:
        """Makes a table of the runs, as of a ``Comparison``."""
        return pd.concat([comparison.table() for _, comparison in self.points], ignore_index=True)


def sweeps_of(comparisons: Sequence[Comparison]) -> list[Sweep]:
    """Finds all sweeps: by scenario and parameter, then by what else differs."""
    apart = told_apart(comparisons)
    grouped: dict[tuple[str, str], dict[str, list[tuple[float, Comparison]]]] = {}
    for comparison in comparisons:
        own = apart[comparison.name]
        for parameter in (name for name, value in own.items() if _is_number(value)):
            others = {name: value for name, value in own.items() if name != parameter}
            groups = grouped.setdefault((comparison.first.scenario, parameter), {})
            point = (own[parameter], comparison)
            groups.setdefault(json.dumps(others, sort_keys=True), []).append(point)
    return [
        sweep
        for (scenario, parameter), groups in grouped.items()
        for sweep in _sweeps(f"{scenario}-over-{parameter}", parameter, groups)
    ]


def _sweeps(
    name: str, parameter: str, groups: dict[str, list[tuple[float, Comparison]]]
) -> list[Sweep]:
    curves = {others: points for others, points in groups.items() if len(points) > 1}
    return [
        Sweep(
            name if len(curves) == 1 else f"{name}-{short_digest(others)}",
            parameter,
            describe(json.loads(others)),
            tuple(sorted(points, key=lambda point: point[0])),
        )
        for others, points in curves.items()
    ]


def _is_number(value: Any) -> bool:
    return type(value) in (int, float)
