"""The allocator between borders: what it takes of observations, files and settings that do not fit.

tests/packet/test_edge_ddnn_allocator.py has it in co-simulations.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from agents.ddnn import demands, fitted, storage
from agents.ddnn.allocator import Ddnn, DdnnOracle, DdnnSettings, NetworkSettings
from agents.ddnn.data import Normaliser
from agents.ddnn.demands import Demands
from agents.ddnn.expected import ExpectedCosts
from agents.ddnn.offload import Classifier, Regression
from agents.ddnn.view import View
from agents.errors import AllocatorError
from agents.protocol import Context, FieldSchema, Observation
from tests.agents.ddnn.files import NORMALISER, UNITS_AT_PEAK, lively, write_all

PEAK_BPS = 4e5


def schema(name: str, size: int) -> FieldSchema:
    axis = "site" if size > 1 else "edge"
    zeros = np.zeros(size, np.float32)
    return FieldSchema(name, (size,), (axis,), zeros, zeros + 1e6, "bit/s", "")


def context(sites: int = 16, **changes: Any) -> Context:
    values = {
        "sites": [{"id": site, "peak_bps": PEAK_BPS} for site in range(sites)],
        "timeout_s": 0.9,
        "unloaded_rtt_s": 0.04246,
        "remote_compute_s": 0.001,
        "while_waiting": "previous",
        **changes,
    }
    action = (schema("local", sites), schema("offload", 1), schema("remote", sites))
    return Context("edge-ddnn", 1, 1.0, (), action, values)


def observe(step: int, answered: int = 1, late: int = 0, rtt_s: float = 0.042) -> Observation:
    fields = {
        "offered": np.full(16, 2e5, np.float32),
        "answered": np.array([answered], np.float32),
        "late_answers": np.array([late], np.float32),
        "rtt": np.array([rtt_s], np.float32),
        "cloud_time": np.array([0.001], np.float32),
    }
    return Observation(step, float(step), fields, {})


def begun(folder: Path, **settings: Any) -> Ddnn:
    allocator = Ddnn(DdnnSettings(**{**write_all(folder), **settings}))
    allocator.reset(context())
    return allocator


def asks(allocator: Ddnn, observations: list[Observation]) -> list[int]:
    return [int(allocator.act(each).allocation["offload"][0]) for each in observations]


def test_three_losses_are_a_wan_that_is_down_until_anything_comes(tmp_path: Path) -> None:
    allocator = begun(tmp_path, policy="always-remote")
    lost = [observe(step, answered=0) for step in range(1, 6)]
    assert asks(allocator, [observe(0), *lost]) == [1, 1, 1, 0, 0, 0]
    assert allocator.player is not None
    assert allocator.player.edge.offloader.forced == 3
    # An answer that is late is put in force nowhere, and shows that the way is open.
    assert asks(allocator, [observe(6, answered=0, late=1)]) == [1]
    assert asks(allocator, [observe(7, answered=0, late=1)]) == [1]
    counts = allocator.player.edge.counts
    assert (counts.asked, counts.unanswered, counts.late) == (5, 4, 1)


def test_probes_tell_of_the_way_too(tmp_path: Path) -> None:
    allocator = begun(tmp_path, policy="random", probability=1.0)
    assert asks(allocator, [observe(step, answered=0) for step in range(5)]) == [0] * 5
    assert allocator.player is not None
    assert allocator.player.edge.counts.probes == 2  # after three without an echo
    assert allocator.player.edge.offloader.forced == 0  # they would have been local anyway


def test_adaptive_asks_as_long_as_answers_are_early(tmp_path: Path) -> None:
    model = ExpectedCosts(16)
    with torch.no_grad():  # expects a demand of 0 from the edge's features, whatever they are
        # Waiting costs 2 a message over what is left of a slot: 2.02, and 10.
        for layers in (model.remote_guess.layers, model.forecast.layers):
            layers[-1].weight.zero_()
            layers[-1].bias.zero_()
    fitted.save(tmp_path / "model.pt", model, NORMALISER)
    path = str(tmp_path / "model.pt")
    for rtt_s, wished in ((0.01, 1), (0.8, 0)):
        allocator = begun(tmp_path, policy="adaptive", model=path, message_price=2.0)
        early = [observe(0), *(observe(step, rtt_s=rtt_s) for step in range(1, 4))]
        assert asks(allocator, early)[1:] == [wished] * 3


def test_a_station_without_demand_is_named(tmp_path: Path) -> None:
    settings = write_all(tmp_path)
    history = demands.read(tmp_path / "demands.json").history
    history[:, 3] = np.nan
    demands.write(tmp_path / "demands.json", Demands(UNITS_AT_PEAK, history))
    allocator = Ddnn(DdnnSettings(**settings))
    allocator.reset(context())
    with pytest.raises(AllocatorError, match="demand of station 3 is missing in slot 0"):
        allocator.act(observe(0))


def test_a_gap_of_three_slots_is_filled(tmp_path: Path) -> None:
    settings = write_all(tmp_path)
    history = demands.read(tmp_path / "demands.json").history
    decided = []
    for last in (np.nan, history[140, 3]):
        history[141:, 3] = last
        demands.write(tmp_path / "demands.json", Demands(UNITS_AT_PEAK, history))
        allocator = Ddnn(DdnnSettings(**settings))
        allocator.reset(context())
        decided.append(allocator.act(observe(0)).allocation["local"])
    assert np.array_equal(*decided)
    assert np.isfinite(decided[0]).all()


@pytest.mark.parametrize("number", [15, 17])
def test_other_numbers_of_sites_are_refused(number: int, tmp_path: Path) -> None:
    allocator = Ddnn(DdnnSettings(**write_all(tmp_path)))
    with pytest.raises(AllocatorError, match="decides local and remote of 16 sites"):
        allocator.reset(context(number))


def test_a_network_of_fewer_sites_is_refused(tmp_path: Path) -> None:
    settings = write_all(tmp_path)
    few = Normaliser(NORMALISER.low[:4], NORMALISER.high[:4])
    storage.save(tmp_path / "net.pt", lively(), few, {"layout": "stations"})
    with pytest.raises(AllocatorError, match="was trained on 4 sites; 16 are required"):
        Ddnn(DdnnSettings(**settings)).reset(context())


def test_models_are_told_apart(tmp_path: Path) -> None:
    fitted.save(tmp_path / "gain.pt", Regression(View.features_of(16)), NORMALISER)
    with pytest.raises(AllocatorError, match="holds a Regression; a Classifier is required"):
        begun(tmp_path, policy="ml", model=str(tmp_path / "gain.pt"))
    with pytest.raises(AllocatorError, match="holds a Regression; a ExpectedCosts is required"):
        begun(tmp_path, policy="expected", model=str(tmp_path / "gain.pt"))
    with pytest.raises(AllocatorError, match=r"cannot read the network in .*none\.pt"):
        begun(tmp_path, policy="gain", model=str(tmp_path / "none.pt"))


@pytest.mark.parametrize(("constant", "asked"), [(1.0, 0), (0.0, 1)])
def test_a_classifier_of_one_class_keeps_it(constant: float, asked: int, tmp_path: Path) -> None:
    fitted.save(tmp_path / "ml-1.pt", Classifier(16 * 144, constant), NORMALISER)
    # The seed of the context, 1, is filled in.
    allocator = begun(tmp_path, policy="ml", model=str(tmp_path / "ml-{seed}.pt"))
    assert asks(allocator, [observe(0)]) == [asked]


def test_the_oracle_says_what_it_needs(tmp_path: Path) -> None:
    oracle = DdnnOracle(NetworkSettings(**write_all(tmp_path)))
    assert (oracle.needs_future, Ddnn.needs_future) == (True, False)
    oracle.reset(context())
    with pytest.raises(AllocatorError, match="the oracle needs the load offered in the coming"):
        oracle.act(observe(0))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"policy": "oracle"}, "policy is 'oracle'; one of ml, .* ddnn-oracle"),
        ({"policy": "gain"}, "policy=gain needs the setting model"),
        ({"policy": "random", "probability": 1.5}, "probability is 1.5; 0 to 1"),
        ({"policy": "random", "probability": -0.1}, "probability is -0.1; 0 to 1"),
        ({"policy": "confidence", "eta": float("nan")}, "eta is nan; a finite number"),
        ({"policy": "always-local", "transmission_cost": 1.0}, "transmission_cost is 1.0, and"),
        ({"transmission_cost": float("nan")}, "transmission_cost is nan; a finite number"),
        (
            {"policy": "expected", "model": "m", "transmission_cost": float("inf")},
            "_cost is inf; a",
        ),
        ({"model": "m.pt"}, "model is 'm.pt', and policy=always-remote has none"),
    ],
)
def test_settings_that_do_not_fit(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(AllocatorError, match=said):
        DdnnSettings(network="n.pt", demands="d.json", **changes)


def test_it_decides_in_an_episode_only(tmp_path: Path) -> None:
    with pytest.raises(AllocatorError, match="reset it first"):
        Ddnn(DdnnSettings(**write_all(tmp_path))).act(observe(0))
