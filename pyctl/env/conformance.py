"""What every scenario and every allocator must do; to be called from tests.

    check_scenario("cells", {"steps": 3})
    check_allocator(lambda: MyAllocator())

Both run all their rules and raise one ``ConformanceError`` that lists the broken ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from agents.protocol import Allocator, Context, Decision, Feedback, FieldSchema, Observation
from pyctl.env.cosim import CoSimEnv
from pyctl.errors import EpisodeOver, InvalidAction, SlicebedError

Environment = gymnasium.Env[Any, Any]
Rule = Callable[[], None]

SEEDS = (3, 4)
MAX_STEPS = 20
SUM_SLACK = 1e-5


class ConformanceError(SlicebedError):
    """A scenario or an allocator breaks its contract."""


def check_scenario(
    scenario: str | Callable[[], Environment],
    params: Mapping[str, Any] | None = None,
    *,
    random_model: bool = True,
    max_steps: int = MAX_STEPS,
) -> None:
    """Checks a scenario, or an environment over one.

    Args:
        scenario: name, or a function that makes an environment with Dict spaces of Boxes.
        params: of a scenario given by name.
        random_model: whether episodes of different seeds must differ.
        max_steps: of each episode that is played.

    Raises:
        ConformanceError: with all rules that are broken.
    """

    def make() -> Environment:
        return CoSimEnv(scenario, params) if isinstance(scenario, str) else scenario()

    checker = _ScenarioChecker(make, random_model, max_steps)
    _run(
        checker.spaces_are_dicts_of_boxes,
        checker.observations_are_in_their_space,
        checker.same_seed_same_bytes,
        checker.seeds_differ,
        checker.bad_actions_are_refused_and_do_no_harm,
        checker.ends_once,
    )


def check_allocator(make: Callable[[], Allocator], context: Context | None = None) -> None:
    """Checks an allocator without a simulation.

    Args:
        make: returns a new allocator.
        context: to decide in; None for a small network of 3 cells and 4 slices.

    Raises:
        ConformanceError: with all rules that are broken.
    """
    checker = _AllocatorChecker(make, context or sample_context())
    _run(
        checker.says_what_it_is,
        checker.decisions_fit_the_action,
        checker.same_seed_same_decisions,
        checker.does_not_see_the_future,
        checker.leaves_observations_alone,
    )


def sample_context(cells: int = 3, sliced: int = 4) -> Context:
    """Makes a context with the fields that all scenarios of cells have."""

    def schema(name: str, high: float, unit: str, total: float | None = None) -> FieldSchema:
        shape = (cells, sliced)
        return FieldSchema(
            name=name,
            shape=shape,
            axes=("cell", "slice"),
            low=np.zeros(shape, np.float32),
            high=np.full(shape, high, np.float32),
            unit=unit,
            meaning=f"sample of {name}",
            sum_axis=None if total is None else "slice",
            sum_max=total,
        )

    return Context(
        scenario="sample",
        seed=SEEDS[0],
        interval_s=1.0,
        observation=(
            schema("thp_dl", 1e9, "bit/s"),
            schema("prb_used_dl", 100, "PRB"),
            schema("offered", 1e9, "bit/s"),
            schema("r", 1, "fraction"),
            schema("slice_active", 1, "flag"),
            schema("slice_present", 1, "flag"),
        ),
        action=(schema("prb_max", 1, "fraction", total=1),),
        values={
            "steps": 5,
            "prbs": 100,
            "cells": [{"id": cell} for cell in range(cells)],
            "slices": [
                {"id": s + 1, "target_bps": 1e6 * (s + 1), "delay_bound_s": 0.1}
                for s in range(sliced)
            ],
        },
    )


class _ScenarioChecker:
    """The rules of scenarios; each opens and closes what it needs."""

    def __init__(self, make: Callable[[], Environment], random_model: bool, max_steps: int) -> None:
        self._make = make
        self._random_model = random_model
        self._max_steps = max_steps

    def spaces_are_dicts_of_boxes(self) -> None:
        env = self._make()
        try:
            for kind in ("observation", "action"):
                space = getattr(env, f"{kind}_space")
                _require(isinstance(space, spaces.Dict), f"the {kind} space is {space}, not a Dict")
                for name, inner in space.spaces.items():
                    _require(isinstance(inner, spaces.Box), f"{name} is {inner}, not a Box")
                    _require(inner.is_bounded(), f"{name} has no finite bounds: {inner}")
        finally:
            env.close()

    def observations_are_in_their_space(self) -> None:
        env = self._make()
        try:
            for border, (observation, _) in enumerate(self._episode(env, SEEDS[0])):
                for name, space in _boxes(env.observation_space).items():
                    values = observation[name]
                    _require(
                        space.contains(values),
                        f"{name} at border {border} is {values}, which is not in {space}",
                    )
        finally:
            env.close()

    def same_seed_same_bytes(self) -> None:
        first, second = self._record(SEEDS[0]), self._record(SEEDS[0])
        _require(first == second, f"two episodes with seed {SEEDS[0]} differ")

    def seeds_differ(self) -> None:
        if self._random_model:
            first, second = (self._record(seed) for seed in SEEDS)
            _require(first != second, f"the episodes of seeds {SEEDS} are the same")

    def bad_actions_are_refused_and_do_no_harm(self) -> None:
        env = self._make()
        try:
            env.reset(seed=SEEDS[0])
            good = _good_action(env)
            for fault, action in _bad_actions(env, good).items():
                try:
                    env.step(action)
                except InvalidAction:
                    continue
                raise ConformanceError(f"an action with {fault} was not refused")
            observation = env.step(good)[0]
        finally:
            env.close()
        undisturbed = self._record(SEEDS[0], steps=1)
        _require(
            undisturbed.endswith(_bytes(observation)), "actions that were refused had an effect"
        )

    def ends_once(self) -> None:
        env = self._make()
        try:
            *_, (_, end) = self._episode(env, SEEDS[0])
            if end == (False, False):
                return  # longer than the check
            _require(end[0] != end[1], f"terminated and truncated are both {end[0]} at the end")
            try:
                env.step(_good_action(env))
            except EpisodeOver:
                return
            raise ConformanceError("a step after the end was not refused")
        finally:
            env.close()

    def _episode(
        self, env: Environment, seed: int, steps: int | None = None
    ) -> list[tuple[Any, tuple[bool, bool]]]:
        """Plays an episode with one good action; returns observations with their ends."""
        observation, _ = env.reset(seed=seed)
        record = [(observation, (False, False))]
        action = _good_action(env)
        for _ in range(self._max_steps if steps is None else steps):
            observation, _, terminated, truncated, _ = env.step(action)
            record.append((observation, (terminated, truncated)))
            if terminated or truncated:
                break
        return record

    def _record(self, seed: int, steps: int | None = None) -> bytes:
        env = self._make()
        try:
            return b"".join(_bytes(o) for o, _ in self._episode(env, seed, steps))
        finally:
            env.close()


class _AllocatorChecker:
    """The rules of allocators, on observations drawn at random."""

    def __init__(self, make: Callable[[], Allocator], context: Context) -> None:
        self._make = make
        self._context = context

    def says_what_it_is(self) -> None:
        allocator = self._make()
        for name in ("name", "summary"):
            text = getattr(allocator, name, "")
            _require(
                isinstance(text, str) and text != "", f"{name} is {text!r}; a text is required"
            )

    def decisions_fit_the_action(self) -> None:
        for step, decision in enumerate(self._play(self._make())):
            names = [schema.name for schema in self._context.action]
            given = sorted(decision.allocation)
            _require(given == sorted(names), f"decision {step} has the fields {given}, not {names}")
            for schema in self._context.action:
                _require_fits(np.asarray(decision.allocation[schema.name]), schema, step)

    def same_seed_same_decisions(self) -> None:
        allocator = self._make()
        first, other = self._play(allocator), self._play(self._make())
        _require(_same(first, other), "two allocators with the same seed decide differently")
        again = self._play(allocator)
        _require(
            len(again) == len(first) and all(isinstance(d, Decision) for d in again),
            "it cannot play a second episode",
        )

    def does_not_see_the_future(self) -> None:
        allocator = self._make()
        if allocator.needs_future:
            return
        hidden = self._play(allocator, future="none")
        for kind in ("nan", "true"):
            shown = self._play(self._make(), future=kind)
            _require(_same(hidden, shown), f"its decision depends on the future ({kind})")

    def leaves_observations_alone(self) -> None:
        allocator = self._make()
        allocator.reset(self._context)
        future = "true" if allocator.needs_future else "none"
        observation = self._observation(0, future, allocator.history_length)
        before = {name: values.copy() for name, values in observation.fields.items()}
        allocator.act(observation)
        for name, values in before.items():
            _require(
                np.array_equal(observation.fields[name], values, equal_nan=True),
                f"act() changed the observation's {name}",
            )

    def _play(self, allocator: Allocator, future: str | None = None) -> list[Decision]:
        if future is None:
            future = "true" if allocator.needs_future else "none"
        allocator.reset(self._context)
        decisions = []
        for step in range(int(self._context.values.get("steps", 5))):
            decision = allocator.act(self._observation(step, future, allocator.history_length))
            _require(isinstance(decision, Decision), f"act() returned {decision!r}, no Decision")
            decisions.append(decision)
            after = self._observation(step + 1, future, allocator.history_length)
            allocator.update(Feedback(step, decision, after, 0.5))
        return decisions

    def _observation(self, step: int, future: str, history_length: int = 0) -> Observation:
        fields = self._fields(step)
        past = [self._fields(step - age) for age in range(history_length - 1, -1, -1)]
        history = {
            schema.name: np.stack([fields_then[schema.name] for fields_then in past])
            for schema in self._context.observation
            if past
        }
        coming = self._fields(step + 1)
        if future == "nan":
            coming = {name: np.full_like(values, np.nan) for name, values in coming.items()}
        return Observation(
            step=step,
            t_sim_s=step * self._context.interval_s,
            fields=fields,
            history=history,
            future=None if future == "none" else coming,
        )

    def _fields(self, step: int) -> dict[str, npt.NDArray[np.float32]]:
        """Draws what was measured until a border; NaN before the first, all slices present."""
        if step < 0:
            return {s.name: np.full(s.shape, np.nan, np.float32) for s in self._context.observation}
        generator = np.random.default_rng([self._context.seed, step])
        fields = {
            schema.name: generator.uniform(schema.low, schema.high).astype(np.float32)
            for schema in self._context.observation
        }
        for flag in ("slice_active", "slice_present"):
            if flag in fields:
                fields[flag] = np.ones_like(fields[flag])
        return fields


def _run(*rules: Rule) -> None:
    broken = []
    for rule in rules:
        try:
            rule()
        except Exception as error:  # noqa: BLE001 - what is checked may raise anything
            name = getattr(rule, "__name__", str(rule)).replace("_", " ")
            kind = "" if isinstance(error, ConformanceError) else f"{type(error).__name__}: "
            broken.append(f"{name}: {kind}{error}")
    if broken:
        raise ConformanceError("; ".join(broken))


def _require(fits: bool, otherwise: str) -> None:
    if not fits:
        raise ConformanceError(otherwise)


def _boxes(space: Any) -> dict[str, spaces.Box]:
    boxes: dict[str, spaces.Box] = space.spaces
    return boxes


def _good_action(env: Environment) -> dict[str, npt.NDArray[Any]]:
    """Chooses the lowest action, all switches on, equal parts of what there is to share."""
    action = {name: space.low.copy() for name, space in _boxes(env.action_space).items()}
    for field in _described(env):
        if field["unit"] == "flag":
            action[field["name"]] = _boxes(env.action_space)[field["name"]].high.copy()
    for field in _limited_fields(env):
        name, axis = field["name"], field["axes"].index(field["sum_axis"])
        share = field["sum_max"] / field["shape"][axis]
        space = _boxes(env.action_space)[name]
        action[name] = np.clip(np.full(space.shape, share), space.low, space.high).astype(
            space.dtype
        )
    return action


def _limited_fields(env: Environment) -> list[Mapping[str, Any]]:
    return [field for field in _described(env) if field.get("sum_max") is not None]


def _described(env: Environment) -> list[Mapping[str, Any]]:
    fields: list[Mapping[str, Any]] = getattr(env.unwrapped, "description", {}).get("action", [])
    return fields


def _bad_actions(env: Environment, good: Mapping[str, Any]) -> dict[str, Any]:
    name = next(iter(good))
    space = _boxes(env.action_space)[name]
    bad = {
        f"the shape of {name} wrong": {**good, name: np.zeros((*space.shape, 2), space.dtype)},
        f"{name} above its bound": {**good, name: space.high.astype(np.float64) + 1},
        f"{name} missing": {key: value for key, value in good.items() if key != name},
        "an unknown field": {**good, "no such field": np.zeros(1)},
    }
    if space.dtype.kind == "f":
        bad[f"NaN in {name}"] = {**good, name: np.full(space.shape, np.nan, space.dtype)}
    for field in _limited_fields(env):
        highest = _boxes(env.action_space)[field["name"]].high
        axis = field["axes"].index(field["sum_axis"])
        if highest.sum(axis=axis).max() > field["sum_max"] + SUM_SLACK:
            bad[f"{field['name']} above its total"] = {**good, field["name"]: highest.copy()}
    return bad


def _bytes(observation: Mapping[str, npt.NDArray[Any]]) -> bytes:
    return b"".join(np.ascontiguousarray(values).tobytes() for values in observation.values())


def _require_fits(values: npt.NDArray[Any], schema: FieldSchema, step: int) -> None:
    where = f"decision {step}: {schema.name}"
    _require(values.shape == schema.shape, f"{where} has shape {values.shape}, not {schema.shape}")
    _require(bool(np.isfinite(values).all()), f"{where} is not finite: {values}")
    inside = (values >= schema.low) & (values <= schema.high)
    _require(bool(inside.all()), f"{where} is outside its bounds: {values}")
    if schema.sum_axis is not None and schema.sum_max is not None:
        totals = values.astype(np.float64).sum(axis=schema.axes.index(schema.sum_axis))
        _require(
            bool((totals <= schema.sum_max + SUM_SLACK).all()),
            f"{where} sums to {totals.max():g}, above {schema.sum_max:g}",
        )


def _same(first: list[Decision], second: list[Decision]) -> bool:
    return len(first) == len(second) and all(
        a.allocation.keys() == b.allocation.keys()
        and all(
            np.array_equal(a.allocation[name], b.allocation[name], equal_nan=True)
            for name in a.allocation
        )
        for a, b in zip(first, second, strict=True)
    )
