"""Signals to either side at random moments: what the other says, how soon, and what is left.

    python -m tests.faults.trials --trials 200 --seed 1

A trial starts an agent (a Python of its own) whose simulation steps without pause, branches now and
then and resets, sends a signal to the agent, to its simulation or to the server of its simulations
at a random moment, and looks at what comes of it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from pyctl.exchange.transport import Transport

PROGRAM = Path(__file__).with_name("trial_agent.py")
ROOT = PROGRAM.parents[2]
CHANNELS: tuple[Transport, ...] = ("shm", "tcp", "ipc")
SIGNALS = (signal.SIGKILL, signal.SIGSTOP, signal.SIGINT)
VICTIMS = ("agent", "simulation", "server")
# The longest that one side may take to notice the other's end, and a stopped one.
DEAD_S, STOPPED_S = 1.0, 5.0
LATEST_S = 0.5  # moment of the signal
STOP_S = 0.5  # an agent's stop
PATIENCE_S = 20.0
NOTHING, STUCK, STRIKES = "nothing", "stuck", 4


@dataclass(frozen=True)
class Trial:
    """What was done to whom, and what came of it.

    Attributes:
        victim: that got the signal.
        number: of the signal.
        channel: between the two.
        told: class of the agent's error; where the agent is the victim ``gone``, or ``stuck`` if
            it did not go on after a stop.
        within_s: until the other side had noticed [s]; of an agent, its death.
        left: processes, their segments and ports, and files that were left.
    """

    victim: str
    number: signal.Signals
    channel: str
    told: str
    within_s: float
    left: tuple[str, ...]

    def faults(self) -> list[str]:
        """What is not as it should be."""
        is_stopped = self.number == signal.SIGSTOP and self.victim != "agent"  # that dies, too
        limit_s = STOPPED_S if is_stopped else DEAD_S
        wrong = [f"{each} is left" for each in self.left]
        if self.within_s > limit_s:
            wrong.append(f"noticed after {self.within_s:.2f} s, not within {limit_s:g} s")
        if self.told not in expected(self.victim, self.number):
            wrong.append(f"{self.told} was told")
        return wrong


def expected(victim: str, number: signal.Signals) -> tuple[str, ...]:
    """Lists the errors that tell the truth of a signal."""
    if victim == "agent":
        return ("gone",)
    return ("SimulationHung",) if number == signal.SIGSTOP else ("SimulationCrashed",)


def try_once(seed: int, victim: str | None = None, number: signal.Signals | None = None) -> Trial:
    """Does one trial; what is not given is drawn, and the moment always is."""
    draw = random.Random(seed)
    moment_s = draw.uniform(0, LATEST_S)
    chosen = draw.choice(CHANNELS)
    victim = victim or draw.choice(VICTIMS)
    number = number or draw.choice(SIGNALS)
    with tempfile.TemporaryDirectory(prefix="sb") as folder, _agent(chosen, folder) as agent:
        server = _read(agent)["server"]
        time.sleep(moment_s)
        told = NOTHING
        # A simulation may have had its end before it was hit, a server be hit between episodes.
        for _ in range(STRIKES):
            begun = _strike(agent, victim, number)
            if victim == "agent":
                told, begun = _end_of(agent, server, number, begun)
            else:
                told = _read_error(agent)
            if told != NOTHING:
                break
        within_s = time.monotonic() - begun
        if victim == "agent":
            within_s = _wait_gone(Path(folder), begun)
        agent.wait(PATIENCE_S)
        left = left_of(Path(folder))
    return Trial(victim, number, chosen, told, within_s, left)


@contextlib.contextmanager
def _agent(channel: str, folder: str) -> Iterator[subprocess.Popen[str]]:
    agent = subprocess.Popen(
        [sys.executable, str(PROGRAM), channel],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": folder},
    )
    try:
        yield agent
    finally:
        agent.kill()
        agent.communicate()


def _read(agent: subprocess.Popen[str]) -> dict[str, int]:
    assert agent.stdout is not None
    pids: dict[str, int] = json.loads(agent.stdout.readline())
    return pids


def _strike(agent: subprocess.Popen[str], victim: str, number: signal.Signals) -> float:
    """Sends the signal to one that runs at this moment, not at the start; returns when that was.

    A reset begins another simulation and, if the server has ended between two episodes, another
    server: nothing is told then, and the number of the first may be somebody else's.
    """
    while True:
        target = _running(agent, victim)
        begun = time.monotonic()
        if target is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(target, number)
                return begun
        elif agent.poll() is not None:
            return begun


def _running(agent: subprocess.Popen[str], victim: str) -> int | None:
    if victim == "agent":
        return agent.pid
    with contextlib.suppress(psutil.NoSuchProcess):
        for child in psutil.Process(agent.pid).children():
            if child.name().startswith("slicebed-"):
                copies = [copy.pid for copy in child.children()]
                return child.pid if victim == "server" else max(copies, default=None)
    return None


def _read_error(agent: subprocess.Popen[str]) -> str:
    assert agent.stdout is not None
    if not select.select([agent.stdout], [], [], STOPPED_S + 1)[0]:
        return NOTHING
    told: str = json.loads(agent.stdout.readline() or f'"{NOTHING}"')
    return told


def _end_of(
    agent: subprocess.Popen[str], server: int, number: signal.Signals, begun: float
) -> tuple[str, float]:
    """Waits for the agent's end; one that is stopped goes on first, and then is killed.

    Returns:
        ``gone`` or what is wrong, and since when the other side can notice.
    """
    if number == signal.SIGSTOP:
        time.sleep(STOP_S)  # it is waited for: its user may let it go on
        before = _children(server)
        agent.send_signal(signal.SIGCONT)
        if not _has_others(server, before):
            return STUCK, begun
        begun = time.monotonic()
        agent.kill()
    agent.wait(PATIENCE_S)
    return "gone", begun


def _has_others(server: int, before: set[int]) -> bool:
    """Waits for a simulation that was not there: an agent that steps branches or resets soon."""
    deadline = time.monotonic() + PATIENCE_S
    while not _children(server) - before:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.001)
    return True


def _children(server: int) -> set[int]:
    try:
        return {child.pid for child in psutil.Process(server).children()}
    except psutil.NoSuchProcess:
        return set()


def _processes_of(folder: Path) -> list[psutil.Process]:
    """All that run with the trial's folder for temporary files: every process of the trial."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            is_ours = process.environ().get("TMPDIR") == str(folder)
            if is_ours and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def _wait_gone(folder: Path, begun: float) -> float:
    # The guard, a shell, sleeps a second before its last look.
    guard = ("sh", "sleep")
    while any(_name(process) not in guard for process in _processes_of(folder)):
        if time.monotonic() - begun > PATIENCE_S:
            break
        time.sleep(0.005)
    return time.monotonic() - begun


