"""The allocators on a network of formulas: exploring, deciding, slices that come and go."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents.errors import AllocatorError
from agents.idla import decide
from agents.idla.allocator import (
    GridOnF,
    Idla,
    IdlaMeasured,
    IdlaSettings,
    LearntAllocator,
    LearntSettings,
)
from agents.idla.estimator import HISTORY, Estimator
from agents.idla.exploration import Explore
from agents.idla.formula import FormulaCells, observe, record
from agents.protocol import Decision, Feedback

CELLS, SLICES, STEPS = 4, 3, 120


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The file of an estimator that was fitted to the network."""
    network = FormulaCells(CELLS, SLICES, seed=3)
    shares = np.random.default_rng(3).dirichlet(np.ones(SLICES), (300, CELLS))
    allocator = Idla(IdlaSettings(epochs=60, activation="relu", device="cpu"))
    allocator.fit(record(network, shares), seed=1)
    path = tmp_path_factory.mktemp("model") / "estimator.pt"
    allocator.save(path)
    return str(path)


def play(
    allocator: LearntAllocator | Explore,
    steps: int = 10,
    present: Any = None,
    seed: int = 1,
    slices: int = SLICES,
) -> tuple[np.ndarray, np.ndarray]:
    """Plays an episode; returns shares and r, each [T, C, S]."""
    network = FormulaCells(CELLS, slices, seed=7)
    allocator.reset(network.context(seed))
    everyone = np.ones((CELLS, slices), bool)
    past = [network.step(np.full((CELLS, slices), 1 / slices)) for _ in range(HISTORY)]
    decided, satisfied = [], []
    for t in range(steps):
        there = everyone if present is None else np.broadcast_to(present[t], everyone.shape)
        past[-1] = {**past[-1], "slice_present": there.astype(np.float32)}
        observation = observe(t, past, HISTORY)
        decision = allocator.act(observation)
        shares = decision.allocation["prb_max"]
        past = [*past[1:], network.step(shares.astype(np.float64), there)]
        after = observe(t + 1, past, HISTORY)
        allocator.update(Feedback(t, decision, after, 0.0))
        decided.append(shares)
        satisfied.append(past[-1]["r"])
    return np.stack(decided), np.stack(satisfied)


def utility(r: np.ndarray) -> float:
    return float(np.log1p(r).mean())


def idla(model: str, **changes: Any) -> Idla:
    return Idla(replace(IdlaSettings(model=model, device="cpu"), **changes))


def grid(model: str) -> GridOnF:
    return GridOnF(LearntSettings(model=model, device="cpu"))


def test_it_does_better_than_random_shares(model: str) -> None:
    random = utility(play(Explore(), 40)[1])
    assert utility(play(idla(model), 40)[1]) > random + 0.05
    assert utility(play(grid(model), 40)[1]) > random + 0.05


def test_what_was_measured_can_be_learnt_from(tmp_path: Path) -> None:
    network = FormulaCells(CELLS, SLICES, seed=3)
    shares = np.random.default_rng(3).dirichlet(np.ones(SLICES), (300, CELLS))
    data = record(network, shares)
    fitted = {}
    for kind in (Idla, IdlaMeasured):
        allocator = kind(IdlaSettings(epochs=60, device="cpu"))
        allocator.fit(data, seed=1)
        fitted[kind.name] = allocator.report["mae_test"]
    # What a PRB carries is in the CQI of these formulas, too: it must not be worse.
    assert fitted["idla-measured"] < 1.1 * fitted["idla"]
    path = tmp_path / "measured.pt"
    allocator.save(path)
    again = IdlaMeasured(IdlaSettings(model=str(path), device="cpu"))
    assert utility(play(again, 40)[1]) > utility(play(Explore(), 40)[1]) + 0.05


def test_every_decision_is_feasible(model: str) -> None:
    for allocator in (idla(model), grid(model)):
        shares, _ = play(allocator)
        assert shares.dtype == np.float32
        assert (shares >= 0).all()
        # As they travel: what the guard would call a repair.
        assert (shares.sum(axis=2) <= 1 + 1e-6).all()


