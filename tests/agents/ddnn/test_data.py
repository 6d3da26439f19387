"""Windows, split, normalisation; gaps and bad input are named with station and slot."""

from __future__ import annotations

import numpy as np
import pytest

from agents.ddnn.data import check_window, fill_forward, prepare
from agents.errors import AllocatorError


def ramp(slots: int = 400, stations: int = 16) -> np.ndarray:
    """Demand of station k in slot t is t + 1000 k."""
    return np.arange(slots)[:, None] + 1000.0 * np.arange(stations)[None, :]


def test_windows_end_before_their_slot() -> None:
    parts = prepare(ramp())
    # 400 slots: 240 for training, from 144 on; 80 and 80.
    assert [len(p.demand) for p in (parts.train, parts.validation, parts.test)] == [96, 80, 80]
    assert parts.train.windows.shape == (96, 16, 144)
    assert parts.train.slots[[0, -1]].tolist() == [144, 239]
    assert parts.validation.slots[0] == 240
    assert parts.test.slots[[0, -1]].tolist() == [320, 399]
    for part in (parts.train, parts.validation, parts.test):
        for i in (0, -1):
            window = part.windows[i].double().numpy().T
            raw = parts.normaliser.denormalise(window)
            slot = part.slots[i]
            assert raw == pytest.approx(ramp()[slot - 144 : slot], abs=1e-3)  # float32 of 15000


def test_normalised_by_training_slots_only_and_not_clipped() -> None:
    parts = prepare(ramp())
    assert parts.normaliser.low.tolist() == ramp()[0].tolist()
    assert parts.normaliser.high.tolist() == ramp()[239].tolist()
    assert float(parts.test.demand[-1, 3]) == pytest.approx(399 / 239)


def test_short_gaps_are_filled_with_the_last_value() -> None:
    demands = ramp()
    demands[50:53, 4] = np.nan
    filled = fill_forward(demands)
    assert filled[50:54, 4].tolist() == [4049, 4049, 4049, 4053]
    assert np.array_equal(np.delete(filled, 4, axis=1), np.delete(ramp(), 4, axis=1))


@pytest.mark.parametrize(("first", "named"), [(50, 53), (0, 0)])
def test_long_gaps_and_gaps_at_the_start_are_refused(first: int, named: int) -> None:
    demands = ramp()
    demands[first : first + 4, 4] = np.nan
    with pytest.raises(AllocatorError, match=f"station 4 is missing in slot {named},"):
        prepare(demands)


@pytest.mark.parametrize(("value", "told"), [(-1.0, "-1"), (np.inf, "inf")])
def test_values_that_no_demand_has(value: float, told: str) -> None:
    demands = ramp()
    demands[7, 2] = value
    with pytest.raises(AllocatorError, match=f"station 2 is {told} in slot 7; a finite number"):
        prepare(demands)


def test_a_station_that_never_changes() -> None:
    demands = ramp()
    demands[:240, 9] = 0
    with pytest.raises(AllocatorError, match="station 9 is 0 in every training slot"):
        prepare(demands)


def test_a_missing_station() -> None:
    with pytest.raises(AllocatorError, match=r"shape \(400, 15\); \(slots, 16\)"):
        prepare(ramp(stations=15))


def test_too_few_slots() -> None:
    with pytest.raises(AllocatorError, match="240 slots, 144 of them for training; more than 144"):
        prepare(ramp(240))


def test_a_window_at_decision_time() -> None:
    window = ramp(144).T.copy()
    window[3, 100:103] = np.nan
    assert check_window(window)[3, 99:104].tolist() == [3099, 3099, 3099, 3099, 3103]
    with pytest.raises(AllocatorError, match=r"window has shape \(16, 100\); \(16, 144\)"):
        check_window(window[:, :100])
    window[5, :] = np.nan
    with pytest.raises(AllocatorError, match="station 5 is missing"):
        check_window(window)
    window[5, :] = np.inf
    with pytest.raises(AllocatorError, match="station 5 is infinite in slot 0"):
        check_window(window)
