"""What Slurm says of jobs: ``squeue`` while it knows them, then ``sacct`` where it is kept."""

from __future__ import annotations

import getpass
import subprocess
import time
from collections.abc import Sequence

LOOK_EVERY_S = 5.0
ANSWER_S = 60.0
UNKNOWN_ID = "Invalid job id"
# States of jobs of which nothing runs any more; Slurm lists them for some minutes.
OVER = frozenset(
    (
        *("BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "NODE_FAIL"),
        *("OUT_OF_MEMORY", "PREEMPTED", "REVOKED", "TIMEOUT"),
    )
)
LIST = ("squeue", "--noheader", "--states=all", "--format=%i|%T|%N")
StateAndNode = tuple[str, str]


class SlurmQueue:
    """The user's jobs, looked at now and then."""

    def __init__(self, look_every_s: float = LOOK_EVERY_S) -> None:
        """Has not looked yet.

        Args:
            look_every_s: least time between two looks.
        """
        self._every_s = look_every_s
        self._looked_s = 0.0
        self._listed: dict[str, StateAndNode] = {}
        self._first_s: dict[str, float] = {}

    def ended(self, job_id: str) -> str | None:
        """Tells how a job ended; None while it may run, or Slurm does not answer."""
        first_s = self._first_s.setdefault(job_id, time.monotonic())
        self._look()
        if self._looked_s <= first_s:
            return None  # such a look is older than the job
        state, node = self._listed.get(job_id, ("", ""))
        if state and state not in OVER:
            return None
        if not state:
            state, node = _accounted(job_id)
        told = state if state in OVER else "it is over"  # accounting lags behind
        return f"Slurm job {job_id}: {told}" + (f" on {node}" if node else "")

    def cancel(self, job_id: str) -> None:
        """Has a job ended."""
        _ask(["scancel", job_id])

    def is_gone_from(self, job_id: str, host: str) -> bool:
        """Tells whether a job that ran on a host, as Slurm remembers, is over."""
        answer = _ask([*LIST, f"--jobs={job_id}"])
        if answer is None or (answer.returncode and UNKNOWN_ID not in answer.stderr):
            return False
        state, node = _rows(answer).get(job_id, ("", ""))
        if not state:
            state, node = "COMPLETED", _accounted(job_id)[1]
        return state in OVER and bool(node) and node.partition(".")[0] == host.partition(".")[0]

    def _look(self) -> None:
        now_s = time.monotonic()
        if now_s - self._looked_s < self._every_s:
            return
        answer = _ask([*LIST, f"--user={getpass.getuser()}"])
        if answer is not None and answer.returncode == 0:
            self._looked_s, self._listed = now_s, _rows(answer)


def _rows(answer: subprocess.CompletedProcess[str]) -> dict[str, StateAndNode]:
    rows = (line.split("|") for line in answer.stdout.split() if line.count("|") == 2)
    return {job_id: (state, node) for job_id, state, node in rows}


def _accounted(job_id: str) -> StateAndNode:
    """Asks accounting for a job's state and node; empty where there is none."""
    columns = "--format=State,NodeList"
    answer = _ask(["sacct", f"--jobs={job_id}", "--allocations", "--noheader", "-P", columns])
    lines = answer.stdout.strip().splitlines() if answer and not answer.returncode else []
    state, _, node = lines[-1].partition("|") if lines else ("", "", "")
    # "CANCELLED by 1000"
    return state.partition(" ")[0], "" if node == "None assigned" else node.strip()


def _ask(command: Sequence[str]) -> subprocess.CompletedProcess[str] | None:
    """Runs a command of Slurm; None if it does not answer: it will be asked again."""
    try:
        return subprocess.run(
            command, capture_output=True, text=True, timeout=ANSWER_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
