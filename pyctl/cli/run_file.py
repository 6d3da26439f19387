"""The YAML file of ``slicebed run --config``: a run as the command line would say it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError

from pyctl.campaign.yaml_file import Key, read_yaml
from pyctl.errors import UnknownName, UsageError
from pyctl.seeds import MAX_SEED

Scalar = bool | int | float | str
KEY_DEPTH = 2


class RunFile(BaseModel):
    """What the file may say."""

    model_config = ConfigDict(extra="forbid", strict=True)

    scenario: str | None = None
    allocator: str | None = None
    set: dict[str, Scalar] = Field(default_factory=dict)
    allocator_set: dict[str, Any] = Field(default_factory=dict)
    seed: int = Field(default=1, ge=0, le=MAX_SEED)

    _path: Path = PrivateAttr(default=Path())
    _lines: dict[Key, int] = PrivateAttr(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> RunFile:
        """Reads a file.

        Raises:
            UsageError: naming file, line, key, value and what would be right.
        """
        read = read_yaml(path, "--config")
        # What is within a value has no line of its own here.
        lines = {key: line for key, line in read.lines.items() if len(key) <= KEY_DEPTH}
        try:
            file = cls.model_validate(read.values)
        except ValidationError as error:
            raise UsageError(_sentence(path, lines, error.errors()[0])) from None
        file._path, file._lines = path, lines
        return file

    @contextmanager
    def located(self, overridden: Collection[str]) -> Iterator[None]:
        """Puts file and line before errors about keys and names that the file has.

        Args:
            overridden: keys whose values come from the command line instead.
        """
        try:
            yield
        except UsageError as error:
            line = self._line_named_in(str(error), overridden)
            if line is None:
                raise
            raise UsageError(f"{self._path}:{line}: {error}") from error

    def _line_named_in(self, message: str, overridden: Collection[str]) -> int | None:
        for key, line in self._lines.items():
            name = key[-1] if len(key) > 1 else str(getattr(self, key[0]))
            named = re.search(rf"(?<![\w.]){re.escape(name)}(?![\w.])", message)
            if named and key[-1] not in overridden and key[0] != "seed":
                return line
        return None


def _sentence(path: Path, lines: Mapping[Key, int], error: Any) -> str:
    location = tuple(str(part) for part in error["loc"])
    key = next((location[:n] for n in (2, 1) if location[:n] in lines), ())
    place = f"{path}:{lines.get(key, 1)}"
    name = ".".join(key)
    if error["type"] == "extra_forbidden":
        return f"{place}: {UnknownName('key', name, list(RunFile.model_fields))}"
    return f"{place}: {name} is {error['input']!r}: {error['msg']}"
