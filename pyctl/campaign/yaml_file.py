"""YAML files whose errors name the line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pyctl.errors import UsageError

Key = tuple[str, ...]


@dataclass(frozen=True)
class YamlFile:
    """A file that was read.

    Attributes:
        path: of the file.
        values: what it says.
        lines: of each key and each element of a list (its index), innermost first; an outer key
            of ``("a", "b")`` is ``("a",)``.
        texts: of the plain values among them, as Python writes them.
    """

    path: Path
    values: Any
    lines: Mapping[Key, int]
    texts: Mapping[Key, str]


def read_yaml(path: Path, option: str = "") -> YamlFile:
    """Reads a file with a mapping.

    Args:
        path: of the file.
        option: that named it, for the message.

    Raises:
        UsageError: naming file, line, and what would be right.
    """
    text = _read_text(path, f"{option}: " if option else "")
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        if not isinstance(root, yaml.MappingNode):
            raise UsageError(f"{path}:1: a mapping with keys such as scenario is required")
        nodes = dict(_nodes(path, root, ()))
        values = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UsageError(f"{path}:{line}: not YAML: {error.problem}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise UsageError(f"{path}:1: not YAML: {error}") from None
    inner_first = sorted(nodes, key=len, reverse=True)
    return YamlFile(
        path=path,
        values=values,
        lines={key: nodes[key] for key in inner_first},
        texts=dict(_leaves(values, ())),
    )


def _read_text(path: Path, place: str) -> str:
    try:
        return path.read_text()
    except OSError as error:
        raise UsageError(f"{place}cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{place}{path} is not a text file: {error}") from error


def _nodes(path: Path, node: yaml.Node, above: Key) -> Iterator[tuple[Key, int]]:
    for name, line, value in _entries(path, node):
        key = (*above, name)
        yield key, line
        yield from _nodes(path, value, key)


def _leaves(value: Any, above: Key) -> Iterator[tuple[Key, str]]:
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _leaves(inner, (*above, str(key)))
    else:
        yield above, str(value)


def _entries(path: Path, node: yaml.Node) -> Iterator[tuple[str, int, yaml.Node]]:
    if isinstance(node, yaml.SequenceNode):
        for i, value in enumerate(node.value):
            yield str(i), value.start_mark.line + 1, value
    if not isinstance(node, yaml.MappingNode):
        return
    seen: dict[str, int] = {}
    for key, value in node.value:
        name, line = str(key.value), key.start_mark.line + 1
        if name in seen:
            raise UsageError(f"{path}:{line}: {name} is already given in line {seen[name]}")
        seen[name] = line
        yield name, line, value
