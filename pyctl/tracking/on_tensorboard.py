"""TensorBoard: an event file in ``OUT/tensorboard/NAME``, up to date after each step.

Written by TensorBoard's own record writer, here and now: ``torch.utils.tensorboard`` would load
torch, which takes seconds, and write from a thread of its own, where a full disk is noticed late.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping
from typing import Any

from pyctl.tracking.tracker import End, Subject

FOLDER = "tensorboard"
PREFIX = "events.out.tfevents."
VERSION = "brain.Event:2"


class TensorBoard:
    """Writes an event file; one of an earlier try is deleted, or its curves would show too."""

    def __init__(self, subject: Subject) -> None:
        from tensorboard.summary.writer.record_writer import RecordWriter

        folder = subject.out / FOLDER / subject.name
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob(f"{PREFIX}*"):
            old.unlink()
        name = f"{PREFIX}{int(time.time())}.{socket.gethostname()}.{os.getpid()}"
        # Unbuffered: what could not be written is not tried again when the file is closed.
        self._file = (folder / name).open("wb", buffering=0)
        self._writer = RecordWriter(self._file)
        self._step = 0
        self._write(file_version=VERSION)

    def scalars(self, values: Mapping[str, float], step: int) -> None:
        """Writes scalars."""
        from tensorboard.compat.proto.summary_pb2 import Summary

        self._step = max(self._step, step)
        entries = [Summary.Value(tag=tag, simple_value=value) for tag, value in values.items()]
        self._write(step=step, summary=Summary(value=entries))

    def summary(self, values: Mapping[str, float]) -> None:
        """Writes scalars at the last step."""
        self.scalars({f"summary/{name}": value for name, value in values.items()}, self._step)

    def close(self, end: End) -> None:
        """Closes the file."""
        self._file.close()

    def _write(self, **parts: Any) -> None:
        from tensorboard.compat.proto.event_pb2 import Event

        try:
            self._writer.write(Event(wall_time=time.time(), **parts).SerializeToString())
        except OSError:
            self._file.close()
            raise
