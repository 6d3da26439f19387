"""Checks a run before anything is started or written, and settles what it is."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from agents.errors import AllocatorError
from agents.protocol import Allocator, Context
from pyctl.campaign.offered import ARRIVALS_FILE, MASK_FILE, OfferedLoad, TraceChoice, offered_load
from pyctl.campaign.registry import load_allocator
from pyctl.campaign.schemas import context_of
from pyctl.campaign.setting_files import SETTINGS, absolute_files, setting_files, with_files
from pyctl.campaign.settings import MakeAllocator, make_allocator
from pyctl.errors import UsageError
from pyctl.exchange.transport import Transport
from pyctl.launch.scenarios import check_parameters, describe
from pyctl.launch.sim_log import check_sim_log
from pyctl.launch.watched import TIMEOUT_S

TOPOLOGY_FILE = "topology_file"
FILES = (MASK_FILE, ARRIVALS_FILE, TOPOLOGY_FILE)  # where files are, not what is simulated


# As users name it, and as CoSimEnv does.
Channel = Literal["shm", "zmq", "ipc"]
TRANSPORTS: Mapping[Channel, Transport] = {"shm": "shm", "zmq": "tcp", "ipc": "ipc"}


@dataclass(frozen=True)
class Reach:
    """How a simulation is started and talked to; nothing of it changes the results.

    Attributes:
        channel: between simulation and Python: memory that both share, or ZeroMQ over TCP on the
            local host or over a Unix socket.
        listen: address to wait at for a simulation that somebody else starts; None starts one.
        curve: whether what is said to that one is encrypted.
        sim_log: what ns-3 logs, as its variable NS_LOG; None for nothing.
        attach: whether to wait for a debugger, without time-out.
        timeout_s: how long the simulation may take to start, and for one interval [s].
    """

    channel: Channel = "shm"
    listen: str | None = None
    curve: bool = False
    sim_log: str | None = None
    attach: bool = False
    timeout_s: float = TIMEOUT_S


@dataclass(frozen=True)
class RunConfig:
    """What a user asks for.

    Attributes:
        scenario: name of the scenario.
        allocator: name of the allocator.
        parameters: of the scenario; those not named keep their defaults.
        settings: of the allocator; those not named keep their defaults.
        seed: picks the random streams, 0 to 2^32 - 1.
        trace: of the offered load, or None for the scenario's own.
        reach: how the simulation is started and talked to.
    """

    scenario: str
    allocator: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 1
    trace: TraceChoice | None = None
    reach: Reach = field(default_factory=Reach)


@dataclass(frozen=True)
class PreparedRun:
    """A run that can start.

    Attributes:
        request: as asked for.
        description: the scenario's, with the run's parameters.
        context: for the allocator.
        allocator: made with its settings.
        load: files of the offered load.
        data: digests and descriptions of the files that the run reads.
        config: canonical configuration; the run's id is its digest.
    """

    request: RunConfig
    description: Mapping[str, Any]
    context: Context
    allocator: Allocator
    load: OfferedLoad
    data: Mapping[str, Any]
    config: Mapping[str, Any]


def prepare(request: RunConfig, make: MakeAllocator = make_allocator) -> PreparedRun:
    """Checks scenario, parameters, allocator and settings, in this order.

    Args:
        request: what to run.
        make: makes the allocator of its class and settings.

    Raises:
        UsageError: one of them is unknown or wrong; the message says what would be right.
    """
    _require_reach(request.reach)
    check_parameters(request.scenario, request.parameters)
    if request.reach.sim_log is not None:
        check_sim_log(request.scenario, request.reach.sim_log)
    if TOPOLOGY_FILE in request.parameters:
        raise UsageError(f"{TOPOLOGY_FILE} cannot be set: the run's folder gets the file")
    described = describe(request.scenario, request.parameters).raw
    kind = load_allocator(request.allocator)
    allocator = make(kind, request.settings)
    settings = _plain_settings(kind, allocator)
    files = setting_files(kind, settings, request.seed)
    context = context_of(described, request.seed)
    if not context.action:
        raise UsageError(
            f"scenario {request.scenario} with these parameters has no named fields to decide"
        )
    try:
        allocator.reset(context)
    except AllocatorError as error:
        raise UsageError(f"allocator {request.allocator}: {error}") from error
    load = offered_load(request.trace, request.parameters, described)
    if request.reach.listen is not None and load.files():
        raise UsageError(
            "--listen waits for a simulation that is started elsewhere: its load cannot come from "
            f"a file of this host ({', '.join(load.files())})"
        )
    if request.trace is not None:
        described = _described_with(load, request, described)
    return PreparedRun(
        request=request,
        description=described,
        context=context_of(described, request.seed),
        allocator=allocator,
        load=load,
        data={**load.data, **({SETTINGS: files} if files else {})},
        config=with_files(_canonical(request, described, settings, load), request.seed, kind),
    )


def _described_with(
    load: OfferedLoad, request: RunConfig, described: Mapping[str, Any]
) -> dict[str, Any]:
    """Asks the scenario again, with the files of a trace: it checks them, and its context fits."""
    parameters = dict(request.parameters)
    with TemporaryDirectory() as folder:
        for name, text in load.files().items():
            path = Path(folder, name)
            path.write_text(text)
            parameters[name] = str(path)
        context = describe(request.scenario, parameters).raw["context"]
    source = {"mask": load.data["trace"]["path"]} if "mask" in context else {}
    return {**described, "context": {**context, **source}}


def repeat_command(request: RunConfig, out: Path) -> str:
    """Writes the command that repeats the run, from whatever folder."""
    settings = absolute_files(load_allocator(request.allocator), request.settings)
    words = ["slicebed", "run", request.scenario, "--allocator", request.allocator]
    for option, values in (
        ("--set", request.parameters),
        ("--allocator-set", settings),
    ):
        for key, value in values.items():
            words += [option, f"{key}={_as_word(value)}"]
    words += ["--seed", str(request.seed), "--channel", request.reach.channel]
    if request.reach.timeout_s != TIMEOUT_S:
        words += ["--timeout", str(request.reach.timeout_s)]
    if request.trace is not None:
        words += ["--trace", str(request.trace.path.absolute())]
        if request.trace.squares:
            words += ["--trace-squares", ",".join(map(str, request.trace.squares))]
    return shlex.join([*words, "--out", str(out.absolute())])


def _require_reach(reach: Reach) -> None:
    """Refuses what is asked of a simulation that is not started here."""
    if reach.curve and reach.listen is None:
        raise UsageError("--curve needs --listen tcp://HOST:PORT")
    if reach.listen is not None and (reach.attach or reach.sim_log is not None):
        raise UsageError(
            "--listen waits for a simulation that is started elsewhere: --attach and --sim-log are "
            "for one that is started here"
        )


def _as_word(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value)


def _without_files(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in parameters.items() if k not in FILES}


def _plain_settings(kind: type[Allocator], allocator: Allocator) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(allocator.settings)))
    return absolute_files(kind, plain)


def _canonical(
    request: RunConfig,
    description: Mapping[str, Any],
    settings: Mapping[str, Any],
    load: OfferedLoad,
) -> dict[str, Any]:
    # Attributes of ns-3 (ns3::Class::Attribute) are not among the described parameters.
    parameters = dict(request.parameters)
    parameters.update({entry["name"]: entry["value"] for entry in description["parameters"]})
    return {
        "scenario": request.scenario,
        "parameters": _without_files(parameters),
        "allocator": request.allocator,
        SETTINGS: settings,
        "seed": request.seed,
        "mask_sha256": None if load.mask_csv is None else _sha256(load.mask_csv),
        **({} if load.arrivals_csv is None else {"arrivals_sha256": _sha256(load.arrivals_csv)}),
    }


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
