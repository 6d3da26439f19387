from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pyctl.env.seeds import SeedSequence
from pyctl.errors import UsageError


def test_the_first_seed_is_the_given_one_and_the_others_come_from_it() -> None:
    first, again = SeedSequence(5), SeedSequence(5)
    seeds = [first.next() for _ in range(100)]
    assert seeds[0] == 5
    assert len(set(seeds)) == 100
    assert [again.next() for _ in range(100)] == seeds


def test_neighbouring_seeds_share_no_episodes() -> None:
    a, b = SeedSequence(1), SeedSequence(2)
    assert not {a.next() for _ in range(100)} & {b.next() for _ in range(100)}


def test_a_seed_given_later_begins_its_own_sequence() -> None:
    seeds = SeedSequence(5)
    expected = [seeds.next(), seeds.next()]
    other = SeedSequence(9)
    other.next()
    assert [other.next(5), other.next()] == expected


def test_zero_is_a_seed() -> None:
    assert SeedSequence(0).next() == 0
    assert SeedSequence(3).next(0) == 0


def test_without_a_seed_one_is_drawn() -> None:
    assert SeedSequence(None).next() != SeedSequence(None).next()


def test_numpy_integers_are_seeds() -> None:
    assert SeedSequence(np.int64(3)).next() == 3  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", [-1, 2**32, 1.0, "1", True])
def test_what_is_no_seed_is_refused(seed: Any) -> None:
    with pytest.raises(UsageError, match="seed is .*; a whole number from 0 to 4294967295 is req"):
        SeedSequence(seed)
