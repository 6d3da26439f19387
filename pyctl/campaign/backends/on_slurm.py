"""Workers that are jobs of Slurm, submitted through submitit."""

from __future__ import annotations

import shutil
import signal
import socket
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from pyctl.campaign.backends.backend import CORES_OF_A_RUN, BackendError, Needs
from pyctl.campaign.backends.calling import Call, CallingBackend, call_back
from pyctl.campaign.backends.sbatch_options import HOST, require_known
from pyctl.campaign.backends.slurm_queue import SlurmQueue
from pyctl.campaign.claims import Owner
from pyctl.errors import UsageError

FOLDER = ".slurm"  # in the store: scripts and logs of jobs
PRIVATE = 0o700
PLACE_WORD = "slurm"
# By which Slurm says that a job's time is nearly over, or that another job takes its node.
NOTICES = (signal.SIGTERM, signal.SIGUSR2)


class Queue(Protocol):
    """What is known of jobs."""

    def ended(self, job_id: str) -> str | None:
        """Tells how a job ended; None while it may still run."""

    def cancel(self, job_id: str) -> None:
        """Has a job ended."""

    def is_gone_from(self, job_id: str, host: str) -> bool:
        """Tells whether a job that ran on a host is over."""


class SubmittedJob:
    """A job in a queue."""

    def __init__(self, queue: Queue, job_id: str) -> None:
        self._queue, self._id = queue, job_id
        self._how: str | None = None

    def ended(self) -> str | None:
        """Asks the queue, until it has told the end."""
        self._how = self._how or self._queue.ended(self._id)
        return self._how

    def cancel(self) -> None:
        """Has it ended."""
        self._queue.cancel(self._id)


class SubmititBackend(CallingBackend):
    """Submits jobs through an executor of submitit."""

    def __init__(self, out: Path, executor: Any, queue: Queue, host: str, bind: str = "") -> None:
        """Begins to listen.

        Args:
            out: the store.
            executor: that submits.
            queue: that knows what becomes of jobs.
            host: name or address by which nodes reach this machine.
            bind: address to listen at; empty for all of this machine.
        """
        super().__init__(out, host, bind)
        self._executor, self._queue = executor, queue

    def told(self) -> str:
        """Names the folder where one looks if jobs do not do what they should."""
        return f"workers are jobs; their scripts and logs are in {self._executor.folder}"

    def submit(self, call: Call) -> SubmittedJob:
        """Submits a job."""
        from submitit.core.utils import FailedJobError, FailedSubmissionError

        try:
            job = self._executor.submit(_work, call)
        except (FailedJobError, FailedSubmissionError) as error:
            raise BackendError(f"sbatch refused the job of a worker: {error}") from error
        return SubmittedJob(self._queue, job.job_id)

    def ask(self, owner: Owner) -> bool:
        """Asks for the job that the process lived in."""
        word, _, job_id = owner.place.partition(" ")
        return word == PLACE_WORD and self._queue.is_gone_from(job_id, owner.host)

    def close(self) -> None:
        """Deletes what jobs were made of, with the batch's secret; scripts and logs stay."""
        super().close()
        for path in Path(self._executor.folder).glob("*.pkl"):
            path.unlink(missing_ok=True)


def slurm_backend(out: Path, needs: Needs, options: Mapping[str, str]) -> SubmititBackend:
    """Makes a backend whose workers are jobs of Slurm.

    Args:
        out: the store; on a file system that all nodes share.
        needs: of a worker.
        options: of ``sbatch`` by their long names (``partition``, ``time``), and ``host``.

    Raises:
        UsageError: submitit is not installed, this is no machine to submit from, or an option is
            none of sbatch's, or one that slicebed sets.
    """
    submitit = _import_submitit()
    require_known(options)
    settings = {name.replace("-", "_"): value for name, value in options.items()}
    for command in ("sbatch", "squeue", "scancel", "srun"):
        if shutil.which(command) is None:
            raise UsageError(f"--backend slurm needs Slurm's command {command} on this machine")
    host = settings.pop(HOST, socket.gethostname())
    executor = submitit.SlurmExecutor(folder=_private_folder(out))
    executor.update_parameters(
        job_name="slicebed", time=None, additional_parameters=_parameters(needs, settings)
    )
    return SubmititBackend(out, executor, SlurmQueue(), host)


def _parameters(needs: Needs, settings: Mapping[str, str]) -> dict[str, Any]:
    parameters: dict[str, Any] = {"cpus_per_task": CORES_OF_A_RUN}
    if needs.gpus and not any(name.startswith(("gpus", "gres")) for name in settings):
        parameters["gpus_per_node"] = 1
    # A lost run is given to another job; a job that comes again by itself has nothing to do.
    return {**parameters, "no_requeue": True, **settings}


def _private_folder(out: Path) -> Path:
    folder = out.absolute() / FOLDER / uuid.uuid4().hex[:8]
    try:
        folder.mkdir(parents=True, mode=PRIVATE)
    except OSError as error:
        raise BackendError(f"cannot write {folder}: {error.strerror}") from error
    return folder


def _import_submitit() -> Any:
    try:
        import submitit
    except ImportError as error:
        raise UsageError(
            f"--backend slurm needs submitit ({error}): pip install 'slicebed[slurm]'"
        ) from error
    return submitit


def _work(call: Call) -> None:
    import submitit

    job = submitit.JobEnvironment()
    call_back(call, f"{job.cluster} {job.job_id}", NOTICES)
