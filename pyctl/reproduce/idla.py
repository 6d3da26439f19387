"""Reproduces paper 001: runs, estimator, oracle and measures of a scale."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from analysis.figures.idla import Drawing, draw_all
from analysis.idla import (
    PLANNER,
    Periods,
    adaptation_losses,
    cube,
    decision_ms,
    largest_total,
    losses_to_planner,
    paired,
    regrets,
    repairs,
    satisfied,
    slots_to_reconverge,
    utilities,
)
from analysis.statistics import Interval, bootstrap_mean
from analysis.store_reader import Run
from pyctl.campaign.planned import identify
from pyctl.errors import UsageError
from pyctl.measures import Measure
from pyctl.reproduce import estimator, oracle
from pyctl.reproduce.idla_plan import (
    ALLOCATORS,
    NEW_SLICE,
    REFERENCE,
    SCALES,
    SCENARIO,
    Scale,
    parameters_of,
    requests_of,
)
from pyctl.reproduce.paper import Order, Work, scale_of

if TYPE_CHECKING:
    from pathlib import Path

OURS, MEASURED = "idla", "idla-measured"
Runs = Mapping[str, list[Run]]  # of each allocator, by seed


class IdlaWork(Work):
    """The reproduction of paper 001."""

    stall_s: ClassVar[float] = 1800.0  # an interval may hold a whole training

    def __init__(self, order: Order) -> None:
        if order.trace is not None:
            raise UsageError("paper idla takes no --trace: its load is the embedded profile")
        self.order = order
        self._scale = scale_of(order.scale, SCALES)
        self.seeds = self._scale.seeds
        self.planned = identify(requests_of(self._scale))
        self._drawing: Drawing | None = None

    def measure(self, runs: Sequence[Run]) -> list[Measure]:
        """Fits the estimators again, looks for the true optimum of slots, and measures all."""
        order, scale = self.order, self._scale
        by_name: dict[str, list[Run]] = {name: [] for name in ALLOCATORS}
        for run in runs:
            by_name[run.label].append(run)
        periods = Periods(*scale.periods)
        estimators, measured = (
            [
                estimator.study(
                    run,
                    scale.periods,
                    variants if run.seed == 1 else estimator.AS_RUN,
                    order.out / "estimator",
                    order.say,
                )
                for run in by_name[name]
            ]
            for name, variants in ((OURS, estimator.VARIANTS), (MEASURED, estimator.AS_RUN))
        )
        slots = [
            slot
            for index in range(scale.seeds)
            for slot in _look(by_name, index, scale, periods, order)
        ]
        self._drawing = Drawing(periods, by_name, estimators, slots)
        return [
            *_measures(by_name, periods, estimators, slots),
            _measure("estimator_mae_measured", _mae(measured)),
            _measure("estimator_mae_unseen_measured", _mae_unseen(measured)),
        ]

    def draw(self, out: Path) -> list[Path]:
        """Draws figures 2 to 5, and ours."""
        if self._drawing is None:
            raise RuntimeError("measure() comes before draw()")
        return draw_all(self._drawing, out)


def _look(
    runs: Runs,
    index: int,
    scale: Scale,
    periods: Periods,
    order: Order,
) -> list[dict[str, Any]]:
    decisions = {name: cube(of[index], "prb_max_decided") for name, of in runs.items()}
    seed = runs[OURS][index].seed
    played = oracle.Played(SCENARIO, parameters_of(scale), seed, decisions, OURS)
    windows = list(periods.converged().values())
    cells = decisions[OURS].shape[1]
    slots = oracle.sample_slots(windows, scale.oracle_slots, cells, seed)
    return oracle.look(played, slots, order.out / "oracle", order.workers, order.say)


def _measures(
    runs: Runs,
    periods: Periods,
    estimators: Sequence[Mapping[str, Any]],
    slots: Sequence[Mapping[str, Any]],
) -> list[Measure]:
    windows = periods.converged()
    return [
        *_of_estimators(estimators),
        _measure("regret_vs_sim_oracle", regrets(slots, OURS), "<= 0.02"),
        *_differences(runs, windows),
        *_satisfaction(runs, windows),
        *_reconvergence(runs, periods),
        *_feasibility(runs, periods),
        *(
            _measure(f"regret_vs_sim_oracle{_suffix(name)}", regrets(slots, name))
            for name in (*ALLOCATORS, PLANNER)
            if name != OURS
        ),
        *(
            _measure(f"loss_to_planner{_suffix(name)}", losses_to_planner(slots, name))
            for name in ALLOCATORS
        ),
        *_load(runs, periods, estimators),
    ]


def _measure(name: str, interval: Interval, target: str | None = None, unit: str = "1") -> Measure:
    return Measure(f"idla.{name}", interval.mean, unit, interval.low, interval.high, target)


def _of_estimators(estimators: Sequence[Mapping[str, Any]]) -> list[Measure]:
    reports = [each["variants"]["as run"] for each in estimators]
    gains = [1 - report["mae_test"] / report["mae_slice_mean"] for report in reports]
    return [
        _measure("estimator_mae", _mae(estimators), "<= 0.064"),
        _measure("estimator_below_slice_mean", bootstrap_mean(gains), ">= 0.4"),
        _measure("estimator_mae_unseen", _mae_unseen(estimators)),
        *(
            Measure(f"idla.estimator_mae_{_slug(name)}", report["mae_test"], "1")
            for name, report in estimators[0]["variants"].items()
            if name != "as run"
        ),
        _measure("f_falls", bootstrap_mean([report["falls"] for report in reports])),
    ]


def _mae(estimators: Sequence[Mapping[str, Any]]) -> Interval:
    return bootstrap_mean([each["variants"]["as run"]["mae_test"] for each in estimators])


def _mae_unseen(estimators: Sequence[Mapping[str, Any]]) -> Interval:
    return bootstrap_mean([float(np.mean(_errors_unseen(each["later"]))) for each in estimators])


def _errors_unseen(later: Mapping[str, Any]) -> list[float]:
    pairs = zip(later["slice"], later["errors"], strict=True)
    return [error for slice_id, error in pairs if slice_id == NEW_SLICE]


def _slug(name: str) -> str:
    return re.sub("[^a-z0-9]+", "_", name.lower())


def _differences(runs: Runs, windows: Mapping[str, tuple[int, int]]) -> list[Measure]:
    """Compares converged utilities with each other allocator's, in both periods together."""
    found = []
    for name in ALLOCATORS:
        if name != OURS:
            target = ">= 0" if name in ("traffic", "equal", "td3", "td3-shared") else None
            whole = (windows["h1"], windows["h2"])
            parts = [paired(runs[OURS], runs[name], window) for window in whole]
            found += [
                _measure(f"utility_minus{_suffix(name)}", _mean_of(parts), target),
                _measure(f"utility_minus{_suffix(name)}_h1", parts[0]),
                _measure(f"utility_minus{_suffix(name)}_h2", parts[1]),
            ]
    return found