def test_grid_shares_are_multiples_of_its_unit(model: str) -> None:
    shares, _ = play(grid(model))
    np.testing.assert_allclose(shares * 20, np.round(shares * 20), atol=1e-4)


def test_the_same_seed_decides_the_same(model: str) -> None:
    one, same, other = (play(idla(model), seed=seed)[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


def test_slices_come_and_go_without_training(model: str) -> None:
    present = [(1, 1, 0)] * 3 + [(1, 1, 1)] * 4 + [(0, 1, 1)] * 3
    shares, _ = play(idla(model), present=[np.array(p, bool) for p in present])
    assert (shares[:3, :, 2] == 0).all()
    assert (shares[3:7, :, 2] > 0).all()
    assert (shares[7:, :, 0] == 0).all()
    np.testing.assert_allclose(shares.sum(axis=2), 1, atol=1e-5)


def test_one_slice_gets_all(model: str) -> None:
    shares, _ = play(idla(model), present=[np.array((0, 1, 0), bool)] * 10)
    np.testing.assert_allclose(shares[:, :, 1], 1)


def test_more_slices_than_it_has_seen(model: str) -> None:
    shares, _ = play(idla(model), slices=7)
    assert (shares.sum(axis=2) <= 1 + 1e-6).all()
    assert (shares[-1] > 0).sum() > CELLS * 3


def test_the_coming_interval_is_not_looked_at(model: str) -> None:
    plain = idla(model)
    shares, _ = play(plain, 1)
    network = FormulaCells(CELLS, SLICES, seed=7)
    told = idla(model)
    told.reset(network.context(1))
    past = [network.step(np.full((CELLS, SLICES), 1 / SLICES)) for _ in range(HISTORY)]
    future = {"offered": np.full((CELLS, SLICES), np.nan, np.float32)}
    decision = told.act(replace(observe(0, past, HISTORY), future=future))
    np.testing.assert_array_equal(decision.allocation["prb_max"], shares[0])


def test_it_explores_and_then_decides_by_what_it_learnt() -> None:
    settings = IdlaSettings(explore_steps=STEPS, epochs=2, device="cpu")
    allocator = Idla(settings)
    shares, _ = play(allocator, STEPS + 3)
    random, _ = play(Explore(), STEPS + 3)
    np.testing.assert_array_equal(shares[:STEPS], random[:STEPS])
    assert (shares[STEPS] != random[STEPS]).any()
    assert allocator.report["rows"] == (STEPS - HISTORY) * CELLS * SLICES


def test_exploration_covers_the_simplex_and_keeps_shares_for_a_while() -> None:
    shares, _ = play(Explore(), 600)
    np.testing.assert_allclose(shares.sum(axis=2), 1, atol=1e-5)
    # Some 120 draws of each cell; a fifth of them is equal.
    draws = 120 * CELLS
    equal = np.isclose(shares, 1 / SLICES).all(axis=2)
    assert equal.mean() == pytest.approx(0.2, abs=4 * np.sqrt(0.2 * 0.8 / draws))
    # Dirichlet(1) of three has the density 2 (1 - x): P(x > 0.7) = 0.09, in four fifths of them.
    beyond = 0.8 * 0.09
    assert (shares > 0.7).mean() == pytest.approx(beyond, abs=4 * np.sqrt(beyond / draws / SLICES))
    # A fifth draws at each step; of these 0.2 * 0.2 have equal shares twice.
    changed = (shares[1:] != shares[:-1]).any(axis=2)
    assert changed.mean() == pytest.approx(0.2 * 0.96, abs=0.04)
    assert (changed.any(axis=1) & ~changed.all(axis=1)).mean() > 0.3


def test_exploration_depends_on_the_seed_and_the_step_only() -> None:
    network = FormulaCells(CELLS, SLICES, seed=7)
    past = [network.step(np.full((CELLS, SLICES), 1 / SLICES))]
    always, late = Explore(), Explore()
    for explorer in (always, late):
        explorer.reset(network.context(1))
    decided = [always.act(observe(t, past, 1)).allocation["prb_max"] for t in range(30)]
    np.testing.assert_array_equal(late.act(observe(29, past, 1)).allocation["prb_max"], decided[29])
    assert (decided[0] != decided[29]).any()


def test_without_an_estimator_it_says_what_is_missing() -> None:
    with pytest.raises(AllocatorError, match="give explore_steps=N"):
        play(Idla(IdlaSettings(device="cpu")))
    with pytest.raises(AllocatorError, match="has no estimator yet"):
        Idla().save(Path("nowhere"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"starts": 0}, "starts is 0; 1 or more is required"),
        ({"explore_steps": -1}, "explore_steps is -1; 0 or more"),
        ({"epochs": 0}, "epochs is 0; 1 or more"),
        ({"fits": 0}, "fits is 0; 1 or more"),
        ({"model": "a.pt", "explore_steps": 3}, "both given; drop one"),
        ({"device": "tpu"}, "device is 'tpu'; auto, cpu, cuda are the choices"),
        ({"share": "all"}, "share is 'all'; used, ceiling"),
    ],
)
def test_settings_out_of_range_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(AllocatorError, match=message):
        IdlaSettings(**changes)


