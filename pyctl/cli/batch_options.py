"""Options that ``batch``, ``resume`` and ``retry`` share, and the backend that they choose."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_type_hints

import typer

from pyctl.cli.track import Track, trackers

if TYPE_CHECKING:
    from pyctl.campaign.backends.backend import Backend
    from pyctl.campaign.batch import BatchOptions
    from pyctl.campaign.planned import PlannedRun

DEFAULT_RETRIES = 1
DEFAULT_STALL_S = 300.0
DEFAULT_GPU_SHARE = 0.25
BackendName = Literal["local", "ray", "slurm"]

Workers = Annotated[
    int | None,
    typer.Option(min=1, help="Simulations at once; if not given, the cores (of the Ray cluster)."),
]
BackendOption = Annotated[BackendName, typer.Option(help="Where workers live.")]
RayAddress = Annotated[
    str | None,
    typer.Option(
        help="Of the Ray cluster; if not given, RAY_ADDRESS, one on this machine, or a new one."
    ),
]
Slurm = Annotated[
    list[str] | None,
    typer.Option(help="Option of sbatch, key=value (partition, account, time); repeatable."),
]
GpuShare = Annotated[
    float,
    typer.Option(min=0.01, max=1.0, help="Of a GPU, for a run whose allocator uses cuda."),
]
Retries = Annotated[
    int, typer.Option(min=0, help="Further tries of a run that crashed, hung or lost its worker.")
]
Stall = Annotated[
    float,
    typer.Option(min=0.1, help="Give up a run that passes no border for this wall time [s]."),
]
MinProgress = Annotated[
    float,
    typer.Option(min=0.0, help="Give up a run slower than this: simulated seconds a wall minute."),
]
ShareModel = Annotated[
    bool,
    typer.Option(
        "--share-model", help="One process decides for all runs: models are loaded once. Local."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
QuietOption = Annotated[bool, typer.Option("--quiet", help="No progress.")]


@dataclass(frozen=True)
class Choices:
    """The options as given; a field is an option, see ``taking_choices``."""

    workers: Workers = None
    backend: BackendOption = "local"
    ray_address: RayAddress = None
    slurm: Slurm = None
    gpu_share: GpuShare = DEFAULT_GPU_SHARE
    retries: Retries = DEFAULT_RETRIES
    stall_s: Stall = DEFAULT_STALL_S
    min_progress: MinProgress = 0.0
    share_model: ShareModel = False
    track: Track = None
    as_json: AsJson = False
    quiet: QuietOption = False

    def options(self, workers: int) -> BatchOptions:
        """Makes those of a batch."""
        from pyctl.campaign.batch import BatchOptions

        track = trackers(self.track)
        return BatchOptions(workers, self.retries, self.stall_s, self.min_progress, track)

    def place(
        self, runs: Sequence[PlannedRun], out: Path, of_plan: Mapping[str, str | int]
    ) -> tuple[Backend, int]:
        """Makes the backend; returns it with the number of workers.

        Args:
            runs: that it will get.
            out: the store.
            of_plan: options of sbatch that the plan has.

        Raises:
            UsageError: an option is wrong or missing, or a package that the backend needs.
            BackendError: the backend cannot be had.
        """
        from pyctl.campaign.backends.needs import most_workers, needs_of
        from pyctl.campaign.settings import parse_assignments
        from pyctl.errors import UsageError

        needs = needs_of(runs, self.gpu_share)
        if self.backend == "ray":
            from pyctl.campaign.backends.on_ray import RayBackend

            cluster = RayBackend(out, needs, self.ray_address)
            return cluster, self.workers or max(cluster.cores, 1)
        if self.backend == "slurm":
            from pyctl.campaign.backends.on_slurm import slurm_backend

            if self.workers is None:
                raise UsageError("--backend slurm needs --workers N, the number of jobs at once")
            given = parse_assignments(self.slurm or [], "--slurm")
            options = {**{key: str(value) for key, value in of_plan.items()}, **given}
            return slurm_backend(out, needs, options), self.workers
        from pyctl.campaign.backends.local import LocalBackend

        if self.share_model:
            return self._sharing(out)
        return LocalBackend(out), min(cores_or(self.workers), most_workers(needs))

    def _sharing(self, out: Path) -> tuple[Backend, int]:
        """Has a model server decide: it has the GPU, and the cores that no run has."""
        from pyctl.campaign.backends.local import LocalBackend
        from pyctl.campaign.sharing.keeper import Keeper

        workers = cores_or(self.workers)
        return LocalBackend(out, Keeper(max(cores_or(None) - workers, 1))), workers

    def require_fitting(self) -> None:
        """Refuses options of another backend, and trackers that are not installed.

        Raises:
            UsageError: there is one.
        """
        from pyctl.errors import UsageError

        for option, given, backend in (
            ("--ray-address", self.ray_address, "ray"),
            ("--slurm", self.slurm, "slurm"),
            ("--share-model", self.share_model, "local"),
        ):
            if given and self.backend != backend:
                raise UsageError(f"{option} is for --backend {backend}; got {self.backend}")
        trackers(self.track)


def taking_choices(command: Callable[..., None]) -> Callable[..., None]:
    """Makes a command that takes all options of ``Choices`` of one with a parameter ``choices``."""
    own = inspect.signature(command, eval_str=True).parameters.values()
    types = get_type_hints(Choices, include_extras=True)
    options = [
        inspect.Parameter(
            each.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=each.default,
            annotation=types[each.name],
        )
        for each in fields(Choices)
    ]

    @wraps(command)
    def taken(**given: Any) -> None:
        chosen = {each.name: given.pop(each.name) for each in options}
        command(**given, choices=Choices(**chosen))

    # Typer reads these two to know a command's options.
    all_of_them = [
        *(
            each.replace(kind=inspect.Parameter.KEYWORD_ONLY)
            for each in own
            if each.name != "choices"
        ),
        *options,
    ]
    taken.__signature__ = inspect.Signature(all_of_them)  # type: ignore[attr-defined]
    taken.__annotations__ = {each.name: each.annotation for each in all_of_them}
    return taken


def cores_or(workers: int | None) -> int:
    """Returns a number of workers; if none is given, this process's cores."""
    return len(os.sched_getaffinity(0)) if workers is None else workers
