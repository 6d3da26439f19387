"""Workers on a Ray cluster: each is a task that lasts as long as the batch has work for it."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

from pyctl.campaign.backends.backend import CORES_OF_A_RUN, BackendError, Needs
from pyctl.campaign.backends.calling import Call, CallingBackend, call_back
from pyctl.campaign.claims import Owner
from pyctl.errors import UsageError

OBJECT_STORE_BYTES = 80 * 2**20  # nothing of a run goes through it; the least that Ray takes
ANSWER_S = 20.0
PLACE_WORD = "ray"


class RayJob:
    """A task."""

    def __init__(self, ray: Any, task: Any) -> None:
        self._ray, self._task = ray, task

    def ended(self) -> str | None:
        """Tells what Ray says of its end."""
        try:
            done, _ = self._ray.wait([self._task], timeout=0)
            if not done:
                return None
            self._ray.get(self._task)
        except self._ray.exceptions.RayError as error:
            sentence = str(error).strip().partition("\n")[0].partition(". ")[0]
            return f"Ray: {type(error).__name__}: {sentence}"
        return "Ray: the task ended"

    def cancel(self) -> None:
        """Kills its process."""
        self._ray.cancel(self._task, force=True)


class RayBackend(CallingBackend):
    """Submits tasks of one core each, with a share of a GPU if runs need one.

    Attributes:
        cores: of the cluster.
    """

    def __init__(self, out: Path, needs: Needs, address: str | None) -> None:
        """Connects to a cluster.

        Args:
            out: the store; on a file system that all nodes share.
            needs: of a worker.
            address: of the cluster; None for that of the variable RAY_ADDRESS, or one that runs on
                this machine, or else a new one on this machine alone.

        Raises:
            UsageError: Ray is not installed, or the address is none.
            BackendError: there is no cluster at the address.
        """
        self._ray = _import_ray()
        self._is_ours = not self._ray.is_initialized()
        if self._is_ours:
            _connect(self._ray, address)
        node = self._ray.util.get_node_ip_address()
        super().__init__(out, host=node, bind=node)
        self._work = self._ray.remote(
            num_cpus=CORES_OF_A_RUN,
            num_gpus=needs.gpus,
            max_retries=0,  # the batch itself tries again
            max_calls=1,  # a process of its own for each worker
            scheduling_strategy="SPREAD",
        )(_work)
        self.cores = int(self._ray.cluster_resources().get("CPU", 0))

    def told(self) -> str:
        """Names the cluster."""
        address = self._ray.get_runtime_context().gcs_address
        return f"workers are tasks of the Ray cluster at {address} ({self.cores} cores)"

    def submit(self, call: Call) -> RayJob:
        """Submits a task."""
        return RayJob(self._ray, self._work.remote(call))

    def ask(self, owner: Owner) -> bool:
        """Asks a node of the owner's host to look; one that Ray calls dead has no processes."""
        nodes = self._ray.nodes()
        for node in nodes:
            if node["Alive"] and node["NodeManagerHostname"] == owner.host:
                return not self._lives(owner, node["NodeID"])
        word, _, node_id = owner.place.partition(" ")
        return word == PLACE_WORD and any(node["NodeID"] == node_id for node in nodes)

    def close(self) -> None:
        """Leaves the cluster; one that was started here ends."""
        super().close()
        if self._is_ours:
            self._ray.shutdown()

    def _lives(self, owner: Owner, node_id: str) -> bool:
        """Looks from a node; True if it does not answer."""
        there = self._ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(node_id, False)
        look = self._ray.remote(Owner.runs_here).options(num_cpus=0, scheduling_strategy=there)
        try:
            return bool(self._ray.get(look.remote(owner), timeout=ANSWER_S))
        except self._ray.exceptions.RayError:
            return True


def _work(call: Call) -> None:
    import ray

    call_back(call, f"{PLACE_WORD} {ray.get_runtime_context().get_node_id()}")


def _import_ray() -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
        import ray.util.scheduling_strategies
    except ImportError as error:
        raise UsageError(
            f"--backend ray needs Ray ({error}): pip install 'slicebed[ray]', on all nodes"
        ) from error
    return ray


def _require_answer(address: str) -> None:
    """Makes sure that something listens at an address: Ray itself waits for minutes.

    Raises:
        UsageError: it is no address.
        BackendError: nothing does.
    """
    host, colon, port = address.rpartition(":")
    if not (colon and host and port.isdigit()):
        raise UsageError(
            f"--ray-address is {address}; HOST:PORT is required, that of a node to start this on"
        )
    try:
        socket.create_connection((host, int(port)), timeout=ANSWER_S).close()
    except OSError as error:
        raise BackendError(f"no Ray cluster at {address}: {error.strerror or error}") from error


def _connect(ray: Any, address: str | None) -> None:
    quiet = {"log_to_driver": False, "logging_level": "WARNING"}
    if address is not None:
        _require_answer(address)
    try:
        ray.init(address=address or "auto", **quiet)
    except ConnectionError as error:
        if address is not None:
            raise BackendError(f"no Ray cluster at {address}: {error}") from error
        ray.init(
            address="local",
            num_cpus=len(os.sched_getaffinity(0)),
            object_store_memory=OBJECT_STORE_BYTES,
            include_dashboard=False,
            **quiet,
        )
