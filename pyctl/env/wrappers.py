"""Environments as RL libraries want them: one Box seen, one Box decided.

    env = flat_box(gymnasium.make("slicebed/Cells-v0", params={"steps": 10}))
    model = stable_baselines3.PPO("MlpPolicy", env)

``flat_box`` is ``UnitObservation``, gymnasium's ``FlattenObservation`` and ``BoxAction``; each can
be used alone, such as ``UnitObservation`` with ``MultiInputPolicy``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from gymnasium.wrappers import FlattenObservation

Floats = npt.NDArray[np.float32]
DictEnv = gymnasium.Env[dict[str, Any], dict[str, Any]]

# Quantities whose bounds are far beyond what is usual: what counts as next to nothing, by unit.
SMALL: Mapping[str, float] = {
    "bit/s": 1e4,
    "byte": 1e3,
    "s": 1e-3,
    "1/s": 1.0,
    "requests": 1.0,
    "W": 1.0,
    "J": 1e-2,
}


class UnitObservation(gymnasium.ObservationWrapper[dict[str, Floats], Any, Any]):
    """Scales each field of the observation to 0 to 1 by the bounds it is declared with.

    Linear, ``(x - low) / (high - low)``, but for the units of ``SMALL``, whose bounds are what
    cannot be exceeded and not what is usual: ``log(1 + x / small) / log(1 + high / small)``.
    """

    def __init__(self, env: DictEnv) -> None:
        """Wraps an environment of a scenario, whose description has the units."""
        super().__init__(env)
        units = {f["name"]: f["unit"] for f in env.unwrapped.description["observation"]}  # type: ignore[attr-defined]
        boxes: Mapping[str, Any] = env.observation_space.spaces  # type: ignore[attr-defined]
        self._bounds = {
            name: (box.low.astype(np.float64), box.high.astype(np.float64), SMALL.get(units[name]))
            for name, box in boxes.items()
        }
        self.observation_space: Any = spaces.Dict(
            [(name, spaces.Box(0, 1, box.shape, np.float32)) for name, box in boxes.items()]
        )

    def observation(self, observation: dict[str, Any]) -> dict[str, Floats]:
        """Returns the fields, each element from 0 to 1."""
        return {name: _unit(values, *self._bounds[name]) for name, values in observation.items()}


class BoxAction(gymnasium.ActionWrapper[Any, Floats, dict[str, Any]]):
    """Takes all fields of the action as one Box of -1 to 1, element by element.

    -1 is an element's lower bound and 1 its upper one. Totals, such as shares that sum to at most
    1, are left to the environment, which projects them: the ids of ``gymnasium.make`` do. So all
    that is allowed can be said, and equal elements above the total share it equally.
    """

    def __init__(self, env: DictEnv) -> None:
        """Wraps an environment whose action space is a Dict of Boxes."""
        super().__init__(env)
        self._fields: Any = env.action_space
        whole = spaces.flatten_space(self._fields)
        assert isinstance(whole, spaces.Box)  # noqa: S101 - of a Dict of Boxes
        self._low, self._high = whole.low, whole.high
        self.action_space = spaces.Box(-1, 1, whole.shape, np.float32)

    def action(self, action: Floats) -> dict[str, Any]:
        """Returns the fields; what is outside of -1 to 1 is taken as the nearest end."""
        part = (np.clip(action, -1, 1) + 1) / 2
        inside = np.clip(self._low + part * (self._high - self._low), self._low, self._high)
        return spaces.unflatten(self._fields, inside.astype(self._low.dtype))


def flat_box(env: DictEnv) -> gymnasium.Env[Floats, Floats]:
    """Makes an environment of one Box seen, 0 to 1, and one Box decided, -1 to 1."""
    return BoxAction(FlattenObservation(UnitObservation(env)))


def _unit(
    values: npt.NDArray[Any],
    low: npt.NDArray[np.float64],
    high: npt.NDArray[np.float64],
    small: float | None,
) -> Floats:
    span = np.where(high > low, high - low, 1.0)
    part = (values - low) / span
    if small is not None:
        part = np.log1p(part * span / small) / np.log1p(span / small)
    return np.clip(part, 0, 1).astype(np.float32)
