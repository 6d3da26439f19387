"""The agent of a trial: steps, branches and resets without pause, and tells its first error."""

from __future__ import annotations

import json
import sys

import numpy as np

from pyctl.env.cosim import CoSimEnv
from pyctl.errors import SlicebedError

ACTION = {"prb_max": np.full((2, 3), 0.25, np.float32)}


def main() -> None:
    env = CoSimEnv("loopback", {"steps": 200}, seed=1, transport=sys.argv[1])  # type: ignore[arg-type]
    env.reset()
    pids = {"simulation": env._link.process.pid, "server": env._server.pid}
    print(json.dumps(pids), flush=True)
    try:
        while True:
            play(env)
    except SlicebedError as error:
        print(json.dumps(type(error).__name__), flush=True)
    finally:
        env.close()


def play(env: CoSimEnv) -> None:
    env.reset()
    for step in range(200):
        env.step(ACTION)
        if step % 50 == 25:
            (twin,) = env.branch()
            try:
                twin.step(ACTION)
            finally:
                twin.close()


if __name__ == "__main__":
    main()
