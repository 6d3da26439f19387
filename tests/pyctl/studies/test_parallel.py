"""The measure of eight simulations at once: what it reports, and that it checks the work done."""

from __future__ import annotations

import pytest

from pyctl.errors import SlicebedError
from pyctl.studies import parallel
from pyctl.studies.parallel import ENVS, parallel_speedup

pytestmark = pytest.mark.usefixtures("nothing_left")


def test_the_speed_up_is_of_the_two_rates() -> None:
    speedup, alone, together = parallel_speedup(quick=True)
    assert (speedup.name, speedup.target) == ("exchange.parallel8_speedup", ">= 1.8")
    assert alone.name == "exchange.parallel1_steps_per_s"
    assert together.name == "exchange.parallel8_steps_per_s"
    assert None not in (speedup.value, alone.value, together.value)
    # One turn: the same work in both, so that times and rates have the same ratio.
    assert speedup.value == pytest.approx(together.value / alone.value)  # type: ignore[operator]
    assert speedup.low == speedup.high == pytest.approx(speedup.value)


def test_other_work_is_no_speed_up(monkeypatch: pytest.MonkeyPatch) -> None:
    play = parallel._play

    def cheat(
        envs: parallel.CoSimVectorEnv, steps: int, seed: int
    ) -> tuple[float, parallel.Floats]:
        return play(envs, steps, seed + (envs.num_envs == ENVS))

    monkeypatch.setattr(parallel, "_play", cheat)
    with pytest.raises(SlicebedError, match="gave other rewards than one by one"):
        parallel_speedup(quick=True)
