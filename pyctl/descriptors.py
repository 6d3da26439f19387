"""Room for file descriptors, of which a process may have only so many open at once.

Looked for before they are opened: where none is left, libraries below (ZeroMQ) end the process.
"""

from __future__ import annotations

import errno
import os
import resource

from pyctl.errors import UsageError

# Pipes and files that are open for a moment while simulations are started.
PASSING = 16


def require_descriptors(number: int, purpose: str) -> None:
    """Makes sure that so many more descriptors can be open.

    The process's own limit is raised as far as its user may if it takes that.

    Args:
        number: that stay open; the few that pass are added.
        purpose: what needs them, in the plural.

    Raises:
        UsageError: they cannot.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    used = _open(soft)
    needed = used + number + PASSING
    if needed <= soft:
        return
    if needed > hard:
        raise UsageError(
            f"the limit of open files is {hard}: {purpose} need {number + PASSING} descriptors, "
            f"and {used} are open; a limit of at least {needed} (`ulimit -n`) is required"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _open(limit: int) -> int:
    try:
        return len(os.listdir("/proc/self/fd")) - 1  # without the one that lists
    except OSError as error:
        if error.errno != errno.EMFILE:
            raise
        return limit
