"""Tasks of minutes each, several at once in processes of their own."""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import active_children, get_context
from typing import TypeVar

from pyctl.errors import SlicebedError

Item = TypeVar("Item")


def do_at_once(task: Callable[[Item], None], items: Sequence[Item], workers: int) -> None:
    """Calls a task with each of several items; where it raises, what is not done is given up.

    Args:
        task: keeps what comes of it in files; it and the items can be pickled.
        items: in the order in which they are begun.
        workers: processes at once; 1 does all in this one.

    Raises:
        SlicebedError: a process was ended.
    """
    count = min(workers, len(items))
    if count <= 1:
        for item in items:
            task(item)
        return
    with ProcessPoolExecutor(count, get_context("spawn"), initializer=_leave_ctrl_c) as pool:
        try:
            for _ in pool.map(task, items):
                pass
        except BaseException as error:
            for process in active_children():
                process.terminate()
            if isinstance(error, BrokenProcessPool):
                raise SlicebedError("a process of the study was ended; begin it again") from error
            raise


def _leave_ctrl_c() -> None:
    """Leaves Ctrl-C to the process that gave the tasks, which ends this one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
