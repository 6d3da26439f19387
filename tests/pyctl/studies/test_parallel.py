"""The measure of eight simulations at once: what it reports, and that it checks the work done."""

from __future__ import annotations

import pytest

from pyctl.errors import SlicebedError
from pyctl.studies import parallel
from pyctl.studies.parallel import ENVS, parallel_speedup

pytestmark = pytest.mark.usefixtures("nothing_left")


def test_the_speed_up_is_of_the_two_rates() -> None:
    measures = parallel_speedup(quick=True)
    assert [measure.name.removeprefix("exchange.") for measure in measures] == [
        *("parallel8_speedup", "parallel8_step_speedup", "apart_speedup"),
        *("parallel1_steps_per_s", "parallel8_steps_per_s"),
    ]
    values = [measure.value for measure in measures if measure.value is not None]
    assert len(values) == len(measures)
    speedup = measures[0]
    assert speedup.target == ">= 1.8"
    # One turn: the same work in both, so that times and rates have the same ratio.
    assert values[0] == pytest.approx(values[4] / values[3])
    assert speedup.low == speedup.high == pytest.approx(values[0])


@pytest.mark.parametrize("name", ["_play", "_play_streamed"])
def test_other_work_is_no_speed_up(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    play = getattr(parallel, name)

    def cheat(
        envs: parallel.CoSimVectorEnv, steps: int, seed: int
    ) -> tuple[float, parallel.Floats]:
        played: tuple[float, parallel.Floats] = play(envs, steps, seed + (envs.num_envs == ENVS))
        return played

    monkeypatch.setattr(parallel, name, cheat)
    with pytest.raises(SlicebedError, match="gave other rewards than one by one"):
        parallel_speedup(quick=True)
