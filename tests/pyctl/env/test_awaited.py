"""Simulations that somebody else starts: over `slicebed simulate`, in the clear and encrypted."""

from __future__ import annotations

import dataclasses
import math
import re
import shlex
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zmq

from pyctl.campaign.prepare import Reach, RunConfig
from pyctl.campaign.runner import run_once
from pyctl.env.awaited import AwaitedEnv
from pyctl.env.cosim import CoSimEnv
from pyctl.errors import ProtocolError, UsageError
from pyctl.exchange.channel import Channel
from tests.pyctl.cli.commands import slicebed
from tests.pyctl.env.told import Told

pytestmark = pytest.mark.usefixtures("nothing_left")

PARAMS = {"steps": 2}
TINY_CELLS = {
    **{"sites": 1, "sectors": 1, "ues_per_slice": 1},
    **{"steps": 1, "interval_s": 0.2, "warmup_s": 0},
}
ACTION = {"prb_max": np.full((2, 3), 0.25, np.float32)}


def start(words: list[str]) -> subprocess.Popen[str]:
    """Starts a command of slicebed."""
    return subprocess.Popen(
        [sys.executable, "-m", "pyctl.cli", *words], stderr=subprocess.PIPE, text=True
    )


OTHER_KEY = [f"--curve-key={zmq.curve_keypair()[0].decode()}"]


class Elsewhere:
    """Starts what the environment asks for, as a person at another host would."""

    def __init__(self, patch: pytest.MonkeyPatch, change: Any = lambda words: words) -> None:
        self.told = Told()
        patch.setattr(sys, "stderr", self.told)
        self._change = change
        self.words: list[str] = []
        self.process: subprocess.Popen[str] | None = None
        self._thread = threading.Thread(target=self._obey)
        self._thread.start()

    def _obey(self) -> None:
        text = self.told.line()
        prefix = "start the simulation with: slicebed "
        assert text.startswith(prefix)
        self.words = self._change(shlex.split(text.removeprefix(prefix)))
        self.process = start(self.words)

    def end(self) -> tuple[int, str]:
        self._thread.join()
        assert self.process is not None
        errors = self.process.communicate(timeout=30)[1]
        return self.process.returncode, errors


def rewards(env: CoSimEnv) -> list[float]:
    env.reset()
    return [env.step(ACTION)[1] for _ in range(2)]


