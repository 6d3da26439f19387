"""Allocators by name, from the entry points ``slicebed.allocators`` of all installed packages."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

from agents.protocol import Allocator
from pyctl.errors import SlicebedError, UnknownName

GROUP = "slicebed.allocators"


@dataclass(frozen=True)
class AllocatorEntry:
    """One registered allocator.

    Attributes:
        name: as users type it.
        allocator: its class, or None if it cannot be loaded.
        fault: why it cannot be loaded, else empty.
    """

    name: str
    allocator: type[Allocator] | None
    fault: str = ""


def allocator_names() -> list[str]:
    """Returns the registered names, sorted; loads nothing."""
    return sorted(_registered())


def list_allocators() -> list[AllocatorEntry]:
    """Loads all registered allocators; a broken one is reported, and does not hide the others."""
    return [_entry(name, entries) for name, entries in sorted(_registered().items())]


def load_allocator(name: str) -> type[Allocator]:
    """Loads an allocator's class.

    Raises:
        UnknownName: no package registers the name.
        SlicebedError: it is registered, and cannot be loaded.
    """
    registered = _registered()
    if name not in registered:
        raise UnknownName("allocator", name, sorted(registered))
    entry = _entry(name, registered[name])
    if entry.allocator is None:
        raise SlicebedError(f"allocator {name} cannot be loaded: {entry.fault}")
    return entry.allocator


def _registered() -> dict[str, list[EntryPoint]]:
    """Reads what is installed, which takes some milliseconds, once for each question."""
    found: dict[str, list[EntryPoint]] = {}
    for entry in entry_points(group=GROUP):
        found.setdefault(entry.name, []).append(entry)
    return found


def _entry(name: str, entries: Sequence[EntryPoint]) -> AllocatorEntry:
    candidates = {entry.value: entry for entry in entries}
    if len(candidates) > 1:
        return AllocatorEntry(name, None, f"registered twice, as {' and '.join(candidates)}")
    return _load(next(iter(candidates.values())))


def _load(entry: EntryPoint) -> AllocatorEntry:
    try:
        loaded = entry.load()
    except Exception as error:  # noqa: BLE001 - a plug-in's import may raise anything
        return AllocatorEntry(entry.name, None, f"{entry.value}: {type(error).__name__}: {error}")
    if not (inspect.isclass(loaded) and issubclass(loaded, Allocator)):
        return AllocatorEntry(
            entry.name, None, f"{entry.value} is not a class that extends agents.protocol.Allocator"
        )
    if inspect.isabstract(loaded):
        missing = ", ".join(sorted(loaded.__abstractmethods__))
        return AllocatorEntry(entry.name, None, f"{entry.value} does not define {missing}")
    return AllocatorEntry(entry.name, loaded)
