"""Who gets through the model server's door, and what those are told that find nobody there."""

from __future__ import annotations

import os
import pickle
import socket
import threading
from multiprocessing import AuthenticationError
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from pyctl.campaign.sharing.door import Door, ModelServerLost


class Trap:
    """Leaves a mark where it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self.mark,))


def admitted(door: Door, listening: socket.socket) -> list[Connection | None]:
    """Lets one peer in, in a thread; the list has the result when it has ended."""
    found: list[Connection | None] = []

    def admit() -> None:
        peer, _ = listening.accept()
        found.append(door.admit(peer))

    threading.Thread(target=admit, daemon=True).start()
    return found


def test_those_that_know_the_secret_talk() -> None:
    door = Door()
    with door.listen() as listening:
        found = admitted(door, listening)
        connection = door.connect()
        connection.send_bytes(b"hello")
        while not found:
            pass
        assert found[0] is not None
        assert found[0].recv_bytes() == b"hello"
        connection.close()
        found[0].close()


def test_another_secret_is_refused_and_nothing_that_it_sends_is_unpickled(tmp_path: Path) -> None:
    door = Door()
    with door.listen() as listening:
        found = admitted(door, listening)
        stranger = Door(door.address)
        assert stranger.secret != door.secret
        with pytest.raises(AuthenticationError):
            stranger.connect()
        while not found:
            pass
        assert found == [None]
        found = admitted(door, listening)
        with socket.socket(socket.AF_UNIX) as peer:
            peer.connect(door.address)
            bold = Connection(os.dup(peer.fileno()))
            bold.send_bytes(pickle.dumps(Trap(tmp_path / "mark")))
            bold.close()
        while not found:
            pass
        assert found == [None]
    assert not (tmp_path / "mark").exists()


def test_nobody_there_is_told() -> None:
    with pytest.raises(ModelServerLost, match="the model server is gone: Connection refused"):
        Door().connect()


def test_one_that_hangs_up_is_told() -> None:
    door = Door()
    with door.listen() as listening:
        threading.Thread(target=lambda: listening.accept()[0].close(), daemon=True).start()
        with pytest.raises(ModelServerLost, match="the model server did not answer"):
            door.connect()
