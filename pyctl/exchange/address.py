"""Addresses of agents, as people type them."""

from __future__ import annotations

import re
import socket

from pyctl.errors import UsageError

IPC = "ipc://"
MAX_PORT = 2**16 - 1
_TCP = re.compile(r"tcp://([^:/]+|\[[0-9a-fA-F:]+\]):([0-9]{1,5})")


def parse_tcp(name: str, address: str) -> tuple[str, int]:
    """Reads ``tcp://HOST:PORT``.

    Args:
        name: of the option, for the error.
        address: as typed.

    Returns:
        Host and port.

    Raises:
        UsageError: it is no such address, or the port is not from 1 to 65535.
    """
    found = _TCP.fullmatch(address)
    if found is None or not 0 < int(found[2]) <= MAX_PORT:
        raise UsageError(
            f"{name} is {address!r}; tcp://HOST:PORT is required, PORT from 1 to {MAX_PORT}"
        )
    return found[1], int(found[2])


def require_agent(name: str, address: str) -> None:
    """Checks where an agent is said to listen: ``tcp://HOST:PORT`` or ``ipc://PATH``.

    Args:
        name: of the option, for the error.
        address: as typed.

    Raises:
        UsageError: it is no such address, or there is no host of this name.
    """
    if address.startswith(IPC) and address != IPC:
        return
    host, port = parse_tcp(name, address)
    try:
        # As ZeroMQ does, which takes IPv6 only where it is asked to.
        socket.getaddrinfo(host, port, socket.AF_INET, socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise UsageError(
            f"{name} is {address!r}: host {host} cannot be resolved ({error}); "
            "the name or IPv4 address of the agent's host is required"
        ) from error
