"""Workers on a real Ray cluster of two nodes, on this machine; one node is killed in mid-batch."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import ray
from ray.cluster_utils import Cluster

from pyctl.campaign.backends.backend import BackendError, Needs
from pyctl.campaign.backends.on_ray import OBJECT_STORE_BYTES, RayBackend
from pyctl.campaign.batch import Batch, BatchOptions
from pyctl.campaign.claims import Owner
from pyctl.campaign.planned import PlannedRun, identify
from pyctl.campaign.prepare import RunConfig
from pyctl.errors import UsageError
from tests.faults.batches import digests
from tests.pyctl.campaign.test_batch import Log

SEEDS = 4
STEPS = 20_000  # seconds: no run ends while the node that it is on dies
GONE_S = 10.0
# Workers of Ray say that they are on another host: nobody can look whether they live but Ray.
OTHER_HOST = """
import socket, sys
if any("default_worker" in word for word in sys.orig_argv):
    socket.gethostname = lambda: "elsewhere"
"""


class TwoNodes:
    """A cluster, and the node that can be killed."""

    def __init__(self, cluster: Cluster, victim: Any) -> None:
        self.cluster, self.victim = cluster, victim


def loopbacks() -> list[PlannedRun]:
    return identify(
        [RunConfig("loopback", "equal", {"steps": STEPS}, seed=seed) for seed in range(SEEDS)]
    )


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Digests of runs that nothing happens to."""
    out = tmp_path_factory.mktemp("undisturbed")
    Batch(loopbacks(), out, BatchOptions(2), Log()).run()
    return digests(out)


@pytest.fixture
def two_nodes(
    undisturbed: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[TwoNodes]:
    (tmp_path / "sitecustomize.py").write_text(OTHER_HOST)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}")
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    before = set(psutil.Process().children(recursive=True))
    # Its sockets have short paths only: pytest's own folders are too deep.
    folder = tempfile.mkdtemp(prefix="sb")
    # Ray notes the cluster's address in its usual folder, whether that is there or not.
    monkeypatch.setenv("RAY_TMPDIR", folder)
    Path(folder, "ray").mkdir()
    node = {"num_cpus": 1, "object_store_memory": OBJECT_STORE_BYTES}
    head = {**node, "include_dashboard": False, "temp_dir": folder}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    try:
        yield TwoNodes(cluster, cluster.add_node(**node))
    finally:
        ray.shutdown()
        cluster.shutdown()
        started = set(psutil.Process().children(recursive=True)) - before
        _, alive = psutil.wait_procs(started, timeout=GONE_S)
        shutil.rmtree(folder)
    assert alive == []


class KillsTheNode(Log):
    """Kills a node as soon as a run on it has passed a border."""

    def __init__(self, nodes: TwoNodes) -> None:
        super().__init__()
        self._nodes = nodes
        self.batch: Batch
        self.lost = ""

    def step(self, run: PlannedRun, report: Any) -> None:
        super().step(run, report)
        place = f"ray {self._nodes.victim.node_id}"
        busy = {
            post.owner.place: post.run.run_id
            for post in self.batch._posts
            if post.owner is not None and post.run is not None and post.pace is not None
        }
        if not self.lost and busy.get(place) == run.run_id:
            self.lost = run.run_id
            self._nodes.cluster.remove_node(self._nodes.victim, allow_graceful=False)


def begin_together(place: RayBackend) -> None:
    """Lets no worker in before both are there: else one might do all runs alone."""
    welcome, together = place.welcome, []

    def wait_for_both(workers: Any) -> None:
        if together or place._came.qsize() == 2:
            together.append(True)
            welcome(workers)

    place.welcome = wait_for_both  # type: ignore[method-assign]


def test_a_node_that_is_lost_costs_one_try_of_the_run_on_it(
    two_nodes: TwoNodes, undisturbed: dict[str, str], tmp_path: Path
) -> None:
    runs = loopbacks()
    log = KillsTheNode(two_nodes)
    place = RayBackend(tmp_path / "out", Needs(), two_nodes.cluster.address)
    assert place.told() == (
        f"workers are tasks of the Ray cluster at {two_nodes.cluster.address} (2 cores)"
    )
    begin_together(place)
    batch = log.batch = Batch(runs, tmp_path / "out", BatchOptions(2), log, place)
    outcomes = batch.run()
    assert [outcomes[run.run_id].state for run in runs] == ["ok"] * SEEDS
    assert sorted(os.listdir(tmp_path / "out")) == sorted(run.run_id for run in runs)
    assert digests(tmp_path / "out") == undisturbed
    assert [again for *_, again in log.ends].count(True) == 1
    assert list(batch.setbacks) == [log.lost]
    (cause,) = batch.setbacks[log.lost]
    assert cause.startswith("WorkerDied: the worker process ended (Ray: NodeDiedError: ")
    assert not ray.is_initialized()
    knows_the_dead_and_asks_the_living(two_nodes, tmp_path)


def knows_the_dead_and_asks_the_living(nodes: TwoNodes, out: Path) -> None:
    """Looks at processes of hosts of other names, which only Ray can tell of."""
    place = RayBackend(out, Needs(), nodes.cluster.address)
    try:
        dead = Owner(7, "a boot 12", "elsewhere", f"ray {nodes.victim.node_id}")
        assert place.is_gone(dead)
        assert not place.is_gone(dead)  # it was asked a moment ago
        assert not place.ask(Owner(7, "a boot 12", "elsewhere", "ray 0123"))  # another cluster's
        assert not place.ask(Owner(7, "a boot 12", "elsewhere", "slurm 7"))
        # The host that Ray knows has a node; there, the one process lives and the other does not.
        me = Owner.current()
        assert not place.ask(me)
        assert place.ask(Owner(me.pid, "a boot 12", me.host))
    finally:
        place.close()


def test_no_cluster_at_an_address_is_told(tmp_path: Path, unused_port: int) -> None:
    with pytest.raises(BackendError, match=f"no Ray cluster at 127.0.0.1:{unused_port}"):
        RayBackend(tmp_path, Needs(), f"127.0.0.1:{unused_port}")


@pytest.mark.parametrize("address", ["somewhere", "ray://somewhere", ":6379"])
def test_what_is_no_address_is_told(tmp_path: Path, address: str) -> None:
    with pytest.raises(UsageError, match=f"--ray-address is {address}; HOST:PORT is required"):
        RayBackend(tmp_path, Needs(), address)


def test_without_ray_one_sentence_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UsageError, match=r"needs Ray .*pip install 'slicebed\[ray\]'"):
        RayBackend(tmp_path, Needs(), None)
