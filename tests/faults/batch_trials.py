"""Kills of a batch's processes at random moments: each run ends well once, with the same bytes.

    python -m tests.faults.batch_trials --trials 200 --seed 1

A trial starts a batch of short runs, kills (SIGKILL) one of its processes at a random moment,
calls ``slicebed resume`` until nothing is missing, and compares the store with that of a batch that
nobody disturbed. Where the runner lives on, it must do without ``resume``.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]
SLICEBED = [sys.executable, "-m", "pyctl.cli"]
VICTIMS = ("runner", "worker", "server", "simulation", "guard")
# Short runs of many steps, and some that write a topology.
PLAN = """scenario: [loopback, capacity]
allocators: [equal, {name: static, settings: {shares: [0.5, 0.3, 0.2]}}]
parameters: {steps: 60}
when:
  - {if: {scenario: capacity, allocator: static}, skip: true}
  - {if: {scenario: capacity}, set: {steps: 3, interval_s: 0.5, warmup_s: 0.1}}
seeds: 2
"""
RUNS = 6
# What depends on the run alone; other files hold times, machine or process.
SAME_BYTES = ("config.json", "description.json", "steps.parquet", "decisions.bin", "topology.json")
SHARED_MEMORY = Path("/dev", "shm")
LATEST = 0.8  # moment of the kill, of the undisturbed batch's time: there is somebody to kill
LEAST_HIT = 0.5  # share of a victim's trials that must have killed one
MOST_RESUMES = 4
GONE_S = 10.0
PATIENCE_S = 120.0

Contents = dict[str, str]  # digests by path in the store


@dataclass(frozen=True)
class Trial:
    """What was killed when, and what came of it.

    Attributes:
        victim: kind of process.
        moment_s: from the start of the batch [s].
        hit: whether there was such a process from then on.
        resumes: calls of ``resume`` until nothing was missing.
        took_s: wall time of all [s].
        faults: what is not as it should be.
    """

    victim: str
    moment_s: float
    hit: bool
    resumes: int
    took_s: float
    faults: tuple[str, ...]


class Trials:
    """Trials against one undisturbed batch."""

    def __init__(self, folder: Path) -> None:
        """Runs the undisturbed batch.

        Args:
            folder: for plan and stores; the processes' temporary files go there too.
        """
        self._folder = folder
        self._temporary = folder / "tmp"
        self._temporary.mkdir()
        (folder / "plan.yaml").write_text(PLAN)
        begun = time.monotonic()
        assert _end(self._start("batch", "undisturbed"))
        self._batch_s = time.monotonic() - begun
        self._expected = contents(folder / "undisturbed")
        assert sum("/" not in name for name in self._expected) == RUNS

    def try_once(self, seed: int, victim: str | None = None) -> Trial:
        """Does one trial; the moment is drawn, and the victim if it is not given."""
        draw = random.Random(seed)
        moment_s = draw.uniform(0, LATEST * self._batch_s)
        victim = victim or draw.choice(VICTIMS)
        out = f"trial-{seed}"
        begun = time.monotonic()
        batch = self._start("batch", out)
        time.sleep(moment_s)
        hit = _strike(batch, victim, draw)
        faults = [] if _end(batch) or (hit and victim == "runner") else ["the batch failed"]
        resumes = 0
        while self._differences(out) and resumes < MOST_RESUMES:
            resumes += 1
            faults += [] if _end(self._start("resume", out)) else [f"resume {resumes} failed"]
        if resumes > 0 and victim != "runner":
            faults.append("the batch left something to resume")
        faults += [*self._left(), *self._differences(out)]
        took_s = time.monotonic() - begun
        return Trial(victim, moment_s, hit, resumes, took_s, tuple(faults))

    def _start(self, command: str, out: str) -> subprocess.Popen[bytes]:
        words = [command, "plan.yaml", "--out", out, "--workers", "2", "--quiet"]
        return subprocess.Popen(
            [*SLICEBED, *words],
            cwd=self._folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(self._temporary)},
            stdout=subprocess.DEVNULL,
        )

    def _differences(self, out: str) -> list[str]:
        found = contents(self._folder / out)
        names = sorted(found.keys() | self._expected.keys())
        return [
            f"{name} is {found.get(name, 'missing')}, not {self._expected.get(name, 'missing')}"
            for name in names
            if found.get(name) != self._expected.get(name)
        ]

    def _left(self) -> list[str]:
        deadline = time.monotonic() + GONE_S
        while (processes := [*_with_variable("TMPDIR", str(self._temporary))]) and (
            time.monotonic() < deadline
        ):
            time.sleep(0.02)
        segments = SHARED_MEMORY.glob("*slicebed*")
        left = [*processes, *map(str, segments), *map(str, self._temporary.iterdir())]
        return [f"{each} is left" for each in left]


def contents(out: Path) -> Contents:
    """Digests a store: all names in it, bytes that depend on the run alone, and KPIs."""
    found: Contents = {}
    for folder in out.iterdir() if out.is_dir() else ():
        found[folder.name] = "there"
        if not folder.name.startswith("."):  # a lock, or a run that has not appeared: half written
            found.update({f"{folder.name}/{path.name}": _told(path) for path in folder.iterdir()})
    return found


def _told(path: Path) -> str:
    if path.name in SAME_BYTES:
        return _sha256(path.read_bytes())
    if path.name == "summary.json":
        return str(json.loads(path.read_text())["kpi_sha256"])
    return "there"


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _strike(batch: subprocess.Popen[bytes], victim: str, draw: random.Random) -> bool:
    """Kills a process of the batch; tells whether there was one before its end."""
    while batch.poll() is None:
        with contextlib.suppress(psutil.NoSuchProcess):
            family = [(_kind(process), process) for process in _family(batch.pid)]
            fit = [process for kind, process in family if kind == victim]
            if fit:
                draw.choice(fit).send_signal(signal.SIGKILL)
                return True
        time.sleep(0.001)
    return False


def _family(pid: int) -> list[psutil.Process]:
    runner = psutil.Process(pid)
    return [runner, *runner.children(recursive=True)]


def _kind(process: psutil.Process) -> str:
    words = process.cmdline()
    tests: dict[str, Callable[[], bool]] = {
        "runner": lambda: "pyctl.cli" in words,
        "worker": lambda: any("spawn_main" in word for word in words),
        "guard": lambda: "slicebed-guard" in words,
        "server": lambda: "--serve" in words and _kind_of_parent(process) == "worker",
        "simulation": lambda: "--serve" in words and _kind_of_parent(process) == "server",
    }
    return next((kind for kind, fits in tests.items() if fits()), "other")


def _kind_of_parent(process: psutil.Process) -> str:
    parent = process.parent()
    return "none" if parent is None else _kind(parent)


def _end(process: subprocess.Popen[bytes]) -> bool:
    """Waits for a command; tells whether it went well."""
    return process.wait(PATIENCE_S) == 0


def _with_variable(name: str, value: str) -> Iterator[str]:
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get(name) == value:
                yield f"process {process.pid} ({' '.join(process.cmdline())})"


def main() -> None:
    """Does many trials and prints what came of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    trials = []
    with tempfile.TemporaryDirectory(prefix="sb") as folder:
        all_trials = Trials(Path(folder))
        for seed in range(arguments.seed, arguments.seed + arguments.trials):
            trials.append(trial := all_trials.try_once(seed))
            for fault in trial.faults:
                print(f"seed {seed}: {trial.victim} at {trial.moment_s:.2f} s: {fault}", flush=True)
    missed = []
    print(f"{'victim':12}{'trials':>7}{'hit':>5}{'resumes':>9}{'median s':>10}{'faults':>8}")
    for victim, count in sorted(Counter(trial.victim for trial in trials).items()):
        same = [trial for trial in trials if trial.victim == victim]
        hit, resumes = sum(t.hit for t in same), sum(t.resumes for t in same)
        middle_s = sorted(t.took_s for t in same)[count // 2]
        faults = sum(bool(t.faults) for t in same)
        print(f"{victim:12}{count:7}{hit:5}{resumes:9}{middle_s:10.1f}{faults:8}")
        if hit < LEAST_HIT * count:
            missed.append(victim)
    for victim in missed:
        print(f"{victim}: hit in fewer than half of its trials, which so tell little of it")
    sys.exit(bool(missed) or any(trial.faults for trial in trials))


if __name__ == "__main__":
    main()