def _mean_of(parts: Sequence[Interval]) -> Interval:
    """Averages intervals of independent means."""
    count = len(parts)
    mean = sum(part.mean for part in parts) / count
    below = float(np.sqrt(sum((part.mean - part.low) ** 2 for part in parts))) / count
    above = float(np.sqrt(sum((part.high - part.mean) ** 2 for part in parts))) / count
    return Interval(mean, mean - below, mean + above)


def _suffix(name: str) -> str:
    """Gives what a measure's name ends in: nothing for the paper's own allocator."""
    return "" if name == OURS else "_" + name.replace("-", "_")


def _satisfaction(runs: Runs, windows: Mapping[str, tuple[int, int]]) -> list[Measure]:
    reached = {  # [seed, period]
        name: np.array([[satisfied(run, window) for window in windows.values()] for run in of])
        for name, of in runs.items()
    }
    found = []
    for name in (OURS, *(other for other in ALLOCATORS if other != OURS)):
        suffix = _suffix(name)
        for (period, window), shares in zip(windows.items(), reached[name].T, strict=True):
            utility = bootstrap_mean(
                [float(utilities(run)[window[0] : window[1]].mean()) for run in runs[name]]
            )
            found += [
                _measure(f"p_r1_{period}{suffix}", bootstrap_mean(shares)),
                _measure(f"utility_{period}{suffix}", utility),
            ]
        before, after = reached[name].T
        found.append(_measure(f"p_r1_drop{suffix}", bootstrap_mean(before - after)))
        if name != OURS:
            more = (reached[OURS] - reached[name]).mean(axis=1)
            found.append(_measure(f"p_r1_minus{suffix}", bootstrap_mean(more)))
    return found


def _reconvergence(runs: Runs, periods: Periods) -> list[Measure]:
    found = []
    for name in (OURS, *(other for other in ALLOCATORS if other not in (OURS, REFERENCE))):
        slots = slots_to_reconverge(runs[name], runs[REFERENCE], periods)
        target = "<= 5" if name == OURS else None
        lost = adaptation_losses(runs[name], runs[REFERENCE], periods)
        measure = f"idla.slots_to_reconverge{_suffix(name)}"
        found += [
            Measure(measure, float(slots), "slots", target=target),
            _measure(f"adaptation_loss{_suffix(name)}", bootstrap_mean(lost)),
        ]
    return found


def _feasibility(runs: Runs, periods: Periods) -> list[Measure]:
    own = runs[OURS]
    times = np.concatenate([decision_ms(run, periods.h0) for run in own])
    excess = max(largest_total(run) - 1 for run in own)
    return [
        Measure("idla.share_total_excess", excess, "1", target="<= 0.000001"),
        Measure("idla.guard_repairs", float(sum(map(repairs, own))), "1", target="<= 0"),
        Measure(
            "idla.decision_ms",
            float(np.median(times)),
            "ms",
            float(np.quantile(times, 0.05)),
            float(np.quantile(times, 0.95)),
        ),
    ]


def _load(runs: Runs, periods: Periods, estimators: Sequence[Mapping[str, Any]]) -> list[Measure]:
    """Tells whether the load is as it must be: neither so light nor so heavy that all are alike."""
    rows = np.concatenate([cube(run, "r") for run in runs[REFERENCE]])
    active = np.concatenate([cube(run, "slice_active") for run in runs[REFERENCE]]) > 0
    steps = np.tile(np.arange(len(rows) // len(runs[REFERENCE])), len(runs[REFERENCE]))
    early = steps < periods.change
    binds = [each["variants"]["as run"]["delay_binds"] for each in estimators]
    return [
        Measure("idla.r_equal_3_slices", float(rows[early][active[early]].mean()), "1"),
        Measure("idla.r_equal_4_slices", float(rows[~early][active[~early]].mean()), "1"),
        _measure("delay_binds", bootstrap_mean(binds)),
    ]