def _name(process: psutil.Process) -> str:
    try:
        return str(process.name())
    except psutil.NoSuchProcess:
        return "sh"


def left_of(folder: Path) -> tuple[str, ...]:
    """Lists what a trial in this folder left: processes, what they hold, and files.

    A segment of shared memory has no name in any folder: it is there while a process holds it.
    """
    deadline = time.monotonic() + STOPPED_S
    while (processes := _processes_of(folder)) and time.monotonic() < deadline:
        time.sleep(0.01)
    held = [each for process in processes for each in _held_by(process)]
    return (*held, *(str(path) for path in folder.iterdir()))


def _held_by(process: psutil.Process) -> list[str]:
    held = [f"process {process.pid}"]
    with contextlib.suppress(psutil.NoSuchProcess, FileNotFoundError):
        links = [os.readlink(each) for each in Path(f"/proc/{process.pid}/fd").iterdir()]
        held += [link for link in links if link.startswith("/memfd:slicebed")]
        held += [
            f"{each.laddr.ip}:{each.laddr.port}"
            for each in process.net_connections("tcp")
            if each.status == psutil.CONN_LISTEN
        ]
    return held


def main() -> None:
    """Does many trials and prints what came of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    # What a shell started in the background ignores it, and so would all agents.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    trials = []
    for index in range(arguments.trials):
        trial = try_once(arguments.seed + index)
        trials.append(trial)
        for fault in trial.faults():
            print(f"seed {arguments.seed + index}: {trial}: {fault}", flush=True)
    kinds = Counter((t.victim, t.number.name, t.channel) for t in trials)
    print(f"{'victim':12}{'signal':10}{'channel':9}{'trials':>7}{'slowest s':>11}{'faults':>8}")
    for (victim, name, channel), count in sorted(kinds.items()):
        same = [
            t for t in trials if (t.victim, t.number.name, t.channel) == (victim, name, channel)
        ]
        slowest = max(t.within_s for t in same)
        faults = sum(bool(t.faults()) for t in same)
        print(f"{victim:12}{name:10}{channel:9}{count:7}{slowest:11.2f}{faults:8}")
    sys.exit(any(t.faults() for t in trials))


if __name__ == "__main__":
    main()
