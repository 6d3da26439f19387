from __future__ import annotations

import time
from pathlib import Path
from threading import Thread

import pytest
from gymnasium import spaces

from pyctl.env.fake import FakeSimulation
from pyctl.env.link import Link
from pyctl.errors import ProtocolError
from pyctl.exchange.channel import Channel
from pyctl.exchange.session import Session
from pyctl.launch.process import SimulationProcess

pytestmark = pytest.mark.usefixtures("nothing_left")

WAIT_S = 20.0


def test_only_the_process_that_was_started_is_let_in(loopback_binary: Path) -> None:
    stranger = FakeSimulation(spaces.Discrete(2), spaces.Discrete(2))
    threads: list[Thread] = []
    refusals: list[str] = []

    def refused(endpoint: str) -> None:
        with pytest.raises(ProtocolError) as raised:
            stranger.play(endpoint)
        refusals.append(str(raised.value))

    def launch(session: Session) -> SimulationProcess:
        threads.append(Thread(target=refused, args=(session.endpoint,), daemon=True))
        threads[0].start()
        time.sleep(0.3)  # so that the stranger is the first to speak
        return SimulationProcess([str(loopback_binary), f"--endpoint={session.endpoint}"])

    with Link(Session(Channel()), launch, WAIT_S, same_process=True) as link:
        assert link.process is not None
        assert link.greet().process_id == link.process.pid
        assert link.begin().info["step"] == 0
        threads[0].join(WAIT_S)
        assert refusals == [f"the agent refused: it waits for process {link.process.pid}"]


def test_the_end_of_the_block_ends_the_simulation(loopback_binary: Path) -> None:
    def launch(session: Session) -> SimulationProcess:
        return SimulationProcess([str(loopback_binary), f"--endpoint={session.endpoint}"])

    with Link(Session(Channel("ipc")), launch, WAIT_S) as link:
        link.greet()
        link.begin()
        assert not link.ready()  # nothing is due
        process = link.process
    assert process is not None
    assert process.poll() == 0  # it was asked to stop, not killed
