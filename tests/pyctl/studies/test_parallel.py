"""The measure of eight simulations at once: what it reports, and that it checks the work done."""

from __future__ import annotations

import pytest

from pyctl.errors import SlicebedError
from pyctl.studies import parallel
from pyctl.studies.parallel import ENVS, parallel_speedup

pytestmark = pytest.mark.usefixtures("nothing_left")


def test_the_speed_up_is_of_the_two_rates() -> None:
    speedup, against_apart, apart, alone, together = parallel_speedup(quick=True)
    assert (speedup.name, speedup.target) == ("exchange.parallel8_speedup", ">= 1.8")
    assert against_apart.name == "exchange.parallel8_vs_apart"
    assert apart.name == "exchange.apart_speedup"
    assert alone.name == "exchange.parallel1_steps_per_s"
    assert together.name == "exchange.parallel8_steps_per_s"
    measures = (speedup, against_apart, apart, alone, together)
    values = [measure.value for measure in measures if measure.value is not None]
    assert len(values) == len(measures)
    # One turn: the same work in all, so that times and rates have the same ratio.
    assert values[0] == pytest.approx(values[4] / values[3])
    assert values[0] == pytest.approx(values[1] * values[2])
    assert speedup.low == speedup.high == pytest.approx(values[0])


def test_other_work_is_no_speed_up(monkeypatch: pytest.MonkeyPatch) -> None:
    play = parallel._play

    def cheat(
        envs: parallel.CoSimVectorEnv, steps: int, seed: int
    ) -> tuple[float, parallel.Floats]:
        return play(envs, steps, seed + (envs.num_envs == ENVS))

    monkeypatch.setattr(parallel, "_play", cheat)
    with pytest.raises(SlicebedError, match="gave other rewards than one by one"):
        parallel_speedup(quick=True)
