"""Processes of a batch on this machine: they hear of Ctrl-C only from the batch."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any


def spawn(task: Callable[..., None], *arguments: Any) -> tuple[SpawnProcess, Connection]:
    """Starts a process that does a task.

    Args:
        task: called with its end of the connection, and the arguments.
        arguments: of the task; they are pickled.

    Returns:
        The process, and the other end of the connection.
    """
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_begin, args=(task, theirs, *arguments), daemon=True)
    # The process leaves the terminal's process group; until then Ctrl-C is not for it.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    theirs.close()
    return process, ours


def _begin(task: Callable[..., None], connection: Connection, *arguments: Any) -> None:
    os.setsid()
    # One that came while this process was being made was not for it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    task(connection, *arguments)
