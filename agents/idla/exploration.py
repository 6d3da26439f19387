"""Random shares that cover what an estimator or an RL agent is to learn (period H_0 of paper 001).

The paper does not say what is in force while samples are collected. Always equal shares would teach
nothing of others, so each cell gets shares of its own from Dirichlet(1), all over the simplex, and
in a fifth of the intervals all get equal ones.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from agents.baselines import Floats, ShareAllocator, proportional
from agents.protocol import Context, FieldSchema, Observation

EQUAL_PART = 0.2
STREAM = 10  # of this module's random numbers, beside the run's seed


class Explore(ShareAllocator):
    """Shares from Dirichlet(1), new ones for each cell and interval; equal ones in a fifth."""

    name: ClassVar[str] = "explore"
    summary: ClassVar[str] = "random shares all over the simplex, to collect samples"

    def reset(self, context: Context) -> None:
        """Takes the seed."""
        super().reset(context)
        self._seed = context.seed

    def shares(self, schema: FieldSchema, present: Floats, observation: Observation) -> Floats:
        """Draws shares; they depend on the seed and the step only."""
        rng = np.random.default_rng([self._seed, STREAM, observation.step])
        weights = rng.exponential(size=schema.shape)
        if rng.random() < EQUAL_PART:
            weights = np.ones(schema.shape)
        return proportional(weights, present)
