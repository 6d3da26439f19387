"""One TD3 agent of stable-baselines3 that is driven from outside: it keeps, learns and decides.

SB3 wants to step an environment of its own. Here the simulation has many agents and a clock of its
own, so each agent's replay buffer is filled and its networks are trained by hand.
"""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt
import torch
from gymnasium import spaces
from stable_baselines3 import TD3
from stable_baselines3.common.logger import Logger

Floats = npt.NDArray[np.float32]

WIDTHS = [64, 64]
RATE = 1e-3
BUFFER = 100_000
BATCH = 64


class _Spaces(gymnasium.Env[Floats, Floats]):
    """Tells SB3 shapes and bounds; never stepped."""

    def __init__(self, seen: int, decided: int) -> None:
        self.observation_space = spaces.Box(0.0, 1.0, (seen,), np.float32)
        self.action_space = spaces.Box(-1.0, 1.0, (decided,), np.float32)


class Td3Agent:
    """Actor, two critics and their replay buffer (Fujimoto et al. 2018)."""

    def __init__(
        self, seen: int, decided: int, *, gamma: float, seed: int, steps_a_turn: int
    ) -> None:
        """Makes an agent that knows nothing.

        Args:
            seen: elements of an observation, each from 0 to 1.
            decided: elements of an action, each from -1 to 1.
            gamma: discount.
            seed: of weights and batches.
            steps_a_turn: gradient steps of ``learn``.
        """
        self._model = TD3(
            "MlpPolicy",
            _Spaces(seen, decided),
            learning_rate=RATE,
            buffer_size=BUFFER,
            batch_size=BATCH,
            gamma=gamma,
            tau=0.005,
            policy_delay=2,
            target_policy_noise=0.2,
            target_noise_clip=0.5,
            policy_kwargs={"net_arch": WIDTHS},
            seed=seed,
            device="cpu",
        )
        self._model.set_logger(Logger(folder=None, output_formats=[]))
        self._steps = steps_a_turn

    def decide(self, seen: Floats) -> Floats:
        """Gives the actor's actions for observations [N, seen], without noise."""
        actions: Floats = self._model.predict(seen, deterministic=True)[0]
        return actions

    def keep(self, before: Floats, after: Floats, action: Floats, reward: float) -> None:
        """Keeps what came of an action; episodes do not end."""
        infos: list[dict[str, Any]] = [{}]
        assert self._model.replay_buffer is not None  # noqa: S101 - TD3 made it
        self._model.replay_buffer.add(
            before[None], after[None], action[None], np.array([reward]), np.array([False]), infos
        )

    def learn(self) -> None:
        """Makes gradient steps on batches of what is kept."""
        threads = torch.get_num_threads()
        torch.set_num_threads(1)  # layers of 64 units are too small to be shared out
        self._model.train(gradient_steps=self._steps, batch_size=BATCH)
        torch.set_num_threads(threads)
