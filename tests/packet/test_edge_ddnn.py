"""Co-simulations of `edge-ddnn`: determinism, times of decisions, a WAN that is down, refusals."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt
import pytest

import pyctl.env  # noqa: F401 - registers the ids
from agents.ddnn import message
from agents.ddnn.message import Kind, Message
from pyctl.env.conformance import check_scenario
from pyctl.env.cosim import CoSimEnv
from tests.packet import commands
from tests.packet.commands import refused, steps_of

SUITE = Path(__file__).parents[2] / "ns3-scenarios" / "test" / "ddnn-message-test-suite.cc"
SITES = 16
SMALL = {"peak_mbps": 0.4, "most_mbps": 0.8, "mask": "constant"}
QUIET = {**SMALL, "wan_background": 0}
# Of 110 bytes on the links there and back, and of 46: see the C++ suite.
RTT_S = 42.444e-3 + 19.36e-6
PROBE_RTT_S = 42.444e-3 + 8.096e-6
LATENCY_S, LOCAL_S, REMOTE_S = 1e-3, 0.55e-3, 1.19e-3  # the parameters' defaults

Observations = dict[str, npt.NDArray[np.float32]]


def decision(local_bps: float, *, offload: bool, remote_bps: float) -> Observations:
    return {
        "local": np.full(SITES, local_bps, np.float32),
        "offload": np.array([offload], np.float32),
        "remote": np.full(SITES, remote_bps, np.float32),
    }


LOCAL = decision(5e5, offload=False, remote_bps=7e5)
ASKED = decision(6e5, offload=True, remote_bps=7e5)


def play(params: dict[str, Any], decisions: Sequence[Observations]) -> list[Observations]:
    """Returns what is observed after each decision."""
    env = CoSimEnv("edge-ddnn", {"steps": len(decisions), **params})
    try:
        env.reset(seed=1)
        return [env.step(one)[0] for one in decisions]
    finally:
        env.close()


run = partial(commands.run, "edge-ddnn")


def summary(*words: str, params: dict[str, Any], out: Path) -> dict[str, Any]:
    sets = [word for name, value in params.items() for word in ("--set", f"{name}={value}")]
    return commands.summary(run(*words, *sets, "--json", out=out))


def context_of(found: dict[str, Any]) -> dict[str, Any]:
    described = json.loads((Path(found["run_dir"]) / "description.json").read_text())
    context = described["context"]
    assert isinstance(context, dict)
    return context


@pytest.mark.parametrize(
    "sent",
    [
        Message(Kind.SIGNAL, 7, np.array([0.5, -2.0, 3e6], np.float32)),
        Message(Kind.ECHO, 258, np.empty(0, np.float32)),
    ],
)
def test_messages_are_those_of_the_agents(sent: Message) -> None:
    # The C++ suite compares its own with these bytes.
    assert f'"{message.pack(sent).hex()}"' in SUITE.read_text()


def test_same_seed_same_digest_and_no_packet_is_missing(tmp_path: Path) -> None:
    # Too little for the sites, a WAN that is full at times and down in one interval.
    scarce = ("--allocator", "static", "--allocator-set", "shares=" + ",".join(["0.02"] * SITES))
    wan = {"wan_mbps": 10, "wan_background": 0.8, "failures": "1-2"}
    params = {**SMALL, **wan, "steps": 4, "queue_packets": 5}
    found = [
        summary(*scarce, "--seed", seed, "--channel", channel, params=params, out=tmp_path / name)
        for name, seed, channel in (("a", "1", "shm"), ("b", "1", "zmq"), ("c", "2", "shm"))
    ]
    first, again, other = (one["kpi_sha256"] for one in found)
    assert first == again != other
    packets = found[0]["conservation"]
    assert packets["sent"] == packets["received"] + packets["in_flight"] + sum(
        packets["dropped"].values()
    )
    assert min(packets["dropped"]["shaper"], packets["dropped"]["wan_down"]) > 20
    assert packets["dropped"]["refused"] == packets["dropped"]["metro"] == 0
    # 0.02 of 16 x 0.8 Mbit/s is 0.256 for each; the switch is on for allocators that split totals.
    steps = steps_of(found[0])
    last = steps[steps["step"] == 4]
    assert last["allocated"].to_numpy() == pytest.approx(0.256e6)
    assert (last["offload_decided"] == 1).all()
    assert (last["offloaded"] == 1).all()
    assert set(found[0]["per_site"]) == {str(site) for site in range(SITES)}


def test_equal_gives_each_site_the_most(tmp_path: Path) -> None:
    found = summary("--allocator", "equal", params={**QUIET, "steps": 2}, out=tmp_path)
    steps = steps_of(found)
    assert steps["allocated"].to_numpy() == pytest.approx(0.8e6)
    assert (steps["under_provisioned"] == 0).all()
    # Half of it is not used: c2 times 0.4 of 0.4 Mbit/s; the bound is a packet of 50,000 bytes.
    assert steps["cost"].to_numpy() == pytest.approx(1, abs=1228 / 50e3)
    assert found["reward_mean"] == pytest.approx(-SITES, rel=0.03)
    context = context_of(found)
    assert (context["time_mode"], context["time_scale"]) == ("stretch", 1)
    assert context["unloaded_rtt_s"] == pytest.approx(RTT_S, abs=1e-6)
    assert context["message_bytes"] == message.size(SITES) + 28
    topology = json.loads((Path(found["run_dir"]) / "topology.json").read_text())
    assert [node["name"] for node in topology["nodes"][-4:]] == [
        "site 15",
        "edge",
        "gateway",
        "cloud",
    ]
    assert len(topology["wires"]) == SITES + 2


def test_the_answer_of_the_cloud_is_in_force_when_it_arrives() -> None:
    local, asked, again = play(QUIET, (LOCAL, ASKED, LOCAL))
    assert local["staleness"][0] == pytest.approx(LATENCY_S + LOCAL_S, abs=1e-6)
    assert local["rtt"][0] == pytest.approx(PROBE_RTT_S, abs=1e-6)
    assert (local["allocated"] == np.float32(5e5)).all()
    decision_s = LATENCY_S + LOCAL_S + RTT_S + REMOTE_S
    assert asked["staleness"][0] == pytest.approx(decision_s, abs=1e-6)
    assert (asked["allocated"] == np.float32(7e5)).all()
    # Until then what was in force before, not the local exit's 0.6 Mbit/s.
    mean_bps = 7e5 - 2e5 * decision_s
    assert asked["allocated_mean"] == pytest.approx(mean_bps, abs=1)
    assert [one["message_bytes"][0] for one in (local, asked)] == [2 * 44, 2 * 108]
    assert [one["wan_bytes"][0] for one in (local, asked)] == [2 * 46, 2 * 110]
    assert [one["answered"][0] for one in (local, asked, again)] == [1, 1, 1]
    assert (again["allocated"] == np.float32(5e5)).all()


def test_times_of_decisions_are_round_trips_and_computing() -> None:
    # Round trips are measured by probes in a run that never asks, with the same packets of others:
    # at 10 Mbit/s and a load of 0.5 queues come and go.
    loaded = {**SMALL, "sites": SITES, "wan_mbps": 10, "wan_background": 0.5}
    count = 40
    probed = [one["rtt"][0] for one in play(loaded, [LOCAL] * count)]
    asked = play(loaded, [ASKED] * count)
    assert [one["answered"][0] for one in asked] == [1] * count
    decisions_s = np.array([one["staleness"][0] for one in asked]) - LATENCY_S
    rtt_s = float(np.mean(probed))
    assert rtt_s > RTT_S + 1e-3
    # 2 % as the contract has it.
    assert decisions_s.mean() == pytest.approx(LOCAL_S + rtt_s + REMOTE_S, rel=0.02)
    parts = LOCAL_S + np.array([one["rtt"][0] + one["cloud_time"][0] for one in asked])
    assert decisions_s == pytest.approx(parts, abs=1e-6)


def test_times_scale_with_the_interval_or_not(tmp_path: Path) -> None:
    stretched = play(QUIET, [ASKED] * 2)[1]["staleness"][0]
    scaled = play({**QUIET, "time_mode": "scaled"}, [ASKED] * 2)[1]["staleness"][0]
    # Ten roundings to a ns in 76 us.
    assert scaled * 600 == pytest.approx(stretched, rel=2e-4)
    params = {**QUIET, "steps": 1, "time_mode": "scaled"}
    context = context_of(summary("--allocator", "equal", params=params, out=tmp_path))
    assert context["time_mode"] == "scaled"
    assert context["time_scale"] == pytest.approx(1 / 600)
    assert context["unloaded_rtt_s"] == pytest.approx(RTT_S / 600, rel=2e-4)


def test_with_the_wan_down_the_local_allocation_is_in_force() -> None:
    found = play({**QUIET, "failures": "1-3,4-5"}, [LOCAL, ASKED, LOCAL, ASKED, ASKED])
    assert [one["answered"][0] for one in found] == [1, 0, 0, 1, 0]
    assert [one["lost"][0] for one in found] == [0, 1, 1, 0, 1]
    # 0.5 s after the question; the probe of a local decision keeps nobody waiting.
    assert found[1]["staleness"][0] == pytest.approx(LATENCY_S + LOCAL_S + 0.5, abs=1e-6)
    assert found[2]["staleness"][0] == pytest.approx(LATENCY_S + LOCAL_S, abs=1e-6)
    assert [float(one["allocated"][0]) for one in found] == [5e5, 6e5, 5e5, 7e5, 6e5]
    assert found[2]["rtt"][0] == pytest.approx(PROBE_RTT_S, abs=1e-6)


def test_load_follows_a_mask(tmp_path: Path) -> None:
    path = tmp_path / "mask.csv"
    shares = np.array([[0.25, 1.0], [0.75, 0.0], [0.5, 0.1]])
    rows = [f"{step},{one},{other}" for step, (one, other) in enumerate(shares)]
    path.write_text("\n".join(["step,site_0,site_1", *rows]) + "\n")
    params = {**QUIET, "sites": 2, "steps": 3, "mask_file": str(path)}
    found = summary("--allocator", "traffic", params=params, out=tmp_path / "out")
    offered = steps_of(found).pivot(index="step", columns="site", values="offered").to_numpy()
    # Headers are counted as if packets were full: to one of 28 bytes, and a byte a packet.
    assert offered == pytest.approx(shares * 4e5, abs=8 * (28 + 42))


def test_load_follows_a_trace(tmp_path: Path) -> None:
    folder = tmp_path / "20110303"
    folder.mkdir()
    values = [[100, 20], [50, 80]]
    for vm, pair in enumerate(values):
        lines = [pair[i // 2 % 2] for i in range(288)]
        (folder / f"host{vm}").write_text("\n".join(map(str, lines)) + "\n")
    # 5 minutes a sample, two of them an interval of 10.
    params = {**QUIET, "sites": 2, "steps": 2}
    words = ("--allocator", "equal", "--trace", str(folder))
    found = summary(*words, params=params, out=tmp_path / "out")
    offered = steps_of(found).pivot(index="step", columns="site", values="offered").to_numpy()
    expected = np.array([[1, 50 / 80], [20 / 100, 1]]) * 4e5
    assert offered == pytest.approx(expected, abs=8 * (28 + 42))
    assert context_of(found)["mask"] == str(folder)


def test_the_id_and_its_spaces() -> None:
    env = gymnasium.make("slicebed/EdgeDdnn-v0", params={**QUIET, "steps": 1})
    try:
        observation, _ = env.reset(seed=3)
        assert observation in env.observation_space
        assert {name: values.shape for name, values in env.action_space.sample().items()} == {
            "local": (SITES,),
            "offload": (1,),
            "remote": (SITES,),
        }
    finally:
        env.close()


def test_the_scenario_conforms() -> None:
    check_scenario("edge-ddnn", {"steps": 2, "sites": 3, "peak_mbps": 0.4, "most_mbps": 0.8})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("failures=3-3", "failures has '3-3'; FROM before TO is required"),
        ("failures=wan", "FROM-TO is required, such as 3-5"),
        ("timeout_ms=999", "less than interval_s=1.000000 is required"),
        ("most_mbps=3", "most_mbps is 3.000000; at least peak_mbps=4.000000 is required"),
        ("time_mode=real", "time_mode"),
        ("while_waiting=none", "while_waiting"),
        ("sites=0", "sites"),
        ("remote_compute_ms=0", "remote_compute_ms"),
        ("local_compute_ms=nan", "local_compute_ms"),
        ("wan_background=2", "wan_background"),
        ("mask_file=none.csv", "mask_file none.csv: not a readable, non-empty file"),
    ],
)
def test_bad_parameters_are_refused(text: str, said: str, tmp_path: Path) -> None:
    done = run("--allocator", "equal", "--set", text, out=tmp_path / "out")
    refused(done, said)
    assert not (tmp_path / "out").exists()
