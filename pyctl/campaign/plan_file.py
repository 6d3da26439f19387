"""Reads a plan from YAML; its errors name file, line, key, value and what would be right."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from pyctl.campaign.plan import AllocatorChoice, Condition, Plan, Range, Trace, Until
from pyctl.campaign.plan_fault import PlanFault
from pyctl.campaign.yaml_file import Key, YamlFile, read_yaml
from pyctl.errors import UnknownName, UsageError, located

# Models of what is below a key of the plan; elsewhere a mapping is a range.
MODELS: dict[str, type[BaseModel]] = {
    "allocators": AllocatorChoice,
    "when": Condition,
    "trace": Trace,
    "until": Until,
}
NAMED = ("scenario", "allocators")  # keys whose values are names themselves
METRIC = ("until", "metric")
TRACE_PATH = ("trace", "path")  # as well


@dataclass(frozen=True)
class PlanFile:
    """A plan and the file that it comes from."""

    plan: Plan
    file: YamlFile

    @contextmanager
    def located(self) -> Iterator[None]:
        """Puts file and line before errors about keys and names that the file has."""
        try:
            yield
        except UsageError as error:
            if isinstance(error, PlanFault):
                raise UsageError(f"{self._line_of(error.key)}: {error}") from error
            told = error.name if isinstance(error, UnknownName) else str(error)
            key = _best_match(self.file, told)
            place = f"{self.file.path}:{self.file.lines[key]}" if key else str(self.file.path)
            raise located(error, place) from error

    def _line_of(self, key: Key) -> str:
        return f"{self.file.path}:{self.file.lines[_known_part(self.file, key)]}"


def read_plan(path: Path) -> PlanFile:
    """Reads a plan.

    Raises:
        UsageError: naming file, line, key, value and what would be right.
    """
    file = read_yaml(path)
    try:
        return PlanFile(Plan.model_validate(file.values), file)
    except ValidationError as error:
        # A key that is written wrong is missing as well.
        errors = sorted(error.errors(), key=lambda e: e["type"] != "extra_forbidden")
        raise UsageError(_sentence(file, errors[0])) from None


def _sentence(file: YamlFile, error: Any) -> str:
    fault = error.get("ctx", {}).get("error")
    if isinstance(fault, PlanFault):
        return f"{file.path}:{file.lines[_known_part(file, fault.key)]}: {fault}"
    key = _known_part(file, error["loc"])
    message = error["msg"].removeprefix("Value error, ")
    if error["type"] == "missing":
        missing = f"{'.'.join((*key, str(error['loc'][-1])))} is missing"
        return f"{file.path}:{file.lines.get(key, 1)}: {missing}"
    if error["type"] == "extra_forbidden":
        above = f"key of {'.'.join(key[:-1])}" if len(key) > 1 else "key"
        message = str(UnknownName(above, key[-1], _fields_at(key[:-1])))
        return f"{file.path}:{file.lines[key]}: {message}"
    return f"{file.path}:{file.lines[key]}: {'.'.join(key)} is {error['input']!r}: {message}"


def _known_part(file: YamlFile, location: tuple[Any, ...]) -> Key:
    """Drops what pydantic adds to the keys of the file."""
    key: Key = ()
    for part in map(str, location):
        if (*key, part) in file.lines:
            key = (*key, part)
    return key


def _fields_at(key: Key) -> list[str]:
    if not key:
        model: type[BaseModel] = Plan
    else:
        depth = 1 if key[0] in ("trace", "until") else 2
        model = MODELS.get(key[0], Range) if len(key) == depth else Range
    return [field.alias or name for name, field in model.model_fields.items()]


def _best_match(file: YamlFile, message: str) -> Key | None:
    """Finds the key that a message names, the one whose value it names as well if there is one."""
    best, most = None, 0
    message = message.partition(";")[0]  # what follows says what would be right
    for key in file.lines:
        text = file.texts.get(key)
        has_value = text is not None and _names(message, text)
        name = next((part for part in reversed(key) if not part.isdigit()), "")
        has_name = _names(message, name) and len(key) > 1
        if key == TRACE_PATH and text is not None:
            has_name = has_value = _names(message, str(Path(text)))
        elif key == METRIC or (key[0] in NAMED and (len(key) < 3 or key[-1] == "name")):
            has_name = has_value
        score = 2 * has_name + (has_name and has_value)
        if score > most:
            best, most = key, score
    return best


def _names(message: str, word: str) -> bool:
    return bool(word) and bool(re.search(rf"(?<![\w.]){re.escape(word)}(?![\w.])", message))
