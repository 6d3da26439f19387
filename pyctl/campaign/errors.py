"""Errors of runs and their store."""

from __future__ import annotations

from pyctl.errors import SlicebedError


class AllocatorFailed(SlicebedError):
    """The code of an allocator raised an exception."""


class StoreError(SlicebedError):
    """A run folder cannot be read or written."""
