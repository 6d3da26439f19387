"""What Slurm says of jobs: ``squeue`` whether they may still run, ``sacct`` how they ended."""

from __future__ import annotations

import getpass
import subprocess
import time
from collections.abc import Sequence

LOOK_EVERY_S = 5.0
ANSWER_S = 60.0
UNKNOWN_ID = "Invalid job id"
OVER_BUT_LISTED = ("RUNNING", "COMPLETING", "PENDING", "")  # accounting lags behind


class SlurmQueue:
    """The user's jobs, looked at now and then."""

    def __init__(self, look_every_s: float = LOOK_EVERY_S) -> None:
        """Has not looked yet.

        Args:
            look_every_s: least time between two looks.
        """
        self._every_s = look_every_s
        self._asked_s = 0.0
        self._listed: frozenset[str] = frozenset()
        self._first_s: dict[str, float] = {}

    def ended(self, job_id: str) -> str | None:
        """Tells how a job ended; None while Slurm lists it, or does not answer."""
        submitted_s = self._first_s.setdefault(job_id, time.monotonic())
        self._look()
        # A look that is older than the job does not know it.
        if self._asked_s <= submitted_s or job_id in self._listed:
            return None
        state, node = self.accounted(job_id)
        told = "it is over" if state in OVER_BUT_LISTED else state
        return f"Slurm job {job_id}: {told}" + (f" on {node}" if node else "")

    def cancel(self, job_id: str) -> None:
        """Has a job ended."""
        _ask(["scancel", job_id])

    def is_gone_from(self, job_id: str, host: str) -> bool:
        """Tells whether a job that ran on a host, as accounting knows, is over."""
        _, node = self.accounted(job_id)
        if not node or node.partition(".")[0] != host.partition(".")[0]:
            return False
        answer = _ask(["squeue", "--noheader", "--format=%i", f"--jobs={job_id}"])
        if answer is None:
            return False
        return UNKNOWN_ID in answer.stderr or (answer.returncode == 0 and not answer.stdout.strip())

    def accounted(self, job_id: str) -> tuple[str, str]:
        """Asks accounting for a job's state and node; empty where there is none."""
        columns = "--format=State,NodeList"
        answer = _ask(["sacct", f"--jobs={job_id}", "--allocations", "--noheader", "-P", columns])
        lines = answer.stdout.strip().splitlines() if answer and not answer.returncode else []
        state, _, node = lines[-1].partition("|") if lines else ("", "", "")
        return state.strip(), "" if node == "None assigned" else node.strip()

    def _look(self) -> None:
        now_s = time.monotonic()
        if now_s - self._asked_s < self._every_s:
            return
        answer = _ask(["squeue", "--noheader", "--format=%i", f"--user={getpass.getuser()}"])
        if answer is not None and answer.returncode == 0:
            self._asked_s, self._listed = now_s, frozenset(answer.stdout.split())


def _ask(command: Sequence[str]) -> subprocess.CompletedProcess[str] | None:
    """Runs a command of Slurm; None if it does not answer: it will be asked again."""
    try:
        return subprocess.run(
            command, capture_output=True, text=True, timeout=ANSWER_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
