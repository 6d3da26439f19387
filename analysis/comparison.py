"""Which runs belong in one picture: the same scenario and parameters, by allocator and seed.

for comparison in compare(read_store(Path("results"))):
    for variant in comparison.variants:
        print(comparison.name, variant.label, [run.seed for run in variant.runs])
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.statistics import bootstrap_mean
from analysis.store_reader import Run

LONGEST_SETTINGS = 24  # characters of a label
DIGITS = 8  # of a configuration's digest


@dataclass(frozen=True, eq=False)
class Variant:
    """An allocator with its settings.

    Attributes:
        label: the allocator's name, and what tells it from the same one with other settings.
        runs: one a seed, in their order.
    """

    label: str
    runs: tuple[Run, ...]


@dataclass(frozen=True, eq=False)
class Comparison:
    """Runs of a scenario with the same parameters.

    Attributes:
        name: the scenario's, with a digest of the parameters where there are several.
        variants: in the order of their labels.
    """

    name: str
    variants: tuple[Variant, ...]

    @property
    def first(self) -> Run:
        """The run that stands for what all have in common."""
        return self.variants[0].runs[0]

    @property
    def runs(self) -> list[Run]:
        """All runs."""
        return [run for variant in self.variants for run in variant.runs]

    def table(self) -> pd.DataFrame:
        """Makes a table of the runs: label, settings, seed and parameters of each."""
        return pd.DataFrame(
            [
                {
                    "run": run.folder.name,
                    "label": variant.label,
                    "allocator": run.config["allocator"],
                    "settings": settings_of(run),
                    "seed": run.seed,
                    **run.config["parameters"],
                }
                for variant in self.variants
                for run in variant.runs
            ]
        )


def compare(runs: Iterable[Run]) -> list[Comparison]:
    """Groups runs: by scenario and parameters, in it by allocator and settings, in it by seed."""
    grouped: dict[tuple[str, str], list[Run]] = {}
    for run in runs:
        grouped.setdefault((run.scenario, _digest(run.config)), []).append(run)
    scenarios = [scenario for scenario, _ in grouped]
    return [
        Comparison(
            scenario if scenarios.count(scenario) == 1 else f"{scenario}-{digest}",
            _variants(members),
        )
        for (scenario, digest), members in sorted(grouped.items(), key=lambda item: item[0])
    ]


def samples(comparison: Comparison, measure: Callable[[Run], pd.DataFrame]) -> pd.DataFrame:
    """Measures all runs.

    Args:
        comparison: of the runs.
        measure: gives a table with the column ``value``.

    Returns:
        The tables one below the other, with the columns ``allocator`` (label) and ``seed``.
    """
    return pd.concat(
        [
            measure(run).assign(allocator=variant.label, seed=run.seed)
            for variant in comparison.variants
            for run in variant.runs
        ],
        ignore_index=True,
    )


def bands(table: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Takes means of the ``value`` of samples, with their 95 % bootstrap intervals.

    Args:
        table: as of ``samples``; values that are NaN do not count.
        by: columns that tell what is measured; what differs beside them is averaged over.

    Returns:
        ``allocator``, the columns of ``by``, ``mean``, ``low`` and ``high``.
    """
    keys = ["allocator", *by]
    rows = []
    for key, values in table.dropna(subset="value").groupby(keys, sort=False)["value"]:
        mean = bootstrap_mean(values.to_numpy(dtype=float))
        rows.append((*key, mean.mean, mean.low, mean.high))
    types: dict[str, Any] = dict.fromkeys(("mean", "low", "high"), float)
    types = {**{key: table.dtypes[key] for key in keys}, **types}  # even of no rows
    return pd.DataFrame(rows, columns=[*types]).astype(types)


def _variants(runs: Sequence[Run]) -> tuple[Variant, ...]:
    grouped: dict[tuple[str, str], list[Run]] = {}
    for run in runs:
        grouped.setdefault((run.label, settings_of(run)), []).append(run)
    names: dict[str, list[str]] = {}
    for name, settings in sorted(grouped):
        names.setdefault(name, []).append(settings)
    return tuple(
        Variant(label, tuple(sorted(grouped[name, settings], key=lambda run: run.seed)))
        for name, own in names.items()
        for label, settings in zip(_labels(name, own), own, strict=True)
    )


def _labels(name: str, settings: Sequence[str]) -> list[str]:
    """Names the variants of an allocator: by their settings where these are short."""
    if len(settings) == 1:
        return [name]
    if max(map(len, settings)) <= LONGEST_SETTINGS:
        return [f"{name} {text}" for text in settings]
    return [f"{name} {i}" for i in range(1, len(settings) + 1)]


def settings_of(run: Run) -> str:
    """Writes the settings of a run's allocator as on the command line: ``shares=0.5,0.5``."""
    settings: dict[str, Any] = run.config["allocator_settings"]
    return " ".join(f"{key}={_value(value)}" for key, value in settings.items())


def _value(value: Any) -> str:
    if isinstance(value, list) and not any(isinstance(entry, list) for entry in value):
        return ",".join(f"{entry:g}" if isinstance(entry, float) else f"{entry}" for entry in value)
    return json.dumps(value)


def _digest(config: dict[str, Any]) -> str:
    told = {"parameters": config["parameters"], "mask": config["mask_sha256"]}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:DIGITS]
