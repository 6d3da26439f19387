"""Which seed an episode has.

An episode's seed is what ``reset(seed=...)`` gave. A reset without one goes on in the sequence that
the last given seed began: the seeds of its 2nd, 3rd, ... episode are drawn from it, so the same
program sees the same episodes again, and never the same episode twice by accident.
"""

from __future__ import annotations

import numpy as np

from pyctl.seeds import require_seed


class SeedSequence:
    """Gives each episode its seed."""

    def __init__(self, seed: int | None) -> None:
        """Begins a sequence.

        Args:
            seed: of the first episode, 0 to 2^32 - 1; None draws one from the system.
        """
        self._begin(seed)

    def next(self, seed: int | None = None) -> int:
        """Returns the seed of the next episode; a given one begins a sequence of its own.

        Raises:
            UsageError: the seed is not a whole number from 0 to 2^32 - 1.
        """
        if seed is not None:
            self._begin(seed)
        episode = self._episodes
        self._episodes += 1
        if episode == 0:
            return self._first
        drawn = np.random.SeedSequence(self._first, spawn_key=(episode,)).generate_state(1)
        return int(drawn[0])

    def _begin(self, seed: int | None) -> None:
        if seed is None:
            seed = int(np.random.SeedSequence().generate_state(1)[0])
        self._first = require_seed("seed", seed)
        self._episodes = 0
