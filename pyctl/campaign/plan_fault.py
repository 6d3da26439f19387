"""What is wrong with a plan as a whole, and at which of its keys."""

from __future__ import annotations

from typing import Any

from pyctl.errors import UsageError


class PlanFault(UsageError, ValueError):
    """Keys of a plan that do not fit together; a ``ValueError``, as validators raise it.

    Attributes:
        key: of the plan: ``("when", "0", "if")``.
    """

    def __init__(self, key: tuple[str, ...], message: str) -> None:
        self.key = key
        super().__init__(message)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.key, str(self))
