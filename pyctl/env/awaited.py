"""A scenario whose simulation somebody starts elsewhere, on another host perhaps.

The agent listens at an address and says with which command the simulation is to be started. This is
how an agent on a host with a GPU decides for a simulation on another one.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Self

from pyctl.env.cosim import CoSimEnv, Fields
from pyctl.env.link import Link
from pyctl.errors import ProtocolError, UsageError
from pyctl.exchange.address import parse_tcp
from pyctl.exchange.channel import Channel
from pyctl.exchange.session import Session

# Parameters that name files of a host: they say nothing of what is simulated, or may differ.
FILES = frozenset({"topology_file", "mask_file"})


class AwaitedEnv(CoSimEnv):
    """One scenario that is awaited in place of started, one episode at a time."""

    def __init__(
        self,
        scenario: str,
        params: Mapping[str, Any] | None = None,
        seed: int | None = None,
        *,
        address: str,
        curve: bool = False,
        **keywords: Any,
    ) -> None:
        """Begins nothing yet.

        Args:
            scenario: that will come.
            params: that it will have.
            seed: of its first episode.
            address: ``tcp://HOST:PORT`` to listen at, HOST an address of this host, ``*`` for all.
            curve: whether to encrypt what is said; each episode then has a key of its own.
            keywords: further ones of ``CoSimEnv``.

        Raises:
            UsageError: one of the arguments is wrong.
        """
        super().__init__(scenario, params, seed, **keywords)
        self._scenario, self._parameters = scenario, dict(params or {})
        self._host, self._port = parse_tcp("address", address)
        self._curve = curve

    def branch(self, n: int = 1, runs: Sequence[int] | None = None) -> list[Self]:
        """Is not there for a simulation that was not started here.

        Raises:
            UsageError: always.
        """
        raise UsageError("a simulation that somebody else started cannot be branched")

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Fields, dict[str, Any]]:
        """Says how the simulation is to be started, and waits for it.

        Raises:
            ProtocolError: the one that came runs another scenario, or with another parameter, seed
                or option of ns-3.
        """
        observation, info = super().reset(seed=seed, options=options)
        try:
            expected = {**self.description, "seed": self.seed}
            _require_same_run(expected, info.get("description", {}))
        except ProtocolError:
            self.close()
            raise
        return observation, info

    def _begin_link(self) -> Link:
        channel = Channel(
            "tcp", self._port, host=self._host, curve=self._curve, on_wrong_key=self._tell_wrong_key
        )
        print(
            f"start the simulation with: {self._invitation(channel)}", file=sys.stderr, flush=True
        )
        return Link(Session(channel), None, self._timeout_s)

    def _tell_wrong_key(self) -> None:
        came = "without this run's key" if self._curve else "with a key, and this run has none"
        print(f"a simulation came {came}; it was not let in", file=sys.stderr, flush=True)

    def _invitation(self, channel: Channel) -> str:
        """Writes the command that starts the simulation."""
        words = ["slicebed", "simulate", self._scenario]
        for name, value in self._parameters.items():
            words += ["--set", f"{name}={value}"]
        host = "THIS_HOST" if self._host == "*" else self._host
        words += ["--seed", str(self.seed), "--agent", f"tcp://{host}:{channel.port}"]
        if channel.curve_key is not None:
            words.append(f"--curve-key={channel.curve_key}")
        return shlex.join(words)


def _require_same_run(expected: Mapping[str, Any], came: Mapping[str, Any]) -> None:
    """Checks that a simulation is the one that was described here."""
    if came.get("scenario") != expected["scenario"]:
        raise ProtocolError(
            f"the simulation that came runs scenario {came.get('scenario')}; "
            f"{expected['scenario']} is expected"
        )
    due, found = _inputs(expected), _inputs(came)
    for name in (*due, *found):
        if due.get(name) != found.get(name):
            raise ProtocolError(
                f"the simulation that came runs with {_setting(name, found)}; "
                f"{_setting(name, due)} is expected"
            )


def _inputs(description: Mapping[str, Any]) -> dict[str, Any]:
    """Gathers all that decides what is simulated, by name."""
    parameters = {entry["name"]: entry["value"] for entry in description["parameters"]}
    inputs = {**parameters, **description.get("ns3_options", {}), "seed": description.get("seed")}
    return {name: value for name, value in inputs.items() if name not in FILES}


def _setting(name: str, inputs: Mapping[str, Any]) -> str:
    return f"{name}={inputs[name]}" if name in inputs else f"{name} not set"
