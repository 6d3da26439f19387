"""One episode of the distributed LSTM in scenario ``edge-ddnn``: observations in, decisions out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from agents.ddnn import demands, fitted
from agents.ddnn.cost import sample_cost
from agents.ddnn.data import STATIONS, Floats
from agents.ddnn.demands import Window
from agents.ddnn.nodes import CloudNode, EdgeNode
from agents.ddnn.policies import Offloader
from agents.ddnn.storage import load_distributed
from agents.ddnn.wan import ResponseTimes
from agents.errors import AllocatorError
from agents.threads import one_thread

if TYPE_CHECKING:
    from agents.ddnn.allocator import DdnnFiles
    from agents.protocol import Array, Context, Observation


class Player:
    """Both ends of the distributed LSTM, and what lies between a border and the next.

    Attributes:
        edge: decides; its ``counts`` and ``offloader`` say what became of the decisions.

    Args:
        files: network, demands, policy.
        context: of the episode.

    Raises:
        AllocatorError: a file is missing, damaged or of another number of sites.
    """

    def __init__(self, files: DdnnFiles, context: Context) -> None:
        network, self._normaliser, _ = load_distributed(files.network)
        if self._normaliser.low.shape != (STATIONS,):
            raise AllocatorError(
                f"{files.network} was trained on {len(self._normaliser.low)} sites; {STATIONS} are "
                "required"
            )
        values = context.values
        peaks = np.array([site["peak_bps"] for site in values["sites"]], dtype=np.float64)
        self._window = Window(demands.read(files.demands), peaks)
        self._tail = network.tail
        self._cloud = CloudNode(network.tail)
        self._times = ResponseTimes(
            context.interval_s, float(values["timeout_s"]), _first_guess_s(values)
        )
        self._remote_s = float(values["remote_compute_s"])
        policy = fitted.make(
            files.policy, fitted.Choice(**files.choice), files.model, network, context.seed
        )
        self.edge = EdgeNode(
            network.head,
            self._normaliser,
            Offloader(policy),
            self._times,
            foresee=self._true_gain if policy.needs_truth else None,
            local_meanwhile=values["while_waiting"] == "local",
        )
        self._answer: bytes | None = None  # of the cloud, to the question of the last border
        self._future_bps: Array | None = None

    def decide(self, observation: Observation, future_bps: Array | None) -> dict[str, Array]:
        """Decides at a border.

        Args:
            observation: of the scenario.
            future_bps: load of the coming interval [bit/s], (stations,), which an oracle gets.

        Returns:
            ``local`` [bit/s], ``offload``, and ``remote`` [bit/s], 0 where the cloud is not asked.
        """
        if observation.step > 0:
            self._settle(observation.fields)
            self._window.add(observation.fields["offered"])
        self._future_bps = future_bps
        with one_thread():
            step = self.edge.decide(self._window.lags())
            self._answer = self._cloud.answer(step.message) if step.asks and step.message else None
        remote = np.zeros(STATIONS) if self._answer is None else self.edge.read(self._answer)
        return {
            "local": self._bps(step.local),
            "offload": np.array([step.asks], np.float32),
            "remote": self._bps(remote),
        }

    def _settle(self, fields: Mapping[str, Array]) -> None:
        """Takes what became of the question of the last border, or of its probe."""
        answered = bool(fields["answered"][0] > 0)
        came = answered or bool(fields["late_answers"][0] > 0)
        rtt_s = float(fields["rtt"][0])
        if self._answer is None:  # the scenario sends a probe in every such slot
            if not answered:
                self._times.lost()
            if came:
                self._times.answered(rtt_s + self._remote_s)
            return
        if not answered:
            self.edge.give_up()
        if came:
            self.edge.receive(self._answer, rtt_s + float(fields["cloud_time"][0]))

    def _true_gain(self, z: Tensor, local: Tensor) -> Tensor:
        """Computes C_L - C_R of the coming interval by equation 3."""
        if self._future_bps is None:
            raise AllocatorError("the oracle needs the load offered in the coming interval")
        raw = self._window.to_units(self._future_bps)
        demand = torch.from_numpy(self._normaliser.normalise(raw))[None]
        with torch.no_grad():
            remote = self._tail(z)
        own, other = (sample_cost(each.double(), demand) for each in (local, remote))
        return own - other

    def _bps(self, units: Floats) -> Array:
        return self._window.to_bps(units).astype(np.float32)


def _first_guess_s(values: Mapping[str, Any]) -> float:
    """Response time before the first answer: over an empty WAN, at most the time-out."""
    unloaded_s = float(values["unloaded_rtt_s"]) + float(values["remote_compute_s"])
    return min(unloaded_s, float(values["timeout_s"]))
