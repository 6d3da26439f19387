"""Errors of runs and their store."""

from __future__ import annotations

import errno
import os
from typing import ClassVar

from pyctl.errors import SlicebedError

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
NO_FOLDER = (errno.EEXIST, errno.ENOTDIR)
FORBIDDEN = (errno.EROFS, errno.EACCES, errno.EPERM)
# Why a run was interrupted.
BY_USER = "interrupted by the user"
BATCH_GONE = "the batch ended without a word: it was killed, or cannot be reached any more"


class AllocatorFailed(SlicebedError):
    """The code of an allocator raised an exception."""


class StoreError(SlicebedError):
    """A run folder cannot be read or written."""

    exit_status: ClassVar[int] = 2


def cannot_write(what: object, error: OSError) -> StoreError:
    """Makes the error that tells what cannot be written (a path), why, and what to do."""
    reason = os.strerror(error.errno) if error.errno else str(error)
    remedy = ""
    if error.errno in FULL:
        remedy = "; make room there and repeat the command"
    elif error.errno in FORBIDDEN:
        remedy = "; a folder that can be written is required, choose another --out"
    elif error.errno in NO_FOLDER:
        remedy = "; a folder is required, choose another --out"
    return StoreError(f"cannot write {what}: {reason}{remedy}")
