"""Simulations that somebody else starts: over `slicebed simulate`, in the clear and encrypted."""

from __future__ import annotations

import shlex
import subprocess
import sys
import threading
from typing import Any

import numpy as np
import pytest

from pyctl.env.awaited import AwaitedEnv
from pyctl.env.cosim import CoSimEnv
from pyctl.errors import ProtocolError, SimulationHung, UsageError
from pyctl.exchange.channel import Channel
from tests.pyctl.env.told import Told

pytestmark = pytest.mark.usefixtures("nothing_left")

PARAMS = {"steps": 2}
ACTION = {"prb_max": np.full((2, 3), 0.25, np.float32)}


class Elsewhere:
    """Starts what the environment asks for, as a person at another host would."""

    def __init__(self, patch: pytest.MonkeyPatch, change: Any = lambda words: words) -> None:
        self._told = Told()
        patch.setattr(sys, "stderr", self._told)
        self._change = change
        self.process: subprocess.Popen[str] | None = None
        self._thread = threading.Thread(target=self._obey)
        self._thread.start()

    def _obey(self) -> None:
        text = self._told.line()
        prefix = "start the simulation with: slicebed "
        assert text.startswith(prefix)
        words = self._change(shlex.split(text.removeprefix(prefix)))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pyctl.cli", *words], stderr=subprocess.PIPE, text=True
        )

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


def test_another_simulation_is_sent_away(unused_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def other(words: list[str]) -> list[str]:
        return [word.replace("steps=2", "steps=5") for word in words]

    elsewhere = Elsewhere(monkeypatch, other)
    address = f"tcp://127.0.0.1:{unused_port}"
    env = AwaitedEnv("loopback", PARAMS, 3, address=address, timeout_s=30)
    with pytest.raises(ProtocolError, match="came runs with steps=5; steps=2 is expected"):
        env.reset()
    assert elsewhere.end() == (0, "")  # it was asked to stop


def test_who_has_not_the_key_is_not_let_in(
    unused_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def keyless(words: list[str]) -> list[str]:
        return [word for word in words if not word.startswith("--curve-key")]

    elsewhere = Elsewhere(monkeypatch, keyless)
    address = f"tcp://127.0.0.1:{unused_port}"
    env = AwaitedEnv("loopback", PARAMS, 3, address=address, curve=True, timeout_s=4)
    with pytest.raises(SimulationHung, match="no simulation has come yet"):
        env.reset()
    status, errors = elsewhere.end()
    assert status == 3
    assert "went away" in errors


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
        ("tcp://127.0.0.1:0", "tcp://HOST:PORT is required"),
        ("ipc:///tmp/x", "tcp://HOST:PORT is required"),
    ],
)
def test_addresses(address: str, text: str) -> None:
    with pytest.raises(UsageError, match=text):
        AwaitedEnv("loopback", PARAMS, address=address)


def test_an_address_that_is_not_this_hosts_is_refused(unused_port: int) -> None:
    env = AwaitedEnv("loopback", PARAMS, address=f"tcp://192.0.2.1:{unused_port}")
    with pytest.raises(UsageError, match="and host 192.0.2.1, an address of this one, is required"):
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
