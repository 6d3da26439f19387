"""Files that the settings of an allocator name: they count by their content.

A setting names a file if its field says so (``agents.protocol.Allocator.files``). The canonical
configuration has the absolute path, for whoever repeats the run, and the digest of the content
besides; the run's id is made of the digest alone. So a file that is written anew makes another run,
and one that is moved does not.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from agents.protocol import Allocator
from pyctl.campaign.digest import FILES_SHA256, file_sha256
from pyctl.campaign.registry import load_allocator
from pyctl.errors import UsageError

SETTINGS = "allocator_settings"


def with_files(
    config: Mapping[str, Any], seed: int, allocator: type[Allocator] | None = None
) -> dict[str, Any]:
    """Gives a configuration a seed, and the digests of the files that its settings name then.

    Args:
        config: canonical configuration.
        seed: of the run; a path may have it.
        allocator: class; None to load it by the configuration's name.

    Raises:
        UsageError: a file cannot be read.
    """
    digests = {
        name: entry["sha256"]
        for name, entry in setting_files(
            allocator or load_allocator(config["allocator"]), config[SETTINGS], seed
        ).items()
    }
    others = {key: value for key, value in config.items() if key != FILES_SHA256}
    return {**others, "seed": seed, **({FILES_SHA256: digests} if digests else {})}


def setting_files(
    allocator: type[Allocator], settings: Mapping[str, Any], seed: int
) -> dict[str, dict[str, str]]:
    """Lists path and digest of each file by the setting that names it.

    Args:
        allocator: class.
        settings: of it.
        seed: of the run; a path may have it.

    Raises:
        UsageError: a file cannot be read.
    """
    found: dict[str, dict[str, str]] = {}
    for name, path in allocator.files(settings, seed).items():
        try:
            digest = content_sha256(path)
        except OSError as error:
            raise UsageError(
                f"setting {name} of allocator {allocator.name}: cannot read {path}: "
                f"{error.strerror}"
            ) from error
        found[name] = {"path": str(path.absolute()), "sha256": digest}
    return found


def absolute_files(allocator: type[Allocator], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Makes the paths among settings absolute, so that they hold in any working folder."""
    named = allocator.files(settings, seed=0)
    return {
        name: str(Path(value).absolute()) if name in named else value
        for name, value in settings.items()
    }


def content_sha256(path: Path) -> str:
    """Digests a file's bytes, or names and bytes of all files below a folder.

    What did not change since is not read again by the same process.

    Raises:
        OSError: it cannot be read.
    """
    if not path.is_dir():
        status = os.stat(path)
        return _file_sha256(path.absolute(), status.st_mtime_ns, status.st_size, status.st_ino)
    digest = hashlib.sha256()
    for inner in sorted(each for each in path.rglob("*") if not each.is_dir()):
        digest.update(inner.relative_to(path).as_posix().encode() + b"\0")
        digest.update(bytes.fromhex(content_sha256(inner)))
    return digest.hexdigest()


@cache
def _file_sha256(path: Path, mtime_ns: int, size: int, inode: int) -> str:  # noqa: ARG001
    """Digests the bytes of a file as it was then."""
    return file_sha256(path)
