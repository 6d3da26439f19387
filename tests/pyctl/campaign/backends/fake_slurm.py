"""Slurm's commands in a hundred lines: they run the scripts they get, on hosts of other names.

    slurm = FakeSlurm(folder)          # its commands are in slurm.path
    slurm.end(slurm.running()[0], "NODE_FAIL")

Jobs are processes of this machine; Python's ``socket.gethostname`` says ``node<job>`` in them, so
that nobody can look whether they live but Slurm.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

# Which command it is, its own name says. A job is a folder: its script's process group, its state.
COMMANDS = """
import os, pathlib, signal, subprocess, sys, time
root = pathlib.Path({root!r})
name, arguments = os.path.basename(sys.argv[0]), sys.argv[1:]
valued = dict(a[2:].split("=", 1) for a in arguments if a.startswith("--") and "=" in a)

def state_of(job):
    return (root / job / "state").read_text().strip()

def end(job, state, number):
    (root / job / "state").write_text(state)
    try:
        os.killpg(int((root / job / "group").read_text()), number)
    except ProcessLookupError:
        pass

if name == "sbatch":
    if (root / "refuses").exists():
        sys.exit("sbatch: error: invalid partition specified: " + (root / "refuses").read_text())
    job = str(1 + sum(1 for _ in root.glob("[0-9]*")))
    (root / job).mkdir()
    (root / job / "script").write_text(pathlib.Path(arguments[-1]).read_text())
    (root / job / "state").write_text("RUNNING")
    watch = [sys.executable, __file__.replace("sbatch", "slurmd"), job]
    subprocess.Popen(watch, start_new_session=True, stdin=subprocess.DEVNULL,
                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    print("Submitted batch job", job)
elif name == "slurmd":
    (job,) = arguments
    library = root / "library"
    environment = {{**os.environ, "SLURM_JOB_ID": job, "FAKE_HOST": "node" + job,
                    "PYTHONPATH": str(library) + ":" + os.environ.get("PYTHONPATH", "")}}
    script = subprocess.Popen(["bash", str(root / job / "script")], env=environment,
                              start_new_session=True)
    (root / job / "group").write_text(str(script.pid))
    status = script.wait()
    if state_of(job) == "RUNNING":
        (root / job / "state").write_text("FAILED" if status else "COMPLETED")
    (root / job / "over").touch()
elif name == "srun":
    files = {{}}
    while arguments[0].startswith("--"):
        option = arguments.pop(0)
        if option in ("--output", "--error"):
            path = arguments.pop(0).replace("%j", os.environ["SLURM_JOB_ID"]).replace("%t", "0")
            files[option] = open(path, "a")
    os.dup2(files["--output"].fileno(), 1)
    os.dup2(files["--error"].fileno(), 2)
    os.execvp(arguments[0], arguments)
elif name == "squeue":
    if (root / "silent").exists():
        sys.exit("squeue: error: Unable to contact slurm controller")
    jobs = [job for job in os.listdir(root) if job.isdigit()]
    jobs = [job for job in jobs if not (root / job / "forgotten").exists()]
    wanted = valued.get("jobs")
    if wanted is not None and wanted not in jobs:
        sys.exit("slurm_load_jobs error: Invalid job id specified")
    for job in jobs:
        state = state_of(job) if (root / job / "over").exists() else "COMPLETING"
        if wanted in (None, job):
            print(job, state, "node" + job, sep="|")
elif name == "sacct":
    job = valued["jobs"]
    if (root / job).exists():
        print(state_of(job) + "|node" + job)
elif name == "scancel":
    if not (root / arguments[0] / "over").exists():
        end(arguments[0], "CANCELLED", signal.SIGKILL)
"""
OTHER_HOST = """
import os, socket
if "FAKE_HOST" in os.environ:
    socket.gethostname = lambda: os.environ["FAKE_HOST"]
"""
NAMES = ("sbatch", "slurmd", "srun", "squeue", "sacct", "scancel")


class FakeSlurm:
    """A cluster.

    Attributes:
        path: folder of its commands.
        root: folder of its jobs.
    """

    def __init__(self, folder: Path) -> None:
        self.path, self.root = folder / "bin", folder / "jobs"
        library = self.root / "library"
        self.path.mkdir()
        library.mkdir(parents=True)
        (library / "sitecustomize.py").write_text(OTHER_HOST)
        # -S: such a small script needs none of what site finds.
        text = f"#!{sys.executable} -S\n{COMMANDS.format(root=str(self.root))}"
        for name in NAMES:
            (self.path / name).write_text(text)
            (self.path / name).chmod(0o755)

    def jobs(self) -> list[str]:
        """Lists all jobs."""
        return sorted((p.name for p in self.root.glob("[0-9]*")), key=int)

    def running(self) -> list[str]:
        """Lists jobs whose script runs."""
        return [
            job
            for job in self.jobs()
            if (self.root / job / "group").exists() and not (self.root / job / "over").exists()
        ]

    def script(self, job: str) -> str:
        """Reads what was submitted."""
        return (self.root / job / "script").read_text()

    def end(self, job: str, state: str, number: signal.Signals = signal.SIGKILL) -> None:
        """Ends a job as Slurm does."""
        (self.root / job / "state").write_text(state)
        os.killpg(int((self.root / job / "group").read_text()), number)
