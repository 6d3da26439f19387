"""Folders and files that appear, or take another's place, in one step."""

from __future__ import annotations

import ctypes
import errno
import os
from pathlib import Path

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


def put_in_place(folder: Path, target: Path) -> Path | None:
    """Renames ``folder`` to ``target``; what was there gets the name ``folder``.

    Readers see the old target or the new one, never none and never a mixture (Linux
    ``renameat2``; a file system that cannot exchange names has an instant without a target).

    Args:
        folder: complete, on the same file system as ``target``.
        target: where it shall be.

    Returns:
        Where the old target is now, or None if there was none.

    Raises:
        OSError: the folder cannot be renamed.
    """
    if not target.exists():
        folder.rename(target)
        return None
    if not _exchange(folder, target):
        aside = folder.with_name(folder.name + ".old")
        target.rename(aside)
        folder.rename(target)
        return aside
    return folder


def write_text(path: Path, text: str) -> None:
    """Writes a file whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_text(text)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _exchange(one: Path, other: Path) -> bool:
    """Exchanges two names; False where the file system cannot."""
    libc = ctypes.CDLL(None, use_errno=True)
    status = libc.renameat2(
        _AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE
    )
    if status == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.EINVAL, errno.ENOSYS):
        return False
    raise OSError(code, os.strerror(code), str(other))
