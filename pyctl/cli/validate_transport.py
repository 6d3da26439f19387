"""``slicebed validate transport``: shaping, isolation, round trips; a slice against a testbed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyctl.seeds import MAX_SEED

if TYPE_CHECKING:
    import pandas as pd

    from pyctl.measures import Measure

DEFAULT_OUT = Path("results/validate-transport")
STUDY_TIMEOUT_S = 900.0
WORKERS = 2  # simulations at a time
RTT_MS = 42.46  # edge to cloud and back, of a ping: what EdgeCloudPath is to have by default


def transport(
    out: Annotated[Path, typer.Option(help="Tables and figures go here.")] = DEFAULT_OUT,
    quick: Annotated[bool, typer.Option("--quick", help="Shorter runs, fewer points.")] = False,
    seed: Annotated[int, typer.Option(min=0, max=MAX_SEED, help="Of all runs.")] = 1,
    testbed: Annotated[
        Path | None,
        typer.Option(
            help="The MicroOpt testbed's measurements (CSV), to compare e2e-slice with.",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit status 1 on a miss.")] = False,
) -> None:
    """Rates of slices on links, their isolation, and round trips over the WAN."""
    from pyctl.cli.report import report
    from pyctl.studies.programs import run_study

    measured = _load(testbed, quick)
    study = run_study("transport", {"quick": quick, "seed": seed}, STUDY_TIMEOUT_S)
    files = _write(study, out)
    measures = _measures(study)
    if measured is not None:
        measures += _compare(measured, quick, seed, out, files)
    report(
        measures,
        title="transport: rates, changes of rate, isolation, round trips"
        + ("; e2e-slice against a testbed" if measured is not None else ""),
        command=f"slicebed validate transport --out {out} --seed {seed}"
        + " --quick" * quick
        + (f" --testbed {testbed}" if testbed else ""),
        extra={"files": list(map(str, files))},
        as_json=as_json,
        strict=strict,
    )


def _load(testbed: Path | None, quick: bool) -> pd.DataFrame | None:
    """Reads the testbed's medians before anything else runs: a bad file is told at once."""
    from pyctl.studies.e2e import QUICK_STRIDE
    from pyctl.traces.testbed import load, medians_of

    if testbed is None:
        return None
    medians = medians_of(load(testbed))
    return medians.iloc[::QUICK_STRIDE].reset_index(drop=True) if quick else medians


def _compare(
    medians: pd.DataFrame, quick: bool, seed: int, out: Path, files: list[Path]
) -> list[Measure]:
    """Runs the testbed's grants, draws them and adds the files; gives the measures."""
    from analysis.figures import e2e as figures
    from analysis.style import save, style
    from pyctl.measures import Measure
    from pyctl.studies.e2e import QUICK_SECONDS, SECONDS, run_grants

    table = run_grants(medians, QUICK_SECONDS if quick else SECONDS, seed, WORKERS)
    with style() as plt:
        for name, draw in {"testbed": figures.agreement, "min-law": figures.min_law}.items():
            figure, behind = draw(plt, table)
            files += save(figure, out, name, behind)
            plt.close(figure)
    errors = table["error"].abs()
    return [
        Measure(
            "e2e.testbed_error_median",
            float(errors.median()),
            "1",
            float(errors.quantile(0.05)),
            float(errors.quantile(0.95)),
            "<= 0.10",
        ),
        Measure("e2e.testbed_grants", float(len(table)), "1"),
        Measure(
            "e2e.law_error_median", float((table["law"] / table["qos"] - 1).abs().median()), "1"
        ),
    ]


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
