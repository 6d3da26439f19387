"""Errors of allocators."""

from __future__ import annotations


class AllocatorError(ValueError):
    """An allocator was asked for something it cannot do, or was set up wrongly.

    The message is one sentence that names the setting, its value and what would be right.
    """
