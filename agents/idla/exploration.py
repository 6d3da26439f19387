"""Random shares that cover what an estimator or an RL agent is to learn (period H_0 of paper 001).

The paper does not say what is in force while samples are collected. Always equal shares would teach
nothing of others, so each cell gets shares of its own from Dirichlet(1), all over the simplex, and
a fifth of them are equal ones. A cell keeps what it has for five intervals on average: an allocator
changes its shares little from one to the next, and what is measured in an interval comes of the
ones before it too, by the queues that they leave and the history that an estimator is shown.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import numpy.typing as npt

from agents.baselines import Floats, ShareAllocator, proportional
from agents.protocol import Context, FieldSchema, Observation

EQUAL_PART = 0.2
DRAWN_PART = 0.2  # of the cells, in each interval
STREAM = 10  # of this module's random numbers, beside the run's seed


class Explore(ShareAllocator):
    """Shares from Dirichlet(1) or, in a fifth, equal ones; kept for five intervals on average."""

    name: ClassVar[str] = "explore"
    summary: ClassVar[str] = "random shares all over the simplex, to collect samples"

    def reset(self, context: Context) -> None:
        """Takes the seed."""
        super().reset(context)
        self._seed = context.seed

    def shares(self, schema: FieldSchema, present: Floats, observation: Observation) -> Floats:
        """Gives what each cell drew last; it depends on the seed and the step only."""
        weights = np.ones(schema.shape)
        missing = np.ones(schema.shape[:-1], bool)
        for step in range(observation.step, -1, -1):
            drawn, drawing = self._draw(schema, step)
            found = missing & (drawing | (step == 0))
            weights[found] = drawn[found]
            missing = missing & ~found
            if not missing.any():
                break
        return proportional(weights, present)

    def _draw(self, schema: FieldSchema, step: int) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """Draws weights for all cells, and which cells take them at this step."""
        rng = np.random.default_rng([self._seed, STREAM, step])
        weights = rng.exponential(size=schema.shape)
        cells = schema.shape[:-1]
        weights[rng.random(cells) < EQUAL_PART] = 1
        return weights, rng.random(cells) < DRAWN_PART
