"""Whatever happens to the agent, its simulation ends and nothing is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

PROGRAM = Path(__file__).with_name("agent_program.py")
ROOT = PROGRAM.parents[2]
WAIT_S = 30.0
GONE_S = 5.0

# "hang": the simulation computes and looks at no message, so only the guard can end it.
BUSY = [("step", 0), ("idle", 0), ("step", 5)]


class Agent:
    """A child Python that runs an environment, in a process group of its own."""

    def __init__(self, how: str, transport: str = "ipc", hang_step: int = 0) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(PROGRAM), how, transport, str(hang_step)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("ready "), line + self.process.communicate()[1]
        self.simulation = psutil.Process(int(line.split()[1]))
        self.children = psutil.Process(self.process.pid).children(recursive=True)
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def wait(self) -> tuple[int, str]:
        errors = self.process.communicate(timeout=WAIT_S)[1]
        return self.process.returncode, errors


@pytest.fixture(autouse=True)
def folder(nothing_left: Path) -> Iterator[Path]:
    return nothing_left


def require_gone(agent: Agent) -> None:
    """All of the agent's children, the guard too, end soon."""
    assert agent.simulation in agent.children
    _, alive = psutil.wait_procs(agent.children, timeout=GONE_S)
    assert alive == []


@pytest.mark.parametrize(("how", "hang_step"), BUSY)
@pytest.mark.parametrize("transport", ["shm", "tcp", "ipc"])
def test_a_killed_agent(how: str, hang_step: int, transport: str, folder: Path) -> None:
    agent = Agent(how, transport, hang_step)
    agent.process.kill()
    agent.wait()
    require_gone(agent)
    assert sorted(folder.iterdir()) == []


@pytest.mark.parametrize(("how", "hang_step"), BUSY)
def test_ctrl_c_in_the_terminal(how: str, hang_step: int, folder: Path) -> None:
    agent = Agent(how, hang_step=hang_step)
    os.killpg(agent.process.pid, signal.SIGINT)
    status, errors = agent.wait()
    assert status == -signal.SIGINT, errors
    assert errors.rstrip().endswith("KeyboardInterrupt")
    assert "Exception ignored" not in errors
    require_gone(agent)
    assert sorted(folder.iterdir()) == []


def test_sigterm_to_the_agent(folder: Path) -> None:
    agent = Agent("step")
    agent.process.terminate()
    assert agent.wait()[0] == -signal.SIGTERM
    require_gone(agent)


@pytest.mark.parametrize(
    ("how", "status", "text"),
    [("raise", 1, "RuntimeError: a bug in the agent"), ("exit", 4, ""), ("leave", 5, "")],
)
def test_an_agent_that_ends_without_close(how: str, status: int, text: str, folder: Path) -> None:
    agent = Agent(how)
    got, errors = agent.wait()
    assert got == status
    assert text in errors
    assert "Exception ignored" not in errors
    require_gone(agent)
    assert sorted(folder.iterdir()) == []


def test_an_environment_that_is_lost_ends_its_simulation() -> None:
    agent = Agent("lose")
    assert agent.process.stdout is not None
    assert agent.process.stdout.readline() == "lost\n"
    require_gone(agent)
    agent.process.kill()
    agent.wait()
