"""``slicebed validate transport``: shaping, isolation and round trips against closed forms."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyctl.cli.run import MAX_SEED

if TYPE_CHECKING:
    from pyctl.measures import Measure

DEFAULT_OUT = Path("results/validate-transport")
STUDY_TIMEOUT_S = 900.0
RTT_MS = 42.46  # edge to cloud and back, of a ping: what EdgeCloudPath is to have by default


def transport(
    out: Annotated[Path, typer.Option(help="Tables and figures go here.")] = DEFAULT_OUT,
    quick: Annotated[bool, typer.Option("--quick", help="Shorter runs, fewer points.")] = False,
    seed: Annotated[int, typer.Option(min=0, max=MAX_SEED, help="Of all runs.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit status 1 on a miss.")] = False,
) -> None:
    """Rates of slices on links, their isolation, and round trips over the WAN."""
    from pyctl.cli.report import report
    from pyctl.studies.programs import run_study

    study = run_study("transport", {"quick": quick, "seed": seed}, STUDY_TIMEOUT_S)
    files = _write(study, out)
    report(
        _measures(study),
        title="transport: rates, changes of rate, isolation, round trips",
        command=f"slicebed validate transport --out {out} --seed {seed}" + " --quick" * quick,
        extra={"files": list(map(str, files))},
        as_json=as_json,
        strict=strict,
    )


def _measures(study: Mapping[str, Any]) -> list[Measure]:
    from pyctl.measures import Measure

    def largest(name: str, values: list[float], target: str) -> Measure:
        return Measure(f"transport.{name}", max(values), "1", min(values), max(values), target)

    # The first point of each series is the reference: B at half its rate, a WAN without load.
    unloaded = study["wan"][0]
    rtt_ms = unloaded["p50_ms"]
    return [
        largest("rate_error_max", [point["error"] for point in study["rates"]], "<= 0.01"),
        largest(
            "change_buckets_max",
            [
                max(change["excess_buckets"], change["settled_buckets"])
                for change in study["changes"]
            ],
            "<= 1",
        ),
        largest(
            "isolation_error_max", [point["change"] for point in study["isolation"][1:]], "<= 0.05"
        ),
        Measure("transport.rtt_unloaded_ms", rtt_ms, "ms", unloaded["p5_ms"], unloaded["p99_ms"]),
        Measure("transport.rtt_error", abs(rtt_ms / RTT_MS - 1), "1", target="<= 0.01"),
    ]


def _write(study: Mapping[str, Any], out: Path) -> list[Path]:
    from analysis.figures import transport as figures
    from analysis.style import save, style

    files = []
    with style() as plt:
        for name, (figure, behind) in {
            "rates": figures.rates(plt, study["rates"]),
            "changes": figures.changes(plt, study["changes"]),
            "isolation": figures.isolation(plt, study["isolation"], study["headroom"]),
            "round-trips": figures.round_trips(plt, study["wan"]),
        }.items():
            files += save(figure, out, name, behind)
            plt.close(figure)
    return files
