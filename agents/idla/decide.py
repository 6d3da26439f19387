"""Decisions by a fitted estimator, border after border, on the CPU or a GPU.

Cells are worked on in chunks: on the CPU each fits into the caches of the cores that share it; a
GPU takes many more at once. Chunks change no result.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from agents.errors import AllocatorError
from agents.idla.dataset import state_of
from agents.idla.estimator import Estimator
from agents.idla.grid import best_on_grid
from agents.idla.search import SearchSettings, search
from agents.idla.simplex import carry_over, fill
from agents.protocol import Array, Observation
from agents.threads import one_thread

NOISE_STREAM = 13
CHUNK_CELLS = {"cpu": 512, "cuda": 100_000}
FEW_CELLS = 128  # too few to share among cores
Part = tuple[Tensor, Tensor, Tensor]  # shares [C, S], from the grid [C], kept [C]


def device_of(name: str) -> torch.device:
    """Picks the device: ``auto`` is CUDA where there is one.

    Raises:
        AllocatorError: ``cuda`` is asked for and there is none.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        raise AllocatorError("device is cuda, and torch finds no CUDA device; use auto or cpu")
    return torch.device(name)


@dataclass(frozen=True, eq=False)
class Question:
    """What a decision is made of.

    Attributes:
        z: states, [C, S, Z].
        previous: shares that the search begins at, [C, S].
        present: which slices are, [C, S].
        noise: of the starts, [P, C, S].
    """

    z: Tensor
    previous: Tensor
    present: Tensor
    noise: Tensor


def decide_together(
    deciders: Sequence[Decider], observations: Sequence[Observation]
) -> list[tuple[Array, dict[str, Any]]]:
    """Decides for several networks at once.

    Args:
        deciders: one a network, with the same estimator, settings and number of slices.
        observations: that each gets.

    Returns:
        For each what ``Decider.decide`` returns, but for rounding.
    """
    pairs = list(zip(deciders, observations, strict=True))
    questions = [decider.question(observation) for decider, observation in pairs]
    together = Question(
        z=torch.cat([each.z for each in questions]),
        previous=torch.cat([each.previous for each in questions]),
        present=torch.cat([each.present for each in questions]),
        noise=torch.cat([each.noise for each in questions], dim=1),
    )
    found = deciders[0].find(together)
    sizes = [len(each.z) for each in questions]
    parts = zip(*(torch.split(each, sizes) for each in found), strict=True)
    return [
        decider.conclude(question, part)
        for decider, question, part in zip(deciders, questions, parts, strict=True)
    ]


class Decider:
    """Decides for all cells at each border; remembers what it decided last.

    Attributes:
        estimator: on the device; it is not changed, others may use it too.
        slices: S.
    """

    def __init__(
        self,
        estimator: Estimator,
        asked: Sequence[npt.NDArray[np.float32]],
        device: torch.device,
        seed: int,
        settings: SearchSettings | None,
        previous: Array | None = None,
    ) -> None:
        """Takes what stays the same.

        Args:
            estimator: fitted, on the device.
            asked: targets [bit/s] and delay bounds [s] of the slices, each [S].
            device: that decides.
            seed: of the starts' noise.
            settings: of the search; None decides on the grid.
            previous: shares in force, [C, S]; None for equal ones.
        """
        self.estimator = estimator
        self.slices = len(asked[0])
        self._asked = asked
        self._device = device
        self._seed = seed
        self._settings = settings
        self._previous = None if previous is None else torch.from_numpy(previous.copy())
        self._before: Tensor | None = None

    def decide(self, observation: Observation) -> tuple[Array, dict[str, Any]]:
        """Gives shares [C, S], and how many cells kept theirs or took them from the grid."""
        question = self.question(observation)
        return self.conclude(question, self.find(question))

    def question(self, observation: Observation) -> Question:
        """Gives what this decision is made of."""
        there = observation.fields["slice_present"] > 0
        present = torch.from_numpy(there)
        state = state_of(observation.history, there, self._asked, self.estimator.form.state)
        previous = self._starting_point(present)
        return Question(
            torch.from_numpy(state), previous, present, self._noise(previous, observation.step)
        )

    def find(self, question: Question) -> Part:
        """Decides; remembers nothing."""
        few = len(question.z) <= FEW_CELLS
        with torch.inference_mode(), one_thread() if few else contextlib.nullcontext():
            return self._in_chunks(question)

    def conclude(self, question: Question, found: Part) -> tuple[Array, dict[str, Any]]:
        """Remembers what was decided; returns as ``decide``."""
        shares, on_grid, kept = found
        self._previous, self._before = shares, question.present
        info = {"cells_on_grid": int(on_grid.sum()), "cells_kept": int(kept.sum())}
        return shares.numpy(), info

    def _starting_point(self, present: Tensor) -> Tensor:
        equal = fill(torch.zeros(present.shape), present)
        if self._previous is None:
            return equal
        before = self._before
        if before is None:  # of decisions that others made: who had a share was there
            before = self._previous > 0
        return carry_over(self._previous, before, present)

    def _noise(self, like: Tensor, step: int) -> Tensor:
        if self._settings is None:
            return torch.zeros(1, *like.shape)
        seed = np.random.SeedSequence([self._seed, NOISE_STREAM, step]).generate_state(1)[0]
        generator = torch.Generator().manual_seed(int(seed))
        shape = (self._settings.starts, *like.shape)
        noise = torch.randn(shape, generator=generator) * self._settings.noise
        noise[0] = 0  # one start is what is in force
        return noise

    def _in_chunks(self, question: Question) -> Part:
        size = CHUNK_CELLS[self._device.type]
        chunks = zip(
            *(
                torch.split(each, size)
                for each in (question.z, question.previous, question.present)
            ),
            torch.split(question.noise, size, dim=1),
            strict=True,
        )
        shares, on_grid, kept = zip(*(self._decide(*chunk) for chunk in chunks), strict=True)
        return torch.cat(shares), torch.cat(on_grid), torch.cat(kept)

    def _decide(self, z: Tensor, previous: Tensor, present: Tensor, noise: Tensor) -> Part:
        z, previous, present, noise = (
            tensor.to(self._device) for tensor in (z, previous, present, noise)
        )
        curves = self.estimator.curves(z)
        if self._settings is not None:
            found = search(curves, previous, present, noise, self._settings)
            return found.shares.cpu(), found.on_grid.cpu(), found.kept.cpu()
        shares = best_on_grid(curves, present)
        kept = ~torch.isfinite(curves.value(shares)).all(dim=-1)
        shares = torch.where(kept.unsqueeze(-1), previous, shares)
        return shares.cpu(), ~kept.cpu(), kept.cpu()
