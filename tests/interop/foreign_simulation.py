"""A foreign ns3-gym simulation, run as a program: raw protobuf and ZeroMQ, nothing of pyctl.

At border k it sends k in every element it has; the reward is what its last action sums to. It
behaves as ns3-gym's C++ side does: REQ, connects to localhost, honours stopSimReq in ack and act.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import foreign_wire as fw
import zmq

SPACES = {
    "box": (fw.box_space(0, 100, fw.FLOAT, [5]), fw.box_space(0, 1, fw.FLOAT, [2])),
    "double": (fw.box_space(0, 100, fw.DOUBLE, [2, 2]), fw.box_space(-1, 1, fw.DOUBLE, [2])),
    "uint": (fw.box_space(0, 2.0**32, fw.UINT, [3]), fw.box_space(-5, 5, fw.INT, [2])),
    "unbounded": (fw.box_space(0, 0, fw.FLOAT, [2]), fw.box_space(0, 0, fw.FLOAT, [2])),
    "discrete": (fw.discrete_space(100), fw.discrete_space(4)),
    "nested": (
        fw.dict_space(
            fw.tuple_space(
                fw.discrete_space(100), fw.box_space(0, 100, fw.INT, [2, 1]), name="pair"
            ),
            fw.dict_space(fw.box_space(0, 100, fw.DOUBLE, [1], name="deep"), name="inner"),
        ),
        fw.tuple_space(
            fw.discrete_space(4), fw.dict_space(fw.box_space(0, 1, fw.FLOAT, [2], name="share"))
        ),
    ),
}


def observation(kind: str, k: int) -> Any:
    if kind == "box":
        return fw.box(fw.FLOAT, [5], [k] * 5)
    if kind == "double":
        return fw.box(fw.DOUBLE, [4], [k] * 4)  # flat, as many scripts send it
    if kind == "uint":
        return fw.box(fw.UINT, [3], [k] * 3)
    if kind == "unbounded":
        return fw.box(fw.FLOAT, [2], [1000.0 * k] * 2)
    if kind == "discrete":
        return fw.discrete(k)
    return fw.dict_data(
        fw.tuple_data(fw.discrete(k), fw.box(fw.INT, [2, 1], [k, k]), name="pair"),
        fw.dict_data(fw.box(fw.DOUBLE, [1], [k], name="deep"), name="inner"),
    )


def total(value: Any) -> float:
    if isinstance(value, dict):
        return sum(map(total, value.values()))
    return sum(map(total, value)) if isinstance(value, list) else float(value)


def fail(fault: str) -> None:
    if fault == "abort":
        print("foreign: about to abort", file=sys.stderr, flush=True)
        os.abort()
    if fault == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if fault == "exit":
        print("foreign: error: out of luck", file=sys.stderr, flush=True)
        sys.exit(9)
    if fault == "quiet":
        sys.exit(0)
    if fault == "refuse":
        print("foreign: error: load is 7; at most 1 is allowed", file=sys.stderr, flush=True)
        sys.exit(2)
    while fault == "hang":
        time.sleep(1)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--openGymPort", type=int, required=True)
    parser.add_argument("--simSeed", type=int, default=0)
    parser.add_argument("--spaces", choices=SPACES, default="box")
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--gameOver", action="store_true")
    parser.add_argument("--info", default="")
    parser.add_argument("--noObservation", action="store_true")
    parser.add_argument("--fault", default="")
    parser.add_argument("--at", type=int, default=-1)
    parser.add_argument("--farewell", default="")
    a = parser.parse_args()
    socket = zmq.Context().socket(zmq.REQ)
    socket.setsockopt(zmq.LINGER, 0)
    socket.connect(f"tcp://localhost:{a.openGymPort}")
    if a.at == -1:
        fail(a.fault)
    observations, actions = SPACES[a.spaces]
    hello = fw.M["SimInitMsg"](simProcessId=os.getpid(), obsSpace=observations, actSpace=actions)
    socket.send(hello.SerializeToString())
    ack = fw.M["SimInitAck"].FromString(socket.recv())
    end = "stopped by ack"
    reward = 0.0
    for k in range(a.steps + 1 if not ack.stopSimReq else 0):
        if k == a.at:
            fail(a.fault)
        state = fw.M["EnvStateMsg"](reward=reward, info=a.info.replace("SEED", str(a.simSeed)))
        if not a.noObservation:
            state.obsData.CopyFrom(observation(a.spaces, k))
        if k == a.steps:
            state.isGameOver = True
            state.reason = int(a.gameOver)
        socket.send(state.SerializeToString())
        answer = fw.M["EnvActMsg"].FromString(socket.recv())
        if answer.stopSimReq:
            end = f"stopped at {k}"
            break
        reward = total(fw.plain(answer.actData))
    if a.farewell:
        Path(a.farewell).write_text(end)


if __name__ == "__main__":
    main()
