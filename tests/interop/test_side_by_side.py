"""Environments at once never meet."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from pyctl.env.cosim import CoSimEnv
from pyctl.exchange.transport import Transport

pytestmark = pytest.mark.usefixtures("nothing_left")

STEPS = 50


def action(share: float) -> dict[str, np.ndarray]:
    return {"prb_max": np.full((2, 3), share, np.float32)}


@pytest.mark.parametrize("transport", ["shm", "tcp", "ipc"])
def test_two_interleaved(transport: Transport) -> None:
    envs = [CoSimEnv("loopback", {"steps": STEPS}, transport=transport) for _ in range(2)]
    shares = [0.125, 0.25]
    for env in envs:
        env.reset()
    for step in range(1, STEPS + 1):
        for env, share in zip(envs, shares, strict=True):
            observation, reward, _, truncated, _ = env.step(action(share))
            assert reward == 6 * share
            assert np.all(observation["accumulated"] == step * share)
            assert truncated == (step == STEPS)
    # One that begins anew does not disturb the other.
    envs[0].reset()
    envs[1].reset()
    envs[0].close()
    assert envs[1].step(action(0.25))[1] == 1.5
    envs[1].close()


def play(share: float) -> float:
    env = CoSimEnv("loopback", {"steps": STEPS}, seed=1)
    total = 0.0
    for _ in range(3):
        env.reset()
        truncated = False
        while not truncated:
            _, reward, _, truncated, _ = env.step(action(share))
            total += reward
    env.close()
    return total


def test_four_in_threads() -> None:
    shares = [0.0625, 0.125, 0.1875, 0.25]
    with ThreadPoolExecutor(4) as pool:
        totals = list(pool.map(play, shares))
    assert totals == [3 * STEPS * 6 * share for share in shares]
