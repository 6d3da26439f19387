from __future__ import annotations

import functools
import gc
import os
import socket
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq

from pyctl.errors import ChannelTimeout, PeerDisconnected, ProtocolError, SlicebedError, UsageError
from pyctl.exchange import channel as channel_module
from pyctl.exchange.channel import Channel, SocketFolder, ZmqTransport

WAIT_S = 5.0


@pytest.fixture
def peer() -> Iterator[zmq.Socket[bytes]]:
    """A simulation's end: a REQ socket."""
    with zmq.Context(1) as context, context.socket(zmq.REQ) as request:
        request.setsockopt(zmq.LINGER, 0)
        request.setsockopt(zmq.RCVTIMEO, int(WAIT_S * 1000))
        yield request


@pytest.mark.parametrize("transport", ["tcp", "ipc"])
def test_messages_go_both_ways(
    transport: ZmqTransport, peer: zmq.Socket[bytes], nothing_left: Path
) -> None:
    channel = Channel(transport)
    peer.connect(channel.endpoint)

    peer.send(b"hello")
    assert channel.receive(WAIT_S) == b"hello"
    channel.send(b"go on")
    assert peer.recv() == b"go on"

    channel.close()


def test_ready_tells_whether_a_message_is_there(peer: zmq.Socket[bytes]) -> None:
    channel = Channel()
    peer.connect(channel.endpoint)
    other = Channel()
    assert not channel.ready()
    begun = time.monotonic()
    Channel.wait_for_any([other, channel], 0.05)
    assert time.monotonic() - begun >= 0.049  # the clock of poll() counts whole milliseconds
    assert not channel.ready()
    peer.send(b"hello")
    Channel.wait_for_any([other, channel], WAIT_S)
    assert channel.ready()
    assert not other.ready()
    assert channel.receive(0) == b"hello"
    assert not channel.ready()
    channel.close()
    other.close()


def test_tcp_is_on_the_local_host_only() -> None:
    channel = Channel("tcp")
    assert channel.endpoint == f"tcp://127.0.0.1:{channel.port}"
    assert channel.port > 0
    channel.close()


def test_ipc_lies_in_a_private_folder_that_close_removes(nothing_left: Path) -> None:
    channel = Channel("ipc")
    (folder,) = nothing_left.iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert channel.endpoint.startswith(f"ipc://{folder}/agent-")
    channel.close()
    assert not folder.exists()


def test_a_folder_is_there_when_it_is_needed_and_outlives_its_channels(nothing_left: Path) -> None:
    folder = SocketFolder()
    assert list(nothing_left.iterdir()) == []
    first, second = Channel("ipc", folder=folder), Channel("ipc", folder=folder)
    assert first.endpoint != second.endpoint
    first.close()
    second.close()
    assert list(nothing_left.iterdir()) == [folder.path]
    folder.remove()


def test_a_folder_that_somebody_else_made_is_not_used(nothing_left: Path) -> None:
    folder = SocketFolder()
    folder.path.mkdir()
    with pytest.raises(UsageError, match=f"TMPDIR: no folder can be made at {folder.path}: File"):
        Channel("ipc", folder=folder)
    folder.remove()


def test_channels_never_share_a_port() -> None:
    channels = [Channel() for _ in range(20)]
    assert len({channel.port for channel in channels}) == 20
    for channel in channels:
        channel.close()


def test_a_port_can_be_chosen_and_is_free_after_close(peer: zmq.Socket[bytes]) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    for _ in range(2):
        channel = Channel("tcp", port)
        assert channel.port == port
        channel.close()


def test_a_taken_port_is_a_clear_error() -> None:
    first = Channel()
    with pytest.raises(
        UsageError, match=f"port is {first.port}: Address already in use.*; a free port from 1 to"
    ):
        Channel("tcp", first.port)
    first.close()


def test_an_unknown_transport_is_a_clear_error() -> None:
    with pytest.raises(UsageError, match="transport is 'udp'; 'tcp' or 'ipc' is required"):
        Channel("udp")  # type: ignore[arg-type]


def test_a_folder_with_too_long_a_path_is_a_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("x" * 120)
    deep.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(deep))

    with pytest.raises(UsageError, match="TMPDIR: no socket can be made.*short path is required"):
        Channel("ipc")
    assert list(deep.iterdir()) == []


def test_receive_has_a_deadline() -> None:
    channel = Channel()
    begun = time.monotonic()
    with pytest.raises(ChannelTimeout, match=r"no message at tcp://127.* within 0\.1 s"):
        channel.receive(0.1)
    assert time.monotonic() - begun >= 0.1
    channel.close()


def test_receive_asks_again_and_again_whether_the_peer_lives() -> None:
    channel = Channel()
    calls = 0

    def watch() -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise SlicebedError("it is dead")

    with pytest.raises(SlicebedError, match="it is dead"):
        channel.receive(WAIT_S, watch)
    channel.close()


def test_last_words_of_a_dead_peer_are_heard(peer: zmq.Socket[bytes]) -> None:
    channel = Channel()
    peer.connect(channel.endpoint)

    def watch() -> None:
        peer.send(b"last words")  # arrives after the channel has looked for messages
        raise SlicebedError("it is dead")

    assert channel.receive(WAIT_S, watch) == b"last words"
    channel.close()


