"""The ways between a simulation and its agent."""

from __future__ import annotations

from typing import Literal

# Memory that both share, or the ns3-gym wire on ZeroMQ over TCP or a Unix socket.
Transport = Literal["shm", "tcp", "ipc"]
