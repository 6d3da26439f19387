"""Plans: scenario x allocator x parameters x seeds, and the list of runs that they mean."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
    model_validator,
)

from pyctl.campaign.backends.sbatch_options import require_known
from pyctl.campaign.digest import canonical_json
from pyctl.campaign.offered import TraceChoice
from pyctl.campaign.plan_fault import PlanFault
from pyctl.campaign.prepare import RunConfig
from pyctl.errors import UnknownName, UsageError
from pyctl.seeds import MAX_SEED

# Decimal steps add up to a border within a few units of the last place.
DIGITS = 12
LEAST_SEEDS = 3  # that a spread is judged by
MOST_RUNS = 1_000_000  # of a plan: more is a slip of the pen, and fills the memory before it runs
MOST_TOLD = 10  # values that a message lists
RUN_KEYS = ("scenario", "allocator", "seed")  # that a condition may name beside parameters


def _require_scalar(value: Any) -> Any:
    if not isinstance(value, bool | int | float | str):
        raise ValueError("a number, a text, true or false is required")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("a finite number is required")
    return value


def _kind(value: Any) -> str:
    if isinstance(value, list):
        return "list"
    return "range" if isinstance(value, dict | Range) else "value"


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, populate_by_name=True)


class Range(_Model):
    """Equally spaced numbers, both ends among them."""

    first: int | float = Field(alias="from")
    last: int | float = Field(alias="to")
    step: int | float | None = Field(default=None, description="between neighbours; or give count")
    count: int | None = Field(
        default=None, ge=2, le=MOST_RUNS, description="of numbers; or give step"
    )

    @model_validator(mode="after")
    def _require_numbers(self) -> Range:
        if (self.step is None) == (self.count is None):
            raise ValueError("either step or count is required")
        if not all(map(math.isfinite, (self.first, self.last, self.step or 1))):
            raise ValueError("finite numbers are required")
        if self.step is not None and (self.step == 0 or (self.last - self.first) / self.step < 0):
            ends = f"from {self.first:g} to {self.last:g}"
            raise ValueError(f"step {self.step:g} does not lead {ends}")
        if self.step is not None and self._steps(self.step) >= MOST_RUNS:
            raise ValueError(
                f"step {self.step:g} makes more than {MOST_RUNS} numbers; a larger one is required"
            )
        return self

    def _steps(self, step: int | float) -> float:
        return (self.last - self.first) / step + 1e-9

    def numbers(self) -> list[int | float]:
        """Lists them; the last is at most ``to``."""
        if self.step is not None:
            steps = math.floor(self._steps(self.step))
            return [_rounded(self.first + i * self.step) for i in range(steps + 1)]
        gaps = (self.count or 2) - 1
        span = self.last - self.first
        return [_rounded(self.first + span * i / gaps) for i in range(gaps + 1)]


def _require_few(seeds: int) -> int:
    if seeds > MOST_RUNS:
        raise ValueError(
            f"so many are more than a plan may have runs ({MOST_RUNS}); seeds: N is how many, "
            f"[{seeds}] is the one seed {seeds}"
        )
    return seeds


def _rounded(number: int | float) -> int | float:
    if isinstance(number, int):
        return number
    short = float(f"{number:.{DIGITS}g}")
    return int(short) if short.is_integer() else short


Scalar = Annotated[
    Any,
    AfterValidator(_require_scalar),
    WithJsonSchema({"type": ["number", "string", "boolean"]}),
]
Values = Annotated[
    Annotated[Scalar, Tag("value")]
    | Annotated[list[Scalar], Field(min_length=1), Tag("list")]
    | Annotated[Range, Tag("range")],
    Discriminator(_kind),
]
Seed = Annotated[int, Field(ge=0, le=MAX_SEED)]
Seeds = Annotated[
    Annotated[
        int,
        Field(ge=1, description="how many, from 1 on"),
        AfterValidator(_require_few),
        Tag("value"),
    ]
    | Annotated[list[Seed], Field(min_length=1), Tag("list")]
    | Annotated[Range, Tag("range")],
    Discriminator(_kind),
]


class AllocatorChoice(_Model):
    """An allocator with settings."""

    name: str
    settings: dict[str, Any] = Field(
        default_factory=dict, description="values of the settings; a list is one value"
    )


class Trace(_Model):
    """Which part of a data set drives the offered load."""

    path: str
    squares: list[int] | None = None


class Condition(_Model):
    """What changes for the runs that match."""

    match: dict[str, Scalar | list[Scalar]] = Field(
        alias="if", description="scenario, allocator, seed or a parameter, and its value or values"
    )
    set: dict[str, Values] = Field(default_factory=dict, description="parameters of these runs")
    skip: bool = Field(default=False, description="leave these runs out")


class Until(_Model):
    """Adds seeds until a metric is known well enough."""

    metric: str = Field(description="name in summary.json: reward_mean, per_slice.1.r_mean")
    half_width: Annotated[float, Field(gt=0, allow_inf_nan=False)] = Field(
        description="that the 95 % interval of the mean must reach"
    )
    relative: bool = Field(
        default=False, description="half_width is a share of the mean (of the reference's mean)"
    )
    reference: str | None = Field(
        default=None, description="allocator: judge the differences to it on the same seeds"
    )
    max_seeds: int = Field(ge=LEAST_SEEDS, le=MOST_RUNS, description="of a cell, reached or not")
    add: int = Field(default=4, ge=1, description="seeds at a time, judged together")


def _allocator_kind(value: Any) -> str:
    return "name" if isinstance(value, str) else "choice"


Choice = Annotated[
    Annotated[str, Tag("name")] | Annotated[AllocatorChoice, Tag("choice")],
    Discriminator(_allocator_kind),
]


def _name_kind(value: Any) -> str:
    return "list" if isinstance(value, list) else "name"


class Plan(_Model):
    """What to run: every scenario with every allocator, parameters and seed."""

    scenario: Annotated[
        Annotated[str, Tag("name")] | Annotated[list[str], Field(min_length=1), Tag("list")],
        Discriminator(_name_kind),
    ]
    allocators: list[Choice] = Field(min_length=1)
    parameters: dict[str, Values] = Field(
        default_factory=dict, description="each value with each of the others"
    )
    zip: list[dict[str, Values]] = Field(
        default_factory=list, description="parameters of an entry change together"
    )
    when: list[Condition] = Field(default_factory=list, description="in this order")
    seeds: Seeds = Field(default=1, description="how many, a list, or a range")
    trace: Trace | None = None
    until: Until | None = Field(default=None, description="seeds are those to begin with")
    slurm: dict[str, str | int] = Field(
        default_factory=dict, description="options of sbatch by their long names"
    )

    @model_validator(mode="after")
    def _require_room_for_seeds(self) -> Plan:
        if self.until is None:
            return self
        for i, condition in enumerate(self.when):
            if "seed" in condition.match:
                key = ("when", str(i), "if", "seed")
                raise PlanFault(key, "until adds seeds of its own: if must not name seed")
        names = [c if isinstance(c, str) else c.name for c in self.allocators]
        if self.until.reference is not None and names.count(self.until.reference) != 1:
            raise PlanFault(
                ("until", "reference"),
                f"reference is {self.until.reference}; the name of one of the allocators is "
                f"required: {', '.join(names)}",
            )
        seeds = _seeds(self.seeds)
        if not LEAST_SEEDS <= len(set(seeds)) <= self.until.max_seeds:
            raise PlanFault(
                ("seeds",),
                f"seeds are {len(set(seeds))}; {LEAST_SEEDS} to {self.until.max_seeds} (max_seeds) "
                "to begin with are required",
            )
        if max(seeds) + self.until.max_seeds > MAX_SEED:
            raise PlanFault(
                ("seeds",), f"seeds has {max(seeds)}; max_seeds more would pass {MAX_SEED}"
            )
        return self

    @model_validator(mode="after")
    def _require_fitting(self) -> Plan:
        for seed in _seeds(self.seeds):
            if not (isinstance(seed, int) and 0 <= seed <= MAX_SEED):
                raise PlanFault(
                    ("seeds",), f"seeds has {seed}; whole numbers from 0 to {MAX_SEED} are required"
                )
        names = set(self.parameters)
        for i, together in enumerate(self.zip):
            lengths = {name: len(_list(values)) for name, values in together.items()}
            if len(set(lengths.values())) > 1:
                told = ", ".join(f"{name} has {n}" for name, n in lengths.items())
                raise PlanFault(
                    ("zip", str(i)), f"parameters of a zip need lists of one length: {told}"
                )
            if twice := names & set(together):
                key = ("zip", str(i), min(twice))
                raise PlanFault(key, f"parameter {min(twice)} is given twice")
            names |= set(together)
        for name in self.slurm:
            try:
                require_known([name])
            except UsageError as error:
                raise PlanFault(("slurm", name), str(error)) from error
        _require_few_runs(self)
        _require_conditions(self)
        return self


def _require_few_runs(plan: Plan) -> None:
    """Counts the runs that each axis multiplies, before there is any."""
    axes: dict[tuple[str, ...], int] = {
        ("scenario",): len(_list(plan.scenario)),
        ("allocators",): len(plan.allocators),
        ("seeds",): len(_seeds(plan.seeds)),
    }
    for name, values in plan.parameters.items():
        axes["parameters", name] = len(_list(values))
    for i, together in enumerate(plan.zip):
        axes["zip", str(i)] = len(_together(together))
    if (count := math.prod(axes.values())) > MOST_RUNS:
        longest = max(axes, key=lambda key: axes[key])
        hint = "; seeds: N is how many, [N] is the one seed N" if longest == ("seeds",) else ""
        raise PlanFault(
            longest,
            f"the plan means {count} runs, {'.'.join(longest)} being {axes[longest]}; "
            f"{MOST_RUNS} at most are allowed{hint}",
        )


def _require_conditions(plan: Plan) -> None:
    """Refuses conditions on keys and values that no run of the plan can have."""
    known: dict[str, list[Any]] = {name: _list(values) for name, values in plan.parameters.items()}
    for together in plan.zip:
        known |= {name: _list(values) for name, values in together.items()}
    for_all = {
        "scenario": _list(plan.scenario),
        "allocator": [c if isinstance(c, str) else c.name for c in plan.allocators],
        "seed": _seeds(plan.seeds),
    }
    for i, condition in enumerate(plan.when):
        possible = {**known, **for_all}
        for name, wanted in condition.match.items():
            key = ("when", str(i), "if", name)
            if name not in possible:
                raise PlanFault(key, str(UnknownName("key of if", name, possible)))
            for value in _list(wanted):
                if value not in possible[name]:
                    raise PlanFault(key, _no_such_value(name, value, possible[name]))
        for name, values in condition.set.items():
            known[name] = [*known.get(name, ()), *_list(values)]


def _no_such_value(name: str, value: Any, known: list[Any]) -> str:
    if all(isinstance(one, str) for one in (value, *known)):
        return str(UnknownName(f"{name} of if", value, dict.fromkeys(known)))
    told = ", ".join(map(repr, known[:MOST_TOLD])) + (", ..." if len(known) > MOST_TOLD else "")
    return f"{name} of if is {value!r}, which no run of the plan has; one of {told} is required"


def expand(plan: Plan) -> list[RunConfig]:
    """Lists the runs of a plan, each once.

    Scenarios change slowest, then allocators, parameters and zips in the order of the plan (the
    first slowest); seeds change fastest.

    Raises:
        PlanFault: a condition matches no run, or makes too many of them.
    """
    runs: dict[str, RunConfig] = {}
    matched: set[int] = set()
    conditions = list(enumerate(plan.when))
    for run in _product(plan):
        for changed in _conditions(conditions, run, matched):
            runs.setdefault(_key(changed), changed)
            if len(runs) > MOST_RUNS:
                raise PlanFault(
                    ("when",), f"the plan means more than {MOST_RUNS} runs by what when sets"
                )
    for i, condition in conditions:
        if i not in matched:
            told = ", ".join(f"{name}: {value}" for name, value in condition.match.items())
            raise PlanFault(("when", str(i), "if"), f"if {{{told}}} matches no run of the plan")
    return list(runs.values())


def _product(plan: Plan) -> Iterator[RunConfig]:
    axes = [[{name: value} for value in _list(values)] for name, values in plan.parameters.items()]
    axes += [_together(entry) for entry in plan.zip]
    trace = _trace(plan.trace)
    for scenario, choice, *parts, seed in itertools.product(
        _list(plan.scenario), plan.allocators, *axes, _seeds(plan.seeds)
    ):
        named = AllocatorChoice(name=choice) if isinstance(choice, str) else choice
        parameters = {name: value for part in parts for name, value in part.items()}
        yield RunConfig(scenario, named.name, parameters, named.settings, seed, trace)


def _conditions(
    conditions: list[tuple[int, Condition]], run: RunConfig, matched: set[int]
) -> Iterator[RunConfig]:
    """Applies conditions one after the other; a set of several values makes several runs.

    Args:
        conditions: with their numbers.
        run: that they are applied to.
        matched: gets the numbers of those that match.
    """
    if not conditions:
        yield run
        return
    (number, first), *others = conditions
    if not _matches(first.match, run):
        yield from _conditions(others, run, matched)
        return
    matched.add(number)
    if not first.skip:
        axes = [[(name, value) for value in _list(v)] for name, v in first.set.items()]
        for changes in itertools.product(*axes):
            changed = _with_parameters(run, {**run.parameters, **dict(changes)})
            yield from _conditions(others, changed, matched)


def _matches(match: Mapping[str, Any], run: RunConfig) -> bool:
    facts = {**run.parameters, **{name: getattr(run, name) for name in RUN_KEYS}}
    return all(
        facts.get(name) in (wanted if isinstance(wanted, list) else [wanted])
        for name, wanted in match.items()
    )


def _with_parameters(run: RunConfig, parameters: Mapping[str, Any]) -> RunConfig:
    return RunConfig(run.scenario, run.allocator, parameters, run.settings, run.seed, run.trace)


def _list(values: Any) -> list[Any]:
    if isinstance(values, Range):
        return values.numbers()
    return values if isinstance(values, list) else [values]


def _seeds(seeds: int | list[int] | Range) -> list[Any]:
    return list(range(1, seeds + 1)) if isinstance(seeds, int) else _list(seeds)


def _together(entry: Mapping[str, Any]) -> list[dict[str, Any]]:
    columns = [_list(values) for values in entry.values()]
    return [dict(zip(entry, row, strict=True)) for row in zip(*columns, strict=True)]


def _trace(trace: Trace | None) -> TraceChoice | None:
    if trace is None:
        return None
    return TraceChoice(Path(trace.path), tuple(trace.squares) if trace.squares else None)


def _key(run: RunConfig) -> str:
    trace = (str(run.trace.path), run.trace.squares) if run.trace else None
    return canonical_json(
        [run.scenario, run.allocator, dict(run.parameters), dict(run.settings), run.seed, trace]
    )
