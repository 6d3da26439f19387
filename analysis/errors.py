"""Errors of the analysis."""

from __future__ import annotations


class StoreReadError(ValueError):
    """A folder is no run, or its files are damaged; the text names the folder and the file."""


class FileInTheWay(ValueError):
    """A file or folder cannot be written; the text names it and says what would be right."""