def test_a_peer_that_leaves_is_noticed(peer: zmq.Socket[bytes]) -> None:
    channel = Channel()
    peer.connect(channel.endpoint)
    peer.send(b"hello")
    channel.receive(WAIT_S)
    channel.admit(b"go away")
    channel.send(b"go on")
    assert peer.recv() == b"go on"
    peer.close()

    with pytest.raises(PeerDisconnected, match="left its connection"):
        channel.receive(WAIT_S)
    channel.close()


@pytest.mark.parametrize("transport", ["tcp", "ipc"])
def test_nobody_else_is_taken_for_the_peer_that_was_admitted(
    transport: ZmqTransport, peer: zmq.Socket[bytes], nothing_left: Path
) -> None:
    channel = Channel(transport)
    with zmq.Context(1) as context:
        strangers = [context.socket(zmq.REQ) for _ in range(3)]
        early, late, leaving = strangers
        peer.connect(channel.endpoint)
        peer.send(b"hello")
        assert channel.receive(WAIT_S) == b"hello"
        early.connect(channel.endpoint)
        early.send(b"hello")
        channel.admit(b"go away")
        channel.send(b"go on")
        late.connect(channel.endpoint)
        late.send(b"\xff")
        leaving.connect(channel.endpoint)
        leaving.send_multipart([b"a", b"b"])
        leaving.close(linger=1000)
        with pytest.raises(ChannelTimeout):
            channel.receive(1.0)
        for stranger in (early, late):
            assert stranger.recv() == b"go away"
            stranger.send(b"again")
        assert not channel.ready()
        assert peer.recv() == b"go on"
        peer.send(b"state")
        assert channel.receive(WAIT_S) == b"state"
        channel.send(b"action")
        assert peer.recv() == b"action"
        peer.close()
        with pytest.raises(PeerDisconnected):  # though others are there
            channel.receive(WAIT_S)
        channel.close()
        for stranger in strangers:
            stranger.close(linger=0)


def test_a_lost_host_is_noticed_within_a_minute(peer: zmq.Socket[bytes]) -> None:
    channel = Channel("tcp")
    peer.connect(channel.endpoint)
    peer.send(b"hello")
    channel.receive(WAIT_S)
    with socket.socket(fileno=os.dup(channel._asker)) as connection:
        assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        of_tcp = functools.partial(connection.getsockopt, socket.IPPROTO_TCP)
        probes_s = of_tcp(socket.TCP_KEEPINTVL) * of_tcp(socket.TCP_KEEPCNT)
        assert of_tcp(socket.TCP_KEEPIDLE) + probes_s <= 60
        assert 0 < of_tcp(socket.TCP_USER_TIMEOUT) <= 60_000
    channel.close()


def test_who_speaks_without_the_envelope_of_req_is_not_heard(peer: zmq.Socket[bytes]) -> None:
    channel = Channel()
    with zmq.Context(1) as context, context.socket(zmq.DEALER) as dealer:
        dealer.connect(channel.endpoint)
        dealer.send(b"hello")
        peer.connect(channel.endpoint)
        peer.send(b"hello too")
        assert channel.receive(WAIT_S) == b"hello too"
        dealer.close(linger=0)
    channel.close()


def test_the_last_answer_reaches_the_peer_although_the_channel_is_closed(
    peer: zmq.Socket[bytes],
) -> None:
    channel = Channel()
    peer.connect(channel.endpoint)
    peer.send(b"the end")
    channel.receive(WAIT_S)
    channel.send(b"stop" * 1_000_000)
    channel.close()

    assert peer.recv() == b"stop" * 1_000_000


def test_a_message_above_the_limit_ends_the_connection(
    peer: zmq.Socket[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel_module, "MAX_MESSAGE_BYTES", 1000)
    channel = Channel()
    peer.connect(channel.endpoint)
    peer.send(b"hello")
    channel.receive(WAIT_S)
    channel.admit(b"go away")
    channel.send(b"go on")
    peer.recv()
    peer.setsockopt(zmq.RECONNECT_IVL, -1)
    peer.send(b"x" * 1001)

    with pytest.raises((PeerDisconnected, ChannelTimeout)):
        channel.receive(1.0)
    channel.close()


def test_a_message_of_two_frames_is_refused(peer: zmq.Socket[bytes]) -> None:
    channel = Channel()
    peer.connect(channel.endpoint)
    peer.send_multipart([b"a", b"b"])
    with pytest.raises(ProtocolError, match="a message of 2 frames; one is required"):
        channel.receive(WAIT_S)
    channel.close()


def test_an_answer_without_a_question_is_an_error(peer: zmq.Socket[bytes]) -> None:
    channel = Channel()
    with pytest.raises(SlicebedError, match="nothing to answer at tcp"):
        channel.send(b"hello?")
    peer.connect(channel.endpoint)
    peer.send(b"hello")
    channel.receive(WAIT_S)
    channel.send(b"go on")
    with pytest.raises(SlicebedError, match="nothing to answer at tcp"):
        channel.send(b"go on")
    channel.close()


def test_close_may_be_repeated() -> None:
    channel = Channel()
    channel.close()
    channel.close()


def test_a_lost_channel_closes_itself(nothing_left: Path) -> None:
    endpoint = Channel("ipc").endpoint
    gc.collect()
    assert not Path(endpoint.removeprefix("ipc://")).exists()
