"""No room for shared memory: one error that says so, and all goes on once there is."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

pytestmark = pytest.mark.usefixtures("nothing_left")

TIME_LIMIT_S = 300

# In a process of its own, whose files, segments too, may have so many bytes for a while.
PROGRAM = """
import os, resource, sys
import numpy as np
from pyctl.env.cosim import CoSimEnv
from pyctl.errors import UsageError

ACTION = {"prb_max": np.full((2, 3), 0.25, np.float32)}
env = CoSimEnv("loopback", {"steps": 9}, seed=1)
tries = {"reset": env.reset, "branch": lambda: env.branch(2)}
if sys.argv[1] == "branch":
    env.reset()
opened = len(os.listdir("/proc/self/fd"))
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    tries[sys.argv[1]]()
except UsageError as error:
    print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
if sys.argv[1] == "branch":
    assert len(os.listdir("/proc/self/fd")) == opened
else:
    env.reset()
for each in [env, *env.branch(2)]:
    print(each.step(ACTION)[1])
    each.close()
"""


# Of the segment, first its head is asked for; observations and actions follow.
@pytest.mark.parametrize("limit", [65_535, 65_536])
@pytest.mark.parametrize("what", ["reset", "branch"])
def test_no_room_is_told_and_leaves_nothing(what: str, limit: int) -> None:
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM, what, str(limit)],
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT_S,
        check=False,
    )
    assert (result.returncode, result.stderr) == (0, "")
    told, *rewards = result.stdout.splitlines()
    text = (
        r"no (\d+) bytes of shared memory \(File too large\); "
        "smaller spaces, more memory, or transport tcp or ipc is required"
    )
    needed = re.fullmatch(text, told)
    assert needed is not None, told
    assert int(needed[1]) > limit
    assert rewards == ["1.5", "1.5", "1.5"]
