"""From the words of a command line to the values of settings."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from agents.errors import AllocatorError
from agents.protocol import Allocator
from pyctl.errors import UnknownName, UsageError

MakeAllocator = Callable[[type[Allocator], Mapping[str, Any]], Allocator]


def parse_assignments(words: Iterable[str], option: str) -> dict[str, str]:
    """Reads ``key=value`` words.

    Args:
        words: as typed.
        option: that they were given to, for the message.

    Raises:
        UsageError: a word has no key, or a key comes twice.
    """
    assignments: dict[str, str] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not (equals and key):
            raise UsageError(f"{option} {word}: key=value is required")
        if key in assignments:
            raise UsageError(f"{option} {word}: {key} is already given as {assignments[key]}")
        assignments[key] = value
    return assignments


def make_allocator(allocator: type[Allocator], values: Mapping[str, Any]) -> Allocator:
    """Makes an allocator with settings given as text, or as values of a file.

    Raises:
        UnknownName: the allocator has no such setting.
        UsageError: a value is not of the setting's type, or is refused by the allocator.
    """
    names = [option.name for option in dataclasses.fields(allocator.Settings)]
    for key in values:
        if key not in names:
            raise UnknownName(f"setting of allocator {allocator.name}", key, names)
    try:
        return allocator(_convert(allocator, values) if values else None)
    except AllocatorError as error:
        raise UsageError(f"allocator {allocator.name}: {error}") from error


def _convert(allocator: type[Allocator], values: Mapping[str, Any]) -> Any:
    from pydantic import TypeAdapter, ValidationError

    types = {option.name: str(option.type) for option in dataclasses.fields(allocator.Settings)}
    plain = {key: _value_of(value, types[key]) for key, value in values.items()}
    try:
        return TypeAdapter(allocator.Settings).validate_python(plain)
    except ValidationError as error:
        raise UsageError(_sentence(allocator, plain, error.errors())) from None


def _value_of(value: Any, type_name: str) -> Any:
    """Reads lists and JSON from text, unless text is what the setting takes."""
    if not isinstance(value, str) or "str" in type_name:
        return value
    try:
        plain = json.loads(value)
    except json.JSONDecodeError:
        plain = [part.strip() for part in value.split(",")] if "," in value else value
    return [plain] if "tuple" in type_name and not isinstance(plain, list) else plain


def _sentence(allocator: type[Allocator], values: Mapping[str, Any], errors: list[Any]) -> str:
    first = errors[0]
    if "error" in first.get("ctx", {}):
        return f"allocator {allocator.name}: {first['ctx']['error']}"
    key = str(first["loc"][0]) if first["loc"] else ""
    if first["type"] in ("missing", "missing_argument"):
        return f"allocator {allocator.name}: the setting {key} is required"
    helps = {o.name: o.metadata.get("help", "") for o in dataclasses.fields(allocator.Settings)}
    wanted = f" ({helps[key]})" if helps.get(key) else ""
    return f"setting {key} of allocator {allocator.name} is {values[key]!r}: {first['msg']}{wanted}"
