"""Errors of the analysis."""

from __future__ import annotations

from collections.abc import Iterable


class StoreReadError(ValueError):
    """A folder is no run, or its files are damaged; the text names the folder and the file."""


class FileInTheWay(ValueError):
    """A file or folder cannot be written; the text names it and says what would be right."""


class NoSuchName(ValueError):
    """A name that the runs do not have.

    Attributes:
        kind: of thing, such as ``metric``.
        name: as given.
        known: the names that would be right.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        self.kind = kind
        self.name = name
        self.known = sorted(set(known))
        super().__init__(f"unknown {kind} {name!r}; known: {', '.join(self.known) or 'none'}")


class ClaimsFileError(ValueError):
    """A file of claims is wrong; the text names file, line, key and what would be right."""
