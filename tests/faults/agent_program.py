"""An agent, run as a program, that drives the loopback until something happens to it."""

from __future__ import annotations

import os
import sys
import time

import numpy as np

from pyctl.env.cosim import CoSimEnv


def main() -> None:
    how, transport, hang_step = sys.argv[1], sys.argv[2], int(sys.argv[3])
    params = {"steps": 1_000_000, "hang_step": hang_step}
    env = CoSimEnv("loopback", params, seed=1, transport=transport)  # type: ignore[arg-type]
    env.reset()
    action = {"prb_max": np.full((2, 3), 0.25, np.float32)}
    env.step(action)
    print(f"ready {env._link.process.pid}", flush=True)
    sys.stdin.readline()  # until the test has seen our children
    if how == "raise":
        raise RuntimeError("a bug in the agent")
    if how == "exit":
        sys.exit(4)
    if how == "lose":
        del env
        print("lost", flush=True)
        time.sleep(3600)
    if how == "leave":
        os._exit(5)
    while how == "idle":
        time.sleep(0.1)
    while True:
        env.step(action)


if __name__ == "__main__":
    main()
