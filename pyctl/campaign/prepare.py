"""Checks a run before anything is started or written, and settles what it is."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from agents.errors import AllocatorError
from agents.protocol import Allocator, Context
from pyctl.campaign.digest import file_sha256
from pyctl.campaign.registry import load_allocator
from pyctl.campaign.schemas import context_of
from pyctl.campaign.settings import make_allocator
from pyctl.errors import UsageError
from pyctl.launch.scenarios import check_parameters, describe

Transport = Literal["tcp", "ipc"]

# Parameters that say where files are, not what is simulated.
MASK_FILE = "mask_file"
TOPOLOGY_FILE = "topology_file"


@dataclass(frozen=True)
class TraceChoice:
    """Which part of a traffic data set drives the offered load.

    Attributes:
        path: file in one of the formats of ``pyctl.traces``.
        squares: one square of the grid for each slice; None lets the loader choose.
    """

    path: Path
    squares: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Reach:
    """How a simulation is started and talked to; nothing of it changes the results.

    Attributes:
        transport: between simulation and Python.
        listen: address to wait at for a simulation that somebody else starts; None starts one.
        curve: whether what is said to that one is encrypted.
        sim_log: what ns-3 logs, as its variable NS_LOG; None for nothing.
        attach: whether to wait for a debugger, without time-out.
    """

    transport: Transport = "tcp"
    listen: str | None = None
    curve: bool = False
    sim_log: str | None = None
    attach: bool = False


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
        mask_csv: traffic mask for the scenario, or None.
        config: canonical configuration; the run's id is its digest.
        data: digests of the files that were read.
    """

    request: RunConfig
    description: Mapping[str, Any]
    context: Context
    allocator: Allocator
    mask_csv: str | None
    config: Mapping[str, Any]
    data: Mapping[str, Any]


def prepare(request: RunConfig) -> PreparedRun:
    """Checks scenario, parameters, allocator and settings, in this order.

    Raises:
        UsageError: one of them is unknown or wrong; the message says what would be right.
    """
    _require_reach(request.reach)
    check_parameters(request.scenario, request.parameters)
    if TOPOLOGY_FILE in request.parameters:
        raise UsageError(f"{TOPOLOGY_FILE} cannot be set: the run's folder gets the file")
    described = describe(request.scenario, request.parameters).raw
    allocator = make_allocator(load_allocator(request.allocator), request.settings)
    context = context_of(described, request.seed)
    if not context.action:
        raise UsageError(
            f"scenario {request.scenario} with these parameters has no named fields to decide"
        )
    try:
        allocator.reset(context)
    except AllocatorError as error:
        raise UsageError(f"allocator {request.allocator}: {error}") from error
    mask_csv, data = _mask(request, described)
    return PreparedRun(
        request=request,
        description=described,
        context=context,
        allocator=allocator,
        mask_csv=mask_csv,
        config=_canonical(request, described, allocator, mask_csv),
        data=data,
    )


def repeat_command(request: RunConfig, out: Path) -> str:
    """Writes the command that repeats the run."""
    words = ["slicebed", "run", request.scenario, "--allocator", request.allocator]
    for option, values in (
        ("--set", request.parameters),
        ("--allocator-set", request.settings),
    ):
        for key, value in values.items():
            words += [option, f"{key}={_as_word(value)}"]
    words += ["--seed", str(request.seed), "--transport", request.reach.transport]
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
    return {k: v for k, v in parameters.items() if k not in (MASK_FILE, TOPOLOGY_FILE)}


def _canonical(
    request: RunConfig, description: Mapping[str, Any], allocator: Allocator, mask_csv: str | None
) -> dict[str, Any]:
    # Attributes of ns-3 (ns3::Class::Attribute) are not among the described parameters.
    parameters = dict(request.parameters)
    parameters.update({entry["name"]: entry["value"] for entry in description["parameters"]})
    return {
        "scenario": request.scenario,
        "parameters": _without_files(parameters),
        "allocator": request.allocator,
        "allocator_settings": json.loads(json.dumps(dataclasses.asdict(allocator.settings))),
        "seed": request.seed,
        "mask_sha256": None if mask_csv is None else hashlib.sha256(mask_csv.encode()).hexdigest(),
    }


def _mask(request: RunConfig, description: Mapping[str, Any]) -> tuple[str | None, dict[str, Any]]:
    """Reads the mask: from a trace, or as the scenario's own parameter names it."""
    given = request.parameters.get(MASK_FILE)
    if request.trace is None:
        return _mask_file(Path(given)) if given else (None, {})
    if given:
        raise UsageError(f"--trace and --set {MASK_FILE}={given} both give the traffic; drop one")
    if MASK_FILE not in {entry["name"] for entry in description["parameters"]}:
        raise UsageError(f"--trace: scenario {request.scenario} takes no traffic trace")
    return _mask_of_trace(request.trace, description["context"])


def _mask_file(path: Path) -> tuple[str, dict[str, Any]]:
    try:
        return path.read_text(), {"mask": {"path": str(path), "sha256": file_sha256(path)}}
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{MASK_FILE}: cannot read {path}: {error}") from error


def _mask_of_trace(trace: TraceChoice, context: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    from tempfile import TemporaryDirectory

    from pyctl.traces import load_masks, write_mask_csv

    slice_ids = [int(entry["id"]) for entry in context["slices"]]
    masks = load_masks(
        trace.path,
        int(context["steps"]),
        slice_count=len(slice_ids),
        squares=trace.squares,
        interval_real_s=float(context["interval_real_s"]),
    )
    with TemporaryDirectory() as folder:
        path = Path(folder, "mask.csv")
        write_mask_csv(masks, path, slice_ids)
        data = {
            "path": str(trace.path),
            "sha256": masks.sha256,
            "squares": list(masks.squares),
            "description": masks.description,
        }
        return path.read_text(), {"trace": data}
