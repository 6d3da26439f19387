"""A foreign ns3-gym agent: raw protobuf and ZeroMQ, nothing of pyctl; binds REP as ns3-gym's."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import zmq

from tests.interop import foreign_wire as fw

WAIT_S = 20


class ForeignAgent:
    """Starts one of our simulations and drives it; the last answer is always stop."""

    def __init__(self, binary: Path, options: Sequence[str], endpoint: str = "") -> None:
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.REP)
        self._socket.setsockopt(zmq.RCVTIMEO, WAIT_S * 1000)
        self._socket.setsockopt(zmq.LINGER, 1000)
        self._socket.bind(endpoint or "tcp://127.0.0.1:*")
        port = self._socket.getsockopt_string(zmq.LAST_ENDPOINT).rsplit(":", 1)[1]
        where = f"--endpoint={endpoint}" if endpoint else f"--openGymPort={port}"
        self.simulation = subprocess.Popen(
            [str(binary), *options, where], stderr=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.leave()
        if self.simulation.poll() is None:
            self.simulation.kill()
        self.simulation.communicate()

    def hello(self) -> Any:
        return fw.M["SimInitMsg"].FromString(self._socket.recv())

    def acknowledge(self, stop: bool = False) -> None:
        ack = fw.M["SimInitAck"](stopSimReq=True) if stop else fw.M["SimInitAck"](done=True)
        self._socket.send(ack.SerializeToString())

    def state(self) -> Any:
        return fw.M["EnvStateMsg"].FromString(self._socket.recv())

    def act(self, value: Any) -> None:
        message = fw.M["EnvActMsg"]()
        message.actData.CopyFrom(value)
        self._socket.send(message.SerializeToString())

    def stop(self) -> None:
        self._socket.send(fw.M["EnvActMsg"](stopSimReq=True).SerializeToString())

    def send(self, message: bytes) -> None:
        self._socket.send(message)

    def leave(self) -> None:
        """Closes the connection without a word."""
        self._context.destroy()

    def wait(self) -> tuple[int, str]:
        """Waits for the simulation's end; returns its exit status and its standard error."""
        errors = self.simulation.communicate(timeout=WAIT_S)[1]
        return self.simulation.returncode, errors
