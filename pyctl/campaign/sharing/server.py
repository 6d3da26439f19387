"""The model server's process: lets runs of the batch in, and ends with the batch.

One thread a run reads its requests and sends its replies, so that a run that is stuck holds up no
other; one thread decides.
"""

from __future__ import annotations

import os
import select
import socket
import threading
import time
from multiprocessing.connection import Connection

from pyctl.campaign.sharing.desk import Closed, Desk, Episode
from pyctl.campaign.sharing.door import Door
from pyctl.campaign.sharing.messages import receive, send

WATCH_S = 1.0
GRACE_S = 5.0  # a call that takes less is waited for, whoever made it
STUCK = 75  # exit status, EX_TEMPFAIL of sysexits.h


def serve(lifeline: Connection, listening: socket.socket, door: Door, threads: int) -> None:
    """Decides for all runs that connect, until the lifeline breaks.

    Args:
        lifeline: to the batch; gets one message when the server is ready.
        listening: socket of the door.
        door: for the secret.
        threads: that torch may use.
    """
    # Read when torch is loaded, with the first allocator that needs it.
    os.environ.setdefault("OMP_NUM_THREADS", str(threads))
    desk = Desk()
    open_ones: dict[Episode, Connection] = {}
    for task, arguments in (
        (_end_with, (lifeline,)),
        (_accept, (listening, door, desk, open_ones)),
        (_watch, (desk, open_ones)),
    ):
        threading.Thread(target=task, args=arguments, daemon=True).start()
    lifeline.send(None)
    desk.work()


def _end_with(lifeline: Connection) -> None:
    try:
        lifeline.recv()
    except (EOFError, OSError):
        os._exit(0)


def _accept(
    listening: socket.socket, door: Door, desk: Desk, open_ones: dict[Episode, Connection]
) -> None:
    while True:
        peer, _ = listening.accept()
        threading.Thread(target=_admit, args=(peer, door, desk, open_ones), daemon=True).start()


def _admit(
    peer: socket.socket, door: Door, desk: Desk, open_ones: dict[Episode, Connection]
) -> None:
    connection = door.admit(peer)
    if connection is None:
        return
    episode = Episode()
    open_ones[episode] = connection
    try:
        while True:
            desk.letters.put((episode, receive(connection)))
            send(connection, episode.replies.get())
    except (EOFError, OSError):
        del open_ones[episode]
        connection.close()
        desk.letters.put((episode, Closed()))


def _watch(desk: Desk, open_ones: dict[Episode, Connection]) -> None:
    """Ends the process if it computes for none but runs that were given up, while others wait."""
    while True:
        time.sleep(WATCH_S)
        now = desk.current
        if now is None or time.monotonic() - now.begun_s < GRACE_S:
            continue
        if all(_hung_up(open_ones[each]) for each in now.episodes if each in open_ones):
            os._exit(STUCK)


def _hung_up(connection: Connection) -> bool:
    poll = select.poll()
    poll.register(connection, 0)
    return bool(poll.poll(0))
