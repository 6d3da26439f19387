"""Which runs belong in one picture: the same scenario, parameters and data, by allocator and seed.

for comparison in compare(read_store(Path("results"))):
    for variant in comparison.variants:
        print(comparison.name, variant.label, [run.seed for run in variant.runs])
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.errors import StoreReadError
from analysis.statistics import bootstrap_mean
from analysis.store_reader import Run

LONGEST_SETTINGS = 24  # characters of a label
DIGITS = 8  # of a digest that is shown
DATA = "_sha256"  # ends the names of a configuration's digests of data: masks, logs of requests
FILES = "files_sha256"  # digests of files that the allocator's settings name, by setting
PER_SEED = "{seed}"  # in the path of a file that each seed has for itself


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
    """Runs of a scenario with the same parameters and data.

    Attributes:
        name: the scenario's, with a digest of parameters and data where there are several.
        variants: in the order of their labels.
    """

    name: str
    variants: tuple[Variant, ...]

    @property
    def conditions(self) -> dict[str, Any]:
        """What all have in common: parameters by their dotted names, and digests of data."""
        config = self.first.config
        return {**flat(config["parameters"]), **_data(config)}

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
    """Groups runs: by scenario, parameters and data, then by allocator and settings, then by seed.

    Raises:
        StoreReadError: two runs are of the same configuration, but did not measure the same.
    """
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


def told_apart(comparisons: Iterable[Comparison]) -> dict[str, dict[str, Any]]:
    """Gives what tells comparisons from the others of their scenarios.

    Returns:
        By the comparison's name: ``conditions`` that not all have; nothing for a single one.
    """
    first: dict[str, set[tuple[str, str]]] = {}
    varying: dict[str, set[str]] = {}
    conditions = {one.name: (one.first.scenario, one.conditions) for one in comparisons}
    for scenario, own in conditions.values():
        items = {(name, json.dumps(value, sort_keys=True)) for name, value in own.items()}
        differing = items ^ first.setdefault(scenario, items)
        varying.setdefault(scenario, set()).update(name for name, _ in differing)
    return {
        name: {
            **{key: value for key, value in own.items() if key in varying[scenario]},
            **dict.fromkeys(sorted(varying[scenario] - own.keys())),
        }
        for name, (scenario, own) in conditions.items()
    }


def describe(conditions: Mapping[str, Any]) -> str:
    """Writes conditions for a heading: ``cells 2, arrivals_sha256 1f2e3d4c``."""
    return ", ".join(
        f"{name} {text_of(value)[: DIGITS if name.endswith(DATA) else None]}"
        for name, value in conditions.items()
    )


def short_digest(text: str) -> str:
    """Gives the first digits of a text's SHA-256, as names have them."""
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def text_of(value: Any) -> str:
    """Writes a value of a configuration: texts as they are, all else as JSON, none as `none`."""
    if value is None:
        return "none"
    return value if isinstance(value, str) else json.dumps(value)


def flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Gives the values of nested objects by dotted names."""
    rows: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, dict) and value:
            rows |= flat(value, f"{prefix}{key}.")
        else:
            rows[prefix + key] = value
    return rows


def by_seed(runs: Iterable[Run]) -> dict[int, Run]:
    """Gives the runs of one configuration by their seeds, in the order of these.

    A run that is stored twice counts once.

    Raises:
        StoreReadError: two runs have the same seed, but did not measure the same.
    """
    found: dict[int, Run] = {}
    for run in runs:
        kept = found.setdefault(run.seed, run)
        if kept is not run and not _same(kept, run):
            raise StoreReadError(
                f"{kept.folder} and {run.folder} are both {run.label} with seed {run.seed} on the "
                f"same parameters of {run.scenario}, but did not measure the same; keep one of them"
            )
    return dict(sorted(found.items()))


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
        Variant(label, tuple(by_seed(grouped[name, settings]).values()))
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
    """Writes the settings of a run's allocator as on the command line: ``shares=0.5,0.5``.

    A file that all seeds share is followed by the digest of its content: ``model="a.pt"@1f2e3d4c``.
    """
    settings: dict[str, Any] = run.config["allocator_settings"]
    digests: dict[str, str] = run.config.get(FILES, {})
    texts = {
        name: f"{_value(value)}@{digests[name][:DIGITS]}"
        if name in digests and PER_SEED not in value
        else _value(value)
        for name, value in settings.items()
    }
    return " ".join(f"{name}={text}" for name, text in texts.items())


def _value(value: Any) -> str:
    if isinstance(value, list) and not any(isinstance(entry, list) for entry in value):
        # All digits: settings that differ in the last one are not the same.
        return ",".join(
            f"{entry}".removesuffix(".0") if isinstance(entry, float) else f"{entry}"
            for entry in value
        )
    return json.dumps(value)


def _same(one: Run, other: Run) -> bool:
    """Whether runs of a seed were configured alike and, as they tell, measured the same."""
    measured = one.summary.get("kpi_sha256")
    return (
        one.config == other.config
        and measured is not None
        and measured == other.summary.get("kpi_sha256")
    )


def _data(config: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: value
        for name, value in config.items()
        if name.endswith(DATA) and name != FILES and value is not None
    }


def _digest(config: Mapping[str, Any]) -> str:
    told = {"parameters": config["parameters"], "data": _data(config)}
    return short_digest(json.dumps(told, sort_keys=True))
