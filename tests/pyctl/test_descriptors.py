"""A low limit of open files: what fits is done, what does not is refused, and nothing is left."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from typing import Any

import pytest

pytestmark = pytest.mark.usefixtures("nothing_left")

TIME_LIMIT_S = 300
CHANNELS = ["shm", "tcp", "ipc"]

# In a process of its own, because it limits itself: `what` is done under the limits given, with so
# many descriptors open besides. Prints what became of it, and what was open before and after.
PROGRAM = """
import json, os, resource, sys
import numpy as np, psutil
from pyctl.env.cosim import CoSimEnv
from pyctl.errors import UsageError

what, channel, soft, hard, others = sys.argv[1:]
ACTION = {"prb_max": np.full((2, 3), 0.25, np.float32)}

def held():
    me = psutil.Process()
    return [me.num_fds(), me.num_threads(), len(me.children(recursive=True))]

env = CoSimEnv("loopback", {"steps": 9}, seed=1, transport=channel)
if what != "reset":
    env.reset()
before = held()
most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
opened = [os.open("/dev/null", os.O_RDONLY) for _ in range(int(others))]
resource.setrlimit(resource.RLIMIT_NOFILE, (int(soft), int(hard)))
try:
    if what == "reset":
        env.reset()
        made = [env]
    else:
        made = env.branch(int(what))
    told = [each.step(ACTION)[1] for each in made]
    for each in made:
        each.close()
except UsageError as error:
    told = str(error)
for each in opened:
    os.close(each)
after = held()
if what != "reset":
    assert env.step(ACTION)[1] == 1.5
env.close()
limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
print(json.dumps({"told": told, "before": before, "after": after, "limit": limit}))
"""


def attempt(what: str, channel: str, soft: int, hard: int, others: int = 0) -> dict[str, Any]:
    words = [what, channel, str(soft), str(hard), str(others)]
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words],
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT_S,
        check=False,
    )
    assert (result.returncode, result.stderr) == (0, "")
    outcome: dict[str, Any] = json.loads(result.stdout)
    assert outcome["after"] == outcome["before"]
    return outcome


@pytest.mark.parametrize("soft", [40, 60, 64, 68, 72])
@pytest.mark.parametrize("channel", CHANNELS)
def test_branches_that_do_not_fit_are_refused(channel: str, soft: int) -> None:
    told = attempt("20", channel, soft, soft)["told"]
    assert f"the limit of open files is {soft}: branches (20, over {channel}) need " in told
    assert "(`ulimit -n`) is required" in told


@pytest.mark.parametrize("channel", CHANNELS)
def test_branches_that_fit_exactly_are_made(channel: str) -> None:
    told = attempt("20", channel, 40, 40)["told"]
    least = int(told.split("a limit of at least ")[1].split()[0])
    assert attempt("20", channel, least, least)["told"] == [1.5] * 20
    assert "need" in attempt("20", channel, least - 1, least - 1)["told"]


@pytest.mark.parametrize("channel", CHANNELS)
def test_the_soft_limit_is_raised_as_far_as_it_may_be(channel: str) -> None:
    outcome = attempt("20", channel, 64, 900)
    assert outcome["told"] == [1.5] * 20
    assert outcome["limit"] == 900


def test_a_limit_that_is_enough_stays() -> None:
    assert attempt("2", "tcp", 128, 900)["limit"] == 128


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("others", [0, 20])  # with these, none is left even to count them
def test_a_simulation_that_does_not_fit_is_not_started(channel: str, others: int) -> None:
    told = attempt("reset", channel, 12, 12, others)["told"]
    assert f"the limit of open files is 12: simulations (1, over {channel}) need " in told


@pytest.mark.parametrize("channel", CHANNELS)
def test_descriptors_above_1023_are_no_special_ones(channel: str) -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    assert hard >= 1200, "`ulimit -Hn` is too low for this test"
    assert attempt("2", channel, hard, hard, others=1100)["told"] == [1.5] * 2
