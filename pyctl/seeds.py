"""What a seed is: a whole number of 32 bits, all of them used by the random streams of a run."""

from __future__ import annotations

from numbers import Integral
from typing import Any

from pyctl.errors import UsageError

MAX_SEED = 2**32 - 1


def require_seed(name: str, value: Any, last: int = MAX_SEED) -> int:
    """Refuses what is no seed up to ``last``.

    Raises:
        UsageError: naming it and its value.
    """
    whole = isinstance(value, Integral) and not isinstance(value, bool)
    if not whole or not 0 <= value <= last:
        raise UsageError(f"{name} is {value!r}; a whole number from 0 to {last} is required")
    return int(value)