def test_a_scenario_without_targets_is_refused(model: str) -> None:
    context = FormulaCells(CELLS, SLICES, seed=1).context()
    values = {**context.values, "slices": [{"id": 1}]}
    with pytest.raises(AllocatorError, match="slices have no target_bps"):
        idla(model).reset(replace(context, values=values))


def test_a_scenario_that_shares_something_else_is_refused(model: str) -> None:
    context = FormulaCells(CELLS, SLICES, seed=1).context()
    action = replace(context.action[0], name="rate", sum_max=200.0)
    with pytest.raises(AllocatorError, match="cannot decide rate: it splits 1 among the slices"):
        idla(model).reset(replace(context, action=(action,)))


def test_many_cells_are_decided_like_few(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, _ = play(idla(model))
    monkeypatch.setitem(decide.CHUNK_CELLS, "cpu", 3)
    chunks, _ = play(idla(model))
    np.testing.assert_allclose(chunks, whole, atol=1e-5)


def test_several_episodes_are_decided_by_one_search(
    model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    searches = []
    search = decide.search

    def counted(curves: Any, previous: Any, *others: Any) -> Any:
        searches.append(previous.shape[0])
        return search(curves, previous, *others)

    monkeypatch.setattr(decide, "search", counted)
    sizes = (SLICES, SLICES + 2, SLICES)  # slices of three episodes
    networks = [FormulaCells(CELLS, slices, seed=i) for i, slices in enumerate(sizes)]
    alone, together = ([idla(model) for _ in sizes] for _ in range(2))
    pasts = [
        [network.step(np.full((CELLS, n), 1 / n))]
        for network, n in zip(networks, sizes, strict=True)
    ]
    for i, network in enumerate(networks):
        for each in (alone[i], together[i]):
            each.reset(network.context(i))
    for step in range(4):
        observations = [observe(step, past, HISTORY) for past in pasts]
        expected = [each.act(seen) for each, seen in zip(alone, observations, strict=True)]
        searches.clear()
        decided = Idla.act_together(together, observations)
        # Those with as many slices are decided together.
        assert sorted(searches) == [CELLS, 2 * CELLS]
        for i, (found, right) in enumerate(zip(decided, expected, strict=True)):
            shares = right.allocation["prb_max"]
            assert isinstance(found, Decision)
            np.testing.assert_allclose(found.allocation["prb_max"], shares, atol=1e-5)
            assert found.info == right.info
            pasts[i].append(networks[i].step(shares.astype(np.float64)))


def test_a_file_is_loaded_once(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = idla(model)
    monkeypatch.setattr(Estimator, "load", lambda _path: pytest.fail("loaded again"))
    for allocator in (kept, idla(model), grid(model)):
        play(allocator, 2)
