"""Small files of a reproduction: there whole or not at all, so that an interrupted one goes on."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


def write_whole(path: Path, value: Any) -> None:
    """Writes a JSON file; a reader sees the old one or all of the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    part.write_text(json.dumps(value, indent=1) + "\n")
    part.replace(path)
