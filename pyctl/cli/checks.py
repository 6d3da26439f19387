"""What ``slicebed doctor`` looks at: each check returns what it found, or raises."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version

from pyctl.errors import SlicebedError
from pyctl.exchange.transport import Transport

REINSTALL = "run `make setup` in the checkout, or `pip install --force-reinstall slicebed`"
LOOPBACK_STEPS = 3
TIME_LIMIT_S = 60


@dataclass(frozen=True)
class Check:
    """One thing to look at.

    Attributes:
        name: of the thing.
        look: returns what was found; raises if it is not as it must be.
        advice: what to do if it raises.
    """

    name: str
    look: Callable[[], str]
    advice: str


@dataclass(frozen=True)
class Finding:
    """What a check found.

    Attributes:
        name: of the thing.
        ok: whether it is as it must be.
        detail: what was found, or what is wrong.
        advice: what to do; empty if ok.
    """

    name: str
    ok: bool
    detail: str
    advice: str


def examine(check: Check) -> Finding:
    """Makes a check; whatever it raises is the finding."""
    try:
        return Finding(check.name, True, check.look(), "")
    except Exception as error:  # noqa: BLE001 - a broken installation may raise anything
        text = str(error) or type(error).__name__
        return Finding(check.name, False, text, check.advice)


def all_checks() -> list[Check]:
    """Lists the checks in the order in which a fault of one explains those after it."""
    return [
        Check("python", platform.python_version, "install Python 3.11 or later"),
        Check("zmq", _zmq, "pip install pyzmq"),
        Check("protobuf", _protobuf, "pip install protobuf"),
        Check("scenarios", _scenarios, REINSTALL),
        Check("shared libraries", _shared_libraries, REINSTALL),
        Check("ns-3", _ns3, REINSTALL),
        Check("torch", _torch, "pip install torch"),
        Check("allocators", _allocators, "reinstall or remove the package named"),
        Check("co-simulation over shm", lambda: _co_simulation("shm"), REINSTALL),
        Check("co-simulation over tcp", lambda: _co_simulation("tcp"), REINSTALL),
        Check("co-simulation over ipc", lambda: _co_simulation("ipc"), REINSTALL),
    ]


def _zmq() -> str:
    import zmq

    return f"pyzmq {zmq.pyzmq_version()}, libzmq {zmq.zmq_version()}"


def _protobuf() -> str:
    from pyctl.exchange.messages import SimInitAck

    SimInitAck(done=True).SerializeToString()
    return f"protobuf {version('protobuf')}, wire messages found"


def _scenarios() -> str:
    from pyctl.launch.scenarios import describe, list_scenarios

    names = list_scenarios()
    if not names:
        raise SlicebedError("no scenario binaries are installed")
    for name in names:
        describe(name)
    return ", ".join(names) + " start"


def _shared_libraries() -> str:
    from pyctl.launch.installed import binary_directory

    binaries = sorted(binary_directory().glob("slicebed-*"))
    missing = [line for binary in binaries for line in _missing_libraries(str(binary))]
    if missing:
        raise SlicebedError("; ".join(missing))
    return f"all found for {len(binaries)} binaries"


def _missing_libraries(binary: str) -> list[str]:
    result = subprocess.run(
        ["ldd", binary], capture_output=True, text=True, timeout=TIME_LIMIT_S, check=True
    )
    return [line.strip() for line in result.stdout.splitlines() if "not found" in line]


def _ns3() -> str:
    from pyctl.launch.scenarios import describe, list_scenarios

    provenance = describe(list_scenarios()[0]).raw["provenance"]
    return f"ns-3 {provenance['ns3']}, {provenance['build']} build"


def _torch() -> str:
    import torch

    if torch.cuda.is_available():
        return f"torch {torch.__version__}, cuda device {torch.cuda.get_device_name()}"
    return f"torch {torch.__version__}, no cuda device (the CPU is used)"


def _allocators() -> str:
    from pyctl.campaign.registry import list_allocators

    entries = list_allocators()
    faults = [f"{entry.name}: {entry.fault}" for entry in entries if entry.fault]
    if faults:
        raise SlicebedError("; ".join(faults))
    if not entries:
        raise SlicebedError("none is registered: the package slicebed is not installed")
    return ", ".join(entry.name for entry in entries)


def _co_simulation(transport: Transport) -> str:
    from numpy import zeros

    from pyctl.env.cosim import CoSimEnv

    env = CoSimEnv("loopback", {"steps": LOOPBACK_STEPS}, seed=1, transport=transport)
    try:
        env.reset()
        ended = False
        steps = 0
        while not ended:
            action = {field["name"]: zeros(field["shape"]) for field in env.description["action"]}
            _, _, terminated, truncated, _ = env.step(action)
            ended = terminated or truncated
            steps += 1
    finally:
        env.close()
    if steps != LOOPBACK_STEPS:
        raise SlicebedError(f"the episode had {steps} steps; {LOOPBACK_STEPS} are right")
    return f"{steps} steps"
