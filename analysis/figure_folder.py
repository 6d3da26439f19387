"""A folder of figures, which knows what was drawn in it: nothing else is touched."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from analysis.errors import FileInTheWay

MANIFEST = "figures.json"


class FigureFolder:
    """A folder of figures.

    Attributes:
        path: of the folder; it may not exist yet.
    """

    def __init__(self, path: Path) -> None:
        """Takes a folder with what ``figures.json`` says was drawn in it."""
        self.path = path
        self._ours = self._read()

    def require_free(self, names: Sequence[str]) -> None:
        """Checks that files may be written.

        Raises:
            FileInTheWay: one is there that was not drawn here.
        """
        for name in names:
            path = self.path / name
            if path.exists() and name not in self._ours:
                raise FileInTheWay(
                    f"{path} is in the way: no figure drawn here by an earlier call; "
                    "move it, or choose another folder"
                )

    def claim(self, names: Sequence[str]) -> None:
        """Notes that files are about to be written, and deletes earlier figures of other names.

        Raises:
            FileInTheWay: the folder cannot be written.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            (self.path / MANIFEST).write_text(json.dumps({"files": sorted(names)}, indent=1) + "\n")
        except OSError as error:
            raise FileInTheWay(f"cannot write figures to {self.path}: {error.strerror}") from error
        for name in self._ours - set(names):
            (self.path / name).unlink(missing_ok=True)
        self._ours = set(names)

    def _read(self) -> set[str]:
        path = self.path / MANIFEST
        if not path.exists():
            return set()
        try:
            names = json.loads(path.read_text())["files"]
            return {name for name in names if Path(name).name == name}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise FileInTheWay(f"{path} is in the way: it lists no figures ({error})") from error