@pytest.mark.parametrize("curve", [False, True])
def test_an_episode_is_that_of_a_simulation_started_here(
    curve: bool, unused_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = CoSimEnv("loopback", PARAMS, seed=3)
    expected = rewards(here)
    here.close()
    elsewhere = Elsewhere(monkeypatch)
    address = f"tcp://127.0.0.1:{unused_port}"
    env = AwaitedEnv("loopback", PARAMS, 3, address=address, curve=curve, timeout_s=30)
    assert rewards(env) == expected
    assert elsewhere.end() == (0, "")
    env.close()


def test_a_second_simulation_disturbs_nothing_and_is_told_why(
    unused_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    params = {"steps": 100_000}
    here = CoSimEnv("loopback", params, seed=3)
    here.reset()
    elsewhere = Elsewhere(monkeypatch)
    address = f"tcp://127.0.0.1:{unused_port}"
    env = AwaitedEnv("loopback", params, 3, address=address, timeout_s=30)
    env.reset()
    second = start(elsewhere.words)
    while second.poll() is None:
        assert env.step(ACTION)[1] == here.step(ACTION)[1]
        time.sleep(0.01)
    assert second.returncode == 3
    assert "error: the agent refused: it talks to another simulation" in second.communicate()[1]
    assert env.step(ACTION)[1] == here.step(ACTION)[1]
    env.close()
    here.close()
    assert elsewhere.end() == (0, "")


def keepalive_timers(port: int) -> list[float]:
    """After how much silence each end of the connections of a port asks for the other [s]."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    ends = [row for row in rows if row[3] == "01" and f":{port:04X}" in row[1] + row[2]]
    # 02 is the keepalive's timer; what is left of it is told in hundredths of a second.
    return [int(row[5][3:], 16) / 100 if row[5].startswith("02") else math.inf for row in ends]


def test_both_ends_ask_whether_the_other_host_is_there(
    unused_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = Elsewhere(monkeypatch)
    env = AwaitedEnv("loopback", PARAMS, 3, address=f"tcp://127.0.0.1:{unused_port}", timeout_s=30)
    env.reset()
    time.sleep(0.5)  # until nothing is on its way
    timers = keepalive_timers(unused_port)
    assert len(timers) == 2
    assert max(timers) <= 30
    env.close()
    assert elsewhere.end() == (0, "")


def instead(old: str, *new: str) -> Callable[[list[str]], list[str]]:
    """Replaces a word of the command."""
    return lambda words: [each for word in words for each in (new if word == old else [word])]


ATTRIBUTE = "ns3::ConstantRandomVariable::Constant"


@pytest.mark.parametrize(
    ("params", "change", "text"),
    [
        (PARAMS, instead("steps=2", "steps=5"), "with steps=5; steps=2 is expected"),
        (PARAMS, instead("3", "4"), "with seed=4; seed=3 is expected"),
        (PARAMS, lambda words: [w for w in words if w not in ("--seed", "3")], "with seed=1; seed"),
        (
            {**PARAMS, ATTRIBUTE: 2},
            instead(f"{ATTRIBUTE}=2", f"{ATTRIBUTE}=3"),
            f"with {ATTRIBUTE}=3; {ATTRIBUTE}=2 is expected",
        ),
        (
            {**PARAMS, ATTRIBUTE: 2},
            instead(f"{ATTRIBUTE}=2", "cells=2"),
            f"with {ATTRIBUTE} not set; {ATTRIBUTE}=2 is expected",
        ),
        (
            PARAMS,
            instead("steps=2", "steps=2", "--set", f"{ATTRIBUTE}=2"),
            f"with {ATTRIBUTE}=2; {ATTRIBUTE} not set is expected",
        ),
    ],
)
def test_another_simulation_is_sent_away(
    params: dict[str, Any],
    change: Callable[[list[str]], list[str]],
    text: str,
    unused_port: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    elsewhere = Elsewhere(monkeypatch, change)
    address = f"tcp://127.0.0.1:{unused_port}"
    env = AwaitedEnv("loopback", params, 3, address=address, timeout_s=30)
    with pytest.raises(ProtocolError, match=f"came runs {re.escape(text)}"):
        env.reset()
    assert elsewhere.end() == (0, "")  # it was asked to stop


def test_a_run_of_another_seed_is_not_stored_as_one_of_this(
    tmp_path: Path, unused_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = Elsewhere(monkeypatch, instead("5", "7"))
    reach = Reach(listen=f"tcp://127.0.0.1:{unused_port}")
    request = RunConfig(
        "cells", "equal", {**TINY_CELLS, "ns3::UdpSocket::RcvBufSize": 99999}, seed=5, reach=reach
    )
    with pytest.raises(ProtocolError, match="came runs with seed=7; seed=5 is expected"):
        run_once(request, tmp_path)
    elsewhere.end()
    assert [path.suffix for path in tmp_path.iterdir()] == [".failed"]

    elsewhere = Elsewhere(monkeypatch)
    there = run_once(request, tmp_path)
    assert elsewhere.end() == (0, "")
    here = run_once(dataclasses.replace(request, reach=Reach()), tmp_path / "here")
    assert there.run_id == here.run_id
    assert there.summary["kpi_sha256"] == here.summary["kpi_sha256"]


class Enough(Exception):
    """Ends a wait."""


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ([], "an agent that encrypts needs its curve_key"),
        (OTHER_KEY, "curve_key has to be this agent's public key"),
    ],
    ids=["none", "wrong"],
)
def test_who_has_not_the_key_is_not_let_in(
    key: list[str], text: str, unused_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other(words: list[str]) -> list[str]:
        return [*(word for word in words if not word.startswith("--curve-key")), *key]

    def tell_and_end(env: AwaitedEnv) -> None:
        tell(env)
        raise Enough

    tell = AwaitedEnv._tell_wrong_key
    monkeypatch.setattr(AwaitedEnv, "_tell_wrong_key", tell_and_end)
    elsewhere = Elsewhere(monkeypatch, other)
    address = f"tcp://127.0.0.1:{unused_port}"
    env = AwaitedEnv("loopback", PARAMS, 3, address=address, curve=True, timeout_s=60)
    with pytest.raises(Enough):
        env.reset()
    assert elsewhere.told.line() == "a simulation came without this run's key; it was not let in\n"
    status, errors = elsewhere.end()
    assert status == 3
    assert f"{address} did not let the simulation in; {text}" in errors


@pytest.mark.parametrize(
    ("agent", "text"),
    [
        ("", "--agent is ''; tcp://HOST:PORT is required"),
        ("tcp://127.0.0.1:0", "tcp://HOST:PORT is required, PORT from 1 to 65535"),
        ("tcp://127.0.0.1:99999", "tcp://HOST:PORT is required, PORT from 1 to 65535"),
        ("ipc://", "tcp://HOST:PORT is required"),
        ("tcp://nowhere.invalid:5", "host nowhere.invalid cannot be resolved"),
        ("tcp://a..b:5", "host a..b cannot be resolved"),
    ],
)
def test_an_agent_that_cannot_be_is_refused_at_once(agent: str, text: str) -> None:
    done = slicebed("simulate", "loopback", "--agent", agent)
    assert done.returncode == 2
    assert text in done.stderr


def test_who_has_a_key_where_none_is_used_is_told_of(capsys: pytest.CaptureFixture[str]) -> None:
    env = AwaitedEnv("loopback", PARAMS, 3, address="tcp://127.0.0.1:5")
    env._tell_wrong_key()  # ZeroMQ tells of such a one as of a wrong key, if it is not gone by then
    told = "a simulation came with a key, and this run has none; it was not let in\n"
    assert capsys.readouterr().err == told


def test_a_wrong_key_is_a_usage_error_of_the_simulation() -> None:
    words = ["simulate", "loopback", "--agent", "tcp://127.0.0.1:5", "--curve-key=short"]
    done = subprocess.run(
        [sys.executable, "-m", "pyctl.cli", *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "curve_key is 'short'; a public key of 40 characters is required" in done.stderr


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("5555", "address is '5555'; tcp://HOST:PORT is required"),
        ("tcp://127.0.0.1:0", "tcp://HOST:PORT is required, PORT from 1 to 65535"),
        ("ipc:///tmp/x", "tcp://HOST:PORT is required"),
    ],
)
def test_addresses(address: str, text: str) -> None:
    with pytest.raises(UsageError, match=text):
        AwaitedEnv("loopback", PARAMS, address=address)


def test_an_address_that_is_not_this_hosts_is_refused(unused_port: int) -> None:
    env = AwaitedEnv("loopback", PARAMS, address=f"tcp://192.0.2.1:{unused_port}")
    with pytest.raises(UsageError, match="as host 192.0.2.1 an address of this one, is required"):
        env.reset()


def test_it_cannot_be_branched(unused_port: int) -> None:
    env = AwaitedEnv("loopback", PARAMS, address=f"tcp://127.0.0.1:{unused_port}")
    with pytest.raises(UsageError, match="somebody else started cannot be branched"):
        env.branch()


def test_nobody_is_listened_to_from_outside_unless_asked() -> None:
    channel = Channel("tcp")
    assert channel.endpoint.startswith("tcp://127.0.0.1:")
    assert channel.curve_key is None
    channel.close()
