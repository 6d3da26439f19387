"""Co-simulations of `edge-cloud`: determinism, where work goes, failures, refusals."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import gymnasium
import numpy as np
import pandas as pd
import pytest

import pyctl.env  # noqa: F401 - registers the ids
from analysis.distributions import cdf, percentile, select
from analysis.store_reader import read_run
from pyctl.env.conformance import check_scenario
from pyctl.env.cosim import CoSimEnv
from pyctl.errors import InvalidAction
from tests.packet import commands
from tests.packet.commands import refused, steps_of, summary

SMALL = ("--set", "scale=0.1", "--set", "steps=4")

run = partial(commands.run, "edge-cloud")


def test_same_seed_same_digest_and_no_request_is_missing(tmp_path: Path) -> None:
    words = ("--allocator", "equal", *SMALL, "--json")
    first = summary(run(*words, "--seed", "1", out=tmp_path / "a"))
    again = summary(run(*words, "--seed", "1", out=tmp_path / "b"))
    other = summary(run(*words, "--seed", "2", out=tmp_path / "c"))
    assert first["kpi_sha256"] == again["kpi_sha256"] != other["kpi_sha256"]
    requests = first["conservation"]
    assert requests["sent"] > 800
    assert requests["sent"] == requests["received"] + requests["in_flight"] + sum(
        requests["dropped"].values()
    )
    assert set(first["per_node"]) == set("0123456")
    assert first["per_node"]["6"]["kind"] == "cloud"


def test_work_goes_where_the_shares_say() -> None:
    params = {"steps": 3, "scale": 0.1, "rate_hz": 150, "burst_gain": 1, "work_megacycles": 1}
    env = gymnasium.make("slicebed/EdgeCloud-v0", params=params)
    try:
        env.reset(seed=1)
        cloud = np.zeros(7, np.float32)
        cloud[6] = 1
        far, *_ = env.step({"share": cloud})
        # Nothing decided for anyone: all stays where it comes.
        near, *_ = env.step({"share": np.zeros(7, np.float32)})
        assert far["processed"][6] > 10
        assert near["processed"][:6].sum() > 10
        assert near["processed"][6] < 1
        # Two times 21.222 ms of metro and WAN, and 24 kB through both.
        assert float(far["latency"][:6].mean() - near["latency"][:6].mean()) > 0.035
        assert (near["loss"] == 0).all()
        assert near["latency_p95"][:6].min() > near["latency"][:6].max() / 2
    finally:
        env.close()


def test_the_distribution_of_latency_agrees_with_what_is_measured(tmp_path: Path) -> None:
    found = summary(run("--allocator", "equal", *SMALL, "--json", out=tmp_path))
    stored = read_run(Path(found["run_dir"]))
    assert stored.histograms is not None
    everything = select(stored.histograms, "latency_histogram")
    assert everything["count"].sum() == found["conservation"]["received"]
    bin_width = 10 ** (1 / 20)
    for (step, node), row in stored.steps.set_index(["step", "node"]).iterrows():
        rows = select(stored.histograms, "latency_histogram", step=step, node=node)
        p95 = percentile(rows, 95)
        if row["latency_p95"] == 0:
            assert p95 is None
        else:
            # The nearest rank, 1 of some 40, may lie in the bin above.
            assert p95 is not None
            assert 1 / bin_width < p95 / row["latency_p95"] < bin_width**1.001
    edges, shares = cdf(everything)
    assert (np.diff(edges) > 0).all()
    assert (np.diff(shares) >= 0).all()
    assert shares[0] == 0
    assert shares[-1] == 1
    latency = found["latency"]
    assert latency["p50"] < latency["p95"] < latency["p99"] <= edges[-1]
    offered, waited = stored.steps["offered"], stored.steps["latency"]
    assert latency["mean"] == pytest.approx((offered * waited).sum() / offered.sum(), rel=1e-5)


def test_requests_over_tcp_are_conserved_too(tmp_path: Path) -> None:
    # More than the edges can do, and one of them fails: rejected, timed out and pending ones.
    words = ("--allocator", "equal", *SMALL, "--set", "rate_hz=900", "--set", "failures=2@1-2")
    over = ("--set", "request_transport=tcp", "--json")
    first = summary(run(*words, *over, out=tmp_path / "a"))
    again = summary(run(*words, *over, out=tmp_path / "b"))
    assert first["kpi_sha256"] == again["kpi_sha256"]
    requests = first["conservation"]
    assert requests["sent"] == requests["received"] + requests["in_flight"] + sum(
        requests["dropped"].values()
    )
    assert min(requests["received"], *requests["dropped"].values()) > 20
    # 100 kB there at 100 Mbit/s is no UDP datagram.
    large = ("--set", "request_bytes=100000", "--set", "rate_hz=100")
    found = summary(run("--allocator", "equal", *SMALL, *large, *over, out=tmp_path / "c"))
    assert found["conservation"]["received"] > 100
    assert found["latency"]["p50"] > 0.018


def test_a_log_is_replayed_request_by_request(tmp_path: Path) -> None:
    # 400 requests a second apart, from two groups, at 20/s: 399 s in 20, the last one at the end.
    start = pd.Timestamp("2024-11-15 16:57:50")
    rows = [f"{start + pd.Timedelta(seconds=i)},{1 + i % 5},G{i % 2}" for i in range(400)]
    log = tmp_path / "log.csv"
    log.write_text("\n".join(["gmt_create,exec_time_seconds,groupId", *rows]) + "\n")
    words = ("--allocator", "equal", *SMALL, "--set", "rate_hz=200", "--trace", str(log), "--json")
    found = summary(run(*words, out=tmp_path / "out"))
    arrivals = pd.read_csv(Path(found["run_dir"]) / "arrivals.csv")
    assert found["conservation"]["sent"] == len(arrivals) == 399
    steps = steps_of(found)
    for (step, node), row in steps.set_index(["step", "node"]).iterrows():
        within = arrivals["time_s"].between(5 * (step - 1), 5 * step, inclusive="left")
        count = (within & (arrivals["edge"] == node)).sum()
        # A request at a border belongs to the side that its rounding puts it on.
        assert abs(row["offered"] * 5 - count) <= 1.001, (step, node)
    origin = found["provenance"]["data"]["trace"]
    assert origin["requests"] == 399
    assert origin["compression"] == pytest.approx(399 * 20 / 400)


def test_load_follows_virtual_machines(tmp_path: Path) -> None:
    folder = tmp_path / "20110303"
    folder.mkdir()
    shares = [[100, 0, 50, 25], [20, 80, 40, 0]]
    for vm, values in enumerate(shares):
        lines = [values[i % 4] for i in range(288)]
        (folder / f"host{vm}").write_text("\n".join(map(str, lines)) + "\n")
    words = ("--allocator", "traffic", *SMALL, "--set", "edges=2", "--set", "rate_hz=1000")
    steady = ("--set", "burst_gain=1", "--trace", str(folder), "--json")
    found = summary(run(*words, *steady, out=tmp_path / "out"))
    offered = steps_of(found).pivot(index="step", columns="node", values="offered")
    for node, values in enumerate(shares):
        # Each relative to its own maximum, of 50/s; five seconds of Poisson: four deviations.
        expected = 50 * np.array(values) / max(values)
        assert (np.abs(offered[node] - expected) <= 4 * np.sqrt(expected / 5)).all(), node
    described = json.loads((Path(found["run_dir"]) / "description.json").read_text())
    assert described["context"]["interval_real_s"] == 300
    assert described["context"]["mask"] == str(folder)


def test_users_in_cells(tmp_path: Path) -> None:
    local = ("--allocator", "static", "--allocator-set", "shares=0,0,0,0,0,0,0", *SMALL)
    light = ("--set", "rate_hz=200", "--set", "work_megacycles=0.1", "--json")
    link, cell, again = (
        summary(run(*local, *light, "--set", f"access={access}", out=tmp_path / str(i)))
        for i, access in enumerate(("link", "cell", "cell"))
    )
    assert cell["kpi_sha256"] == again["kpi_sha256"] != link["kpi_sha256"]
    # The same users' requests at the same times; the radio's slots, grants and decoding beyond.
    assert cell["conservation"]["sent"] == link["conservation"]["sent"]
    assert cell["conservation"]["dropped"] == {"rejected": 0, "timed_out": 0}
    assert cell["latency"]["p50"] > link["latency"]["p50"] + 0.01


def test_a_node_that_is_down_answers_nothing(tmp_path: Path) -> None:
    words = ("--allocator", "static", "--allocator-set", "shares=0,0,0,0,0,0,1", *SMALL)
    down = ("--set", "failures=6@1-2", "--set", "burst_gain=1", "--json")
    steps = steps_of(summary(run(*words, *down, out=tmp_path)))
    cloud = steps[steps["node"] == 6].set_index("step")
    assert cloud.loc[1, "processed"] > 10
    assert cloud.loc[2, "processed"] == 0
    assert cloud.loc[2, "power"] == 0
    assert cloud.loc[3, "processed"] > 10
    # `up` tells at an interval's end about the coming one.
    assert list(cloud["up"]) == [0, 1, 1, 1]


def test_without_requests_everything_is_zero(tmp_path: Path) -> None:
    found = summary(
        run("--allocator", "equal", *SMALL, "--set", "rate_hz=0", "--json", out=tmp_path)
    )
    assert found["conservation"]["sent"] == 0
    assert found["latency"] == {"mean": None, "p50": None, "p95": None, "p99": None}
    steps = steps_of(found)
    assert not steps.isna().any(axis=None)
    nothing = ["offered", "latency", "latency_p95", "loss", "processed", "backlog", "energy"]
    assert (steps[nothing] == 0).all(axis=None)
    # 2 s of idling, 3 s asleep, then asleep: 60 and 10 W.
    edge = steps[steps["node"] == 0].set_index("step")["power"]
    assert edge.tolist() == pytest.approx([(2 * 60 + 3 * 10) / 5, 10, 10, 10], rel=1e-3)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_when_all_nodes_are_down_requests_are_lost(transport: str, tmp_path: Path) -> None:
    down = ",".join(f"{node}@1-3" for node in range(7))
    words = ("--allocator", "equal", "--set", "scale=0.1", "--set", "steps=6")
    light = ("--set", "rate_hz=200", "--set", f"failures={down}", "--json")
    found = summary(run(*words, *light, "--set", f"request_transport={transport}", out=tmp_path))
    requests = found["conservation"]
    # 20/s for 10 s, and what was at work at their beginning; they time out 10 s later.
    assert requests["dropped"]["timed_out"] > 100
    assert requests["sent"] == requests["received"] + requests["in_flight"] + sum(
        requests["dropped"].values()
    )
    steps = steps_of(found)
    assert not steps.isna().any(axis=None)
    asleep = steps[steps["step"].isin([2, 3])]
    assert (asleep[["processed", "power", "energy", "utilisation"]] == 0).all(axis=None)
    # Nothing completes, and what waits grows older: 5 s to 15 s of arrivals, half as old.
    waiting = steps[(steps["step"] == 3) & (steps["node"] < 6)]["latency"]
    assert waiting.between(3, 7).all()
    assert steps[(steps["step"] == 6) & (steps["node"] == 6)]["processed"].min() > 0


def test_the_scenario_conforms() -> None:
    small = {"steps": 2, "interval_s": 1, "scale": 0.1, "access": "cell"}
    check_scenario("edge-cloud", {**small, "request_transport": "tcp"})


def test_shares_are_completed_or_refused() -> None:
    # The ids of gymnasium.make project what is above; the environment itself refuses it.
    params = {"steps": 3, "scale": 0.1, "rate_hz": 300, "burst_gain": 1, "work_megacycles": 1}
    env = CoSimEnv("edge-cloud", params)
    try:
        env.reset(seed=1)
        with pytest.raises(InvalidAction, match=r"share.* 1\.2"):
            env.step({"share": np.array([0.2] * 6 + [0], np.float32)})
        with pytest.raises(InvalidAction, match="share"):
            env.step({"share": np.array([-0.1] + [0] * 6, np.float32)})
        with pytest.raises(InvalidAction, match="share"):
            env.step({"share": np.array([np.nan] + [0] * 6, np.float32)})
        half = np.zeros(7, np.float32)
        half[6] = 0.5
        observation, *_ = env.step({"share": half})
        # What is left of 1 stays where it comes: the cloud has half, of some 150 requests.
        cloud = observation["processed"][6] / observation["processed"].sum()
        assert cloud == pytest.approx(0.5, abs=0.13)
        assert not any(np.isnan(values).any() for values in observation.values())
    finally:
        env.close()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("failures=9@1-2", "a node from 0 to 6 and FROM before TO are required"),
        ("failures=6@3-3", "a node from 0 to 6 and FROM before TO are required"),
        ("failures=cloud", "NODE@FROM-TO is required, such as 6@3-5"),
        ("weights=1,2", "weights has 2 numbers of sum 3.000000; one for each of 6 edges"),
        ("edge_ghz=-1", "edge_ghz"),
        ("cloud_ghz=-1", "cloud_ghz"),
        ("rate_hz=-1", "rate_hz"),
        ("rate_hz=nan", "rate_hz"),
        ("weights=1,1,1,1,1,-1", "weights"),
        ("weights=0,0,0,0,0,0", "weights has 6 numbers of sum 0.000000"),
        ("request_bytes=70000", "request_bytes is 70000; a UDP datagram carries 65507 at most"),
        ("request_bytes=20", "request_bytes"),
        ("request_transport=sctp", "request_transport"),
        ("wan_background=2", "wan_background"),
        ("discipline=lifo", "discipline"),
        ("mask_file=none.csv", "mask_file none.csv: not a readable, non-empty file"),
        ("arrivals_file=none.csv", "arrivals_file none.csv: not a readable, non-empty file"),
        ("mask=daily", "mask"),
        ("access=wifi", "access"),
        ("ues_per_edge=0", "ues_per_edge"),
        ("interval_real_s=0", "interval_real_s"),
    ],
)
def test_bad_parameters_are_refused(text: str, said: str, tmp_path: Path) -> None:
    done = run("--allocator", "equal", "--set", text, out=tmp_path / "out")
    refused(done, said)
    assert not (tmp_path / "out").exists()
