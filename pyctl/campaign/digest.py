"""Digests that tell whether two runs measured the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

FILES_SHA256 = "files_sha256"  # of a configuration: digests by the settings that name files


def kpi_sha256(records: Iterable[tuple[int, Mapping[str, npt.NDArray[Any]]]]) -> str:
    """Digests the KPI records of a run.

    For each record, in the order given, and each field, in the order of its name: the name and a
    zero byte, the step as 8 bytes, the values as float32; all little-endian, arrays in C order.

    Args:
        records: pairs of step and fields.
    """
    digest = hashlib.sha256()
    for step, fields in records:
        for name in sorted(fields):
            digest.update(name.encode() + b"\0")
            digest.update(step.to_bytes(8, "little"))
            digest.update(np.asarray(fields[name], dtype="<f4").tobytes(order="C"))
    return digest.hexdigest()


def canonical_json(value: Any) -> str:
    """Writes JSON in the one form that digests are made of."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def run_id(config: Mapping[str, Any]) -> str:
    """Names a run by its configuration: 12 hexadecimal digits.

    Settings that name files count by what is in these, not by where they are.
    """
    named = config.get(FILES_SHA256, {})
    if named:
        settings = {k: v for k, v in config["allocator_settings"].items() if k not in named}
        config = {**config, "allocator_settings": settings}
    return hashlib.sha256(canonical_json(config).encode()).hexdigest()[:12]


def file_sha256(path: Path) -> str:
    """Digests a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
