"""Digests: made of the bytes that they say, and of nothing else."""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pyctl.campaign.digest import canonical_json, file_sha256, kpi_sha256, run_id


def test_kpi_digest_is_made_of_name_step_and_float32_bytes() -> None:
    fields = {"thp": np.array([[1.0, 2.0], [3.0, 4.0]]), "cqi": np.array([7.0], np.float32)}
    expected = hashlib.sha256(
        b"cqi\0" + struct.pack("<Qf", 3, 7.0) + b"thp\0" + struct.pack("<Q4f", 3, 1, 2, 3, 4)
    ).hexdigest()
    assert kpi_sha256([(3, fields)]) == expected


def test_kpi_digest_does_not_depend_on_memory_order() -> None:
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    assert kpi_sha256([(1, {"a": values})]) == kpi_sha256([(1, {"a": np.asfortranarray(values)})])


@pytest.mark.parametrize(
    "other",
    [
        [(1, {"a": np.array([1.0, 2.5])})],
        [(2, {"a": np.array([1.0, 2.0])})],
        [(1, {"b": np.array([1.0, 2.0])})],
        [],
    ],
)
def test_kpi_digest_changes_with_values_steps_and_names(other: Any) -> None:
    assert kpi_sha256([(1, {"a": np.array([1.0, 2.0])})]) != kpi_sha256(other)


def test_run_id_does_not_depend_on_the_order_of_keys() -> None:
    assert run_id({"b": 1, "a": {"d": 2.5, "c": "x"}}) == run_id(
        {"a": {"c": "x", "d": 2.5}, "b": 1}
    )
    assert run_id({"a": 1}) == hashlib.sha256(b'{"a":1}').hexdigest()[:12]
    assert run_id({"a": 1}) != run_id({"a": 2})


def test_canonical_json_refuses_nan() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        canonical_json({"a": float("nan")})


def test_file_digest(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"abc")
    assert file_sha256(path).startswith("ba7816bf8f01cfea")
