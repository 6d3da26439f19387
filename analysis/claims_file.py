"""Files of claims, ``claims/*.yaml``: what a paper says, and what that is held against."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    field_validator,
    model_validator,
)

from analysis.errors import ClaimsFileError

PERCENT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*%\s*")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Selection(_Strict):
    """Runs of an allocator with the settings that are named, and any others.

    Attributes:
        allocator: its name.
        allocator_settings: as in a run's ``config.json``.
    """

    allocator: str
    allocator_settings: dict[str, Any] = Field(default_factory=dict)

    def __str__(self) -> str:
        settings = [f"{key}={value}" for key, value in self.allocator_settings.items()]
        return " ".join([self.allocator, *settings])


class OfMeasure(_Strict):
    """A measure of ``slicebed bench`` or ``slicebed validate``, by its name."""

    measure: str


class OfRuns(Selection):
    """A metric of stored runs, its mean over their seeds.

    Attributes:
        metric: dotted name in ``summary.json``.
        scenario: its name.
        parameters: as in ``config.json``; those not named may have any value, but one only.
        against: the allocator, on the same parameters and seeds, whose metric is subtracted.
        change: difference in the metric's unit, or relative to that of ``against``.
    """

    metric: str
    scenario: str
    parameters: dict[str, Any] = Field(default_factory=dict)
    against: Selection | None = None
    change: Literal["absolute", "relative"] = "absolute"

    @model_validator(mode="after")
    def _change_of_something(self) -> OfRuns:
        if self.change == "relative" and self.against is None:
            raise ValueError("change is relative; against is required, with what it is relative to")
        return self


def _kind_of(value: Any) -> str:
    return "measure" if isinstance(value, dict) and "measure" in value else "metric"


Source = Annotated[
    Annotated[OfMeasure, Tag("measure")] | Annotated[OfRuns, Tag("metric")],
    Discriminator(_kind_of),
]


class Claim(_Strict):
    """One claim.

    Attributes:
        id: names it within its file.
        text: what the paper says.
        paper_value: the number that it gives.
        tolerance: how far from it is still the same: in its unit, or as ``10 %`` of it.
        accept: on which side of the number what was found may lie any distance away.
        mode: what it is tested on: formulas of the paper, or packets.
        compare: what it is held against; or else
        untestable: why it cannot be tested.
    """

    id: str
    text: str
    paper_value: float = Field(allow_inf_nan=False)
    tolerance: float | str = 0.0
    accept: Literal["equal", "at least", "at most"] = "equal"
    mode: Literal["formula", "packet"]
    compare: Source | None = None
    untestable: str | None = None

    @field_validator("tolerance")
    @classmethod
    def _is_distance(cls, value: float | str) -> float | str:
        percent = isinstance(value, str) and PERCENT.fullmatch(value)
        if not percent and (isinstance(value, str) or not 0 <= value < math.inf):
            raise ValueError("a number of at least 0, or a percentage such as '10 %', is required")
        return value

    @model_validator(mode="after")
    def _tested_or_not(self) -> Claim:
        if (self.compare is None) == (self.untestable is None):
            raise ValueError("either compare or untestable is required")
        return self

    def accepted(self) -> tuple[float, float]:
        """Gives the least and greatest value that agree with the paper."""
        distance = self.tolerance
        if isinstance(distance, str):
            distance = float(distance.rstrip(" %")) / 100 * abs(self.paper_value)
        return (
            -math.inf if self.accept == "at most" else self.paper_value - distance,
            math.inf if self.accept == "at least" else self.paper_value + distance,
        )


class ClaimsFile(_Strict):
    """A file: a paper and its claims."""

    paper: str
    claims: tuple[Claim, ...] = Field(min_length=1)

    @field_validator("claims")
    @classmethod
    def _told_apart(cls, claims: tuple[Claim, ...]) -> tuple[Claim, ...]:
        ids = [claim.id for claim in claims]
        twice = next((name for name in ids if ids.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"the id {twice} comes twice")
        return claims


def read_claims(path: Path) -> ClaimsFile:
    """Reads a file of claims.

    Raises:
        ClaimsFileError: naming file, line, key and what would be right.
    """
    try:
        text = path.read_text()
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        return ClaimsFile.model_validate(yaml.safe_load(text))
    except OSError as error:
        raise ClaimsFileError(f"cannot read {path}: {error.strerror}") from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise ClaimsFileError(f"{path} is no YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise ClaimsFileError(_sentence(path, root, first)) from None


def _sentence(path: Path, root: yaml.Node | None, error: Any) -> str:
    # The tag of a union's member is in the place, not in the file.
    keys = [key for i, key in enumerate(error["loc"]) if not _is_tag(error["loc"], i)]
    message = error["msg"].removeprefix("Value error, ")
    line = _line(root, keys)
    place = ".".join(map(str, keys))
    return f"{path}:{line}: {place + ': ' if place else ''}{message}"


def _is_tag(place: tuple[Any, ...], i: int) -> bool:
    return i > 0 and place[i - 1] == "compare" and place[i] in ("measure", "metric")


def _line(root: yaml.Node | None, keys: list[Any]) -> int:
    """Finds where a key is, or the innermost of those that lead to it."""
    node = root
    line = 1
    for key in keys:
        if isinstance(node, yaml.SequenceNode) and isinstance(key, int):
            node = node.value[key]
            line = node.start_mark.line + 1
        elif isinstance(node, yaml.MappingNode):
            found = next(((k, v) for k, v in node.value if k.value == key), None)
            if found is None:
                break
            line, node = found[0].start_mark.line + 1, found[1]
    return line
