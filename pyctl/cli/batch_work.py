"""What a command is to run: runs, and the stopping rule of a plan that adds to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyctl.campaign.planned import PlannedRun
    from pyctl.campaign.stopping import StoppingRule


@dataclass(frozen=True)
class Work:
    """What is to be run.

    Attributes:
        listed: runs, where no rule adds any.
        rule: of the plan, or None.
        slurm: options of sbatch that the plan has.
        located: makes a context that puts the plan's file and line before errors about it.
    """

    listed: Sequence[PlannedRun]
    rule: StoppingRule | None = None
    slurm: Mapping[str, str | int] = field(default_factory=dict)
    located: Callable[[], AbstractContextManager[None]] = nullcontext

    def runs(self) -> Sequence[PlannedRun]:
        """Lists the runs, those that the rule has added by now among them."""
        return self.listed if self.rule is None else self.rule.runs()


def read_work(path: Path, out: Path) -> Work:
    """Reads a plan, and how far its rule is in a store.

    Raises:
        UsageError: the plan is wrong.
    """
    from pyctl.campaign.plan import expand
    from pyctl.campaign.plan_file import read_plan
    from pyctl.campaign.planned import identify
    from pyctl.campaign.stopping import StoppingRule

    file = read_plan(path)
    until = file.plan.until
    with file.located():
        runs = identify(expand(file.plan))
        if until is not None:
            _require_metric(until.metric, runs)
        rule = None if until is None else StoppingRule(until, runs, out)
    return Work(runs, rule, file.plan.slurm, file.located)


def _require_metric(metric: str, runs: Sequence[PlannedRun]) -> None:
    """Refuses a metric that one of the runs cannot have, each scenario with its parameters once."""
    from pyctl.campaign.summary import require_metric
    from pyctl.launch.scenarios import describe

    requests = {str((run.config["scenario"], run.config["parameters"])): run for run in runs}
    for run in requests.values():
        described = describe(run.request.scenario, run.request.parameters)
        require_metric(metric, described.raw)
