"""``slicebed validate compute``: compute servers against queueing theory, and their energy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyctl.seeds import MAX_SEED

if TYPE_CHECKING:
    from pyctl.measures import Measure

DEFAULT_OUT = Path("results/validate-compute")
STUDY_TIMEOUT_S = 900.0


def compute(
    out: Annotated[Path, typer.Option(help="Tables and figures go here.")] = DEFAULT_OUT,
    quick: Annotated[bool, typer.Option("--quick", help="A tenth of the jobs.")] = False,
    seed: Annotated[int, typer.Option(min=0, max=MAX_SEED, help="Of all runs.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit status 1 on a miss.")] = False,
) -> None:
    """Response times of servers against theory, Little's law, conservation, energy."""
    from pyctl.cli.report import report
    from pyctl.studies.programs import run_study

    study = run_study("compute", {"quick": quick, "seed": seed}, STUDY_TIMEOUT_S)
    files = _write(study, out)
    report(
        _measures(study),
        title="compute: response times, Little's law, conservation, energy",
        command=f"slicebed validate compute --out {out} --seed {seed}" + " --quick" * quick,
        extra={"files": list(map(str, files))},
        as_json=as_json,
        strict=strict,
    )


def _measures(study: Mapping[str, Any]) -> list[Measure]:
    from pyctl.measures import Measure

    def largest(name: str, values: list[float], target: str) -> Measure:
        return Measure(f"compute.{name}", max(values), "1", min(values), max(values), target)

    queues = study["queues"]
    return [
        largest(
            "response_error_max",
            [abs(case["mean_s"] / case["theory_s"] - 1) for case in queues],
            "<= 0.03",
        ),
        largest("little_error_max", [case["little_error"] for case in queues], "<= 0.01"),
        largest("jobs_missing", [abs(case["missing"]) for case in queues], "<= 0"),
        largest("energy_error_max", [case["error"] for case in study["energy"]], "<= 1e-9"),
    ]


def _write(study: Mapping[str, Any], out: Path) -> list[Path]:
    import pandas as pd

    from analysis.figures import compute as figures
    from analysis.style import save, style

    out.mkdir(parents=True, exist_ok=True)
    files = [out / "energy.csv"]
    pd.DataFrame(study["energy"]).to_csv(files[0], index=False, lineterminator="\n")
    with style() as plt:
        figure, behind = figures.response_times(plt, study["queues"])
        files += save(figure, out, "response-times", behind)
        plt.close(figure)
    return files
