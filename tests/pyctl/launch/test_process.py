from __future__ import annotations

import gc
import os
import shlex
import signal
import sys
import time
from pathlib import Path

import psutil
import pytest

from pyctl.errors import SimulationCrashed, SimulationRefused, UsageError
from pyctl.launch.process import SimulationProcess, _start_guard

pytestmark = pytest.mark.usefixtures("nothing_left")

WAIT_S = 10.0


def shell(script: str, log_path: Path | None = None) -> SimulationProcess:
    return SimulationProcess(["/bin/sh", "-c", script], log_path=log_path)


def wait_for(text: str, process: SimulationProcess) -> None:
    deadline = time.monotonic() + WAIT_S
    while text not in process.tail():
        assert time.monotonic() < deadline, process.tail()
        time.sleep(0.01)


def test_it_is_running_until_it_ends() -> None:
    process = shell("exec sleep 60")
    assert process.poll() is None
    process.require_alive()
    process.stop(ask_s=0)
    assert process.poll() == 128 + signal.SIGTERM


def test_an_end_by_itself_is_waited_for() -> None:
    assert shell("exit 0").stop() == 0


def test_one_that_ignores_sigterm_is_killed() -> None:
    process = shell("trap '' TERM; echo ready; while :; do sleep 0.05; done")
    wait_for("ready", process)
    assert process.stop(ask_s=0, terminate_s=0.2) == 128 + signal.SIGKILL


def test_its_own_children_go_with_it() -> None:
    process = shell("sleep 60 & echo child $!; wait")
    wait_for("child", process)
    child = psutil.Process(int(process.tail().split()[1]))
    process.stop(ask_s=0)
    assert child.wait(WAIT_S) is None
    assert not child.is_running()


def test_children_of_one_that_died_go_too() -> None:
    process = shell("sleep 60 & echo child $!; exit 3")
    assert process.wait(WAIT_S) == 3
    child = int(process.tail().split()[1])
    deadline = time.monotonic() + WAIT_S
    while psutil.pid_exists(child) and psutil.Process(child).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.stop()


def test_it_has_a_session_of_its_own() -> None:
    process = shell("exec sleep 60")
    assert os.getsid(process.pid) == process.pid
    process.stop(ask_s=0)


def test_output_goes_to_the_log_and_its_end_is_kept(tmp_path: Path) -> None:
    log = tmp_path / "simulation.log"
    log.write_text("earlier\n")
    process = shell("for i in 1 2 3; do echo line $i; done; echo error >&2; exit 1", log)
    process.stop()

    assert log.read_text() == "earlier\nline 1\nline 2\nline 3\nerror\n"
    assert process.tail() == "line 1\nline 2\nline 3\nerror"


def test_only_the_last_lines_are_kept() -> None:
    process = shell("for i in $(seq 100); do echo line $i; done")
    process.wait(WAIT_S)
    assert process.tail(lines=2) == "line 99\nline 100"
    assert len(process.tail().splitlines()) == 20
    process.stop()


def test_an_exit_is_told_with_status_output_and_command() -> None:
    process = shell("echo sim: error: out of memory >&2; exit 3")
    process.wait(WAIT_S)
    with pytest.raises(SimulationCrashed, match="sh exited with status 3 before its time: out of"):
        process.require_alive()
    error = process.failure(3)
    assert error.exit_status_sim == 3
    assert error.stderr_tail == "sim: error: out of memory"
    assert shlex.split(error.command) == process.arguments
    process.stop()


def test_a_signal_is_told_by_its_name() -> None:
    process = shell("kill -s ABRT $$")
    process.wait(WAIT_S)
    with pytest.raises(SimulationCrashed, match=r"killed by SIGABRT \(exit status 134\)"):
        process.require_alive()
    process.stop()


def test_status_2_is_a_refusal_in_its_own_words() -> None:
    process = shell("echo noise; echo slicebed-x: error: steps is 0 >&2; exit 2")
    process.wait(WAIT_S)
    with pytest.raises(SimulationRefused, match="^steps is 0$"):
        process.require_alive()
    process.stop()


def test_a_program_that_is_none_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="command is /no/such: No such file.*; a program that can"):
        SimulationProcess(["/no/such"])


def test_a_log_that_cannot_be_written_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="log_path is .*; a file that can be written is required"):
        shell("exit 0", tmp_path)


def test_a_lost_object_ends_its_simulation() -> None:
    process = shell("exec sleep 60")
    simulation = psutil.Process(process.pid)
    del process
    gc.collect()
    assert not simulation.is_running()


def test_a_forked_child_does_not_end_its_parents_simulation() -> None:
    process = shell("exec sleep 60")
    child = os.fork()
    if child == 0:
        process._finalizer()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert process.poll() is None
    process.stop(ask_s=0)


def test_stop_may_be_repeated() -> None:
    process = shell("echo bye; exit 5")
    assert process.stop() == 5
    assert process.stop() == 5
    assert process.tail() == "bye"
    assert sys.exc_info() == (None, None, None)


def test_a_guard_whose_agent_dies_before_it_has_started_anything_tidies_up(tmp_path: Path) -> None:
    folder = tmp_path / "sockets"
    folder.mkdir()
    (folder / "agent-0").touch()
    guard = _start_guard(folder)
    assert guard.stdin is not None
    guard.stdin.close()
    assert guard.wait(WAIT_S) == 0
    assert not folder.exists()
