"""``slicebed validate``: the models against references, with figures and a table."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyctl.cli.validate_compute import compute
from pyctl.cli.validate_transport import transport
from pyctl.seeds import MAX_SEED

if TYPE_CHECKING:
    import pandas as pd

    from pyctl.measures import Measure
    from pyctl.studies.radio_cases import Case

app = typer.Typer(help="Hold the models to references.", no_args_is_help=True)
DEFAULT_OUT = Path("results/validate-radio")
THEORY_TIMEOUT_S = 600.0


@app.callback()
def _group() -> None:
    """Hold the models to references."""


@app.command()
def radio(
    out: Annotated[Path, typer.Option(help="Runs, table and figures go here.")] = DEFAULT_OUT,
    quick: Annotated[bool, typer.Option("--quick", help="A few cheap configurations.")] = False,
    only: Annotated[
        list[str] | None, typer.Option(help="This configuration; repeatable.", show_default=False)
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=MAX_SEED, help="Of all runs.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit status 1 on a miss.")] = False,
) -> None:
    """The cell model against ns-3's LTE stack and against theory."""
    import pandas as pd

    from analysis.store_reader import read_run
    from analysis.validation import compare
    from pyctl.cli.report import report
    from pyctl.studies.programs import run_study
    from pyctl.studies.radio import run_cases

    cases = _choose(quick, only or [])
    checks = run_study("theory", {"quick": quick}, THEORY_TIMEOUT_S)["checks"]
    pairs = run_cases(cases, out / "runs", seed)
    table = pd.concat(
        [compare(case.name, read_run(cell), read_run(lte)) for case, cell, lte in pairs],
        ignore_index=True,
    )
    files = _write(table, checks, out)
    measures = [*_measures(table), *_theory_measures(checks)]
    report(
        measures,
        title=f"radio: {len(cases)} configurations, cell model against LTE stack; theory",
        command=f"slicebed validate radio --out {out} --seed {seed}" + " --quick" * quick,
        extra={"configurations": len(cases), "slices": len(table), "files": list(map(str, files))},
        as_json=as_json,
        strict=strict,
    )


app.command()(transport)
app.command()(compute)


def _choose(quick: bool, only: Sequence[str]) -> list[Case]:
    from pyctl.errors import UnknownName
    from pyctl.studies.radio_cases import CASES

    names = [case.name for case in CASES]
    for name in only:
        if name not in names:
            raise UnknownName("configuration", name, names)
    if only:
        return [case for case in CASES if case.name in only]
    return [case for case in CASES if case.quick or not quick]


def _measures(table: pd.DataFrame) -> list[Measure]:
    from pyctl.measures import Measure

    def largest(name: str, column: str, target: str) -> Measure:
        values = table[column].dropna()
        if values.empty:
            return Measure(f"radio.{name}", None, "1", target=None)
        return Measure(
            f"radio.{name}",
            float(values.max()),
            "1",
            float(values.min()),
            float(values.max()),
            target,
        )

    mean = table["throughput_error"]
    return [
        largest("throughput_error_max", "throughput_error", "<= 0.10"),
        Measure(
            "radio.throughput_error_mean",
            float(mean.mean()),
            "1",
            float(mean.min()),
            float(mean.max()),
            "<= 0.05",
        ),
        largest("prb_error_max", "prb_error", "<= 0.05"),
        largest("cqi_error_max", "cqi_error", "<= 1"),
        largest("delay_error_max", "delay_error", "<= 0.25"),
        largest("ceiling_error_max", "ceiling_error", "<= 0.005"),
    ]


def _theory_measures(checks: Sequence[dict[str, Any]]) -> list[Measure]:
    from pyctl.measures import Measure

    return [
        Measure(
            f"radio.theory.{check['name']}", check["error"], "1", target=f"<= {check['tolerance']}"
        )
        for check in checks
    ]


def _write(table: pd.DataFrame, checks: list[dict[str, Any]], out: Path) -> list[Path]:
    from analysis.figures import radio as figures
    from analysis.style import save, style

    files = [out / "table.csv", out / "table.md"]
    table.to_csv(files[0], index=False, float_format="%.6g", lineterminator="\n")
    files[1].write_text(_markdown(table))
    with style() as plt:
        for name, (figure, behind) in {
            "agreement": figures.agreement(plt, table),
            "errors": figures.errors(plt, table),
            "theory": figures.theory(plt, checks),
        }.items():
            files += save(figure, out, name, behind)
            plt.close(figure)
    return files


def _markdown(table: pd.DataFrame) -> str:
    """Writes what readers want of the table: cell model / LTE stack."""
    lines = [
        "| configuration | slice | Mbit/s per user | error | PRBs, share | CQI | delay ms |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in table.to_dict(orient="records"):
        saturated = " (saturated)" if math.isnan(row["delay_error"]) else ""

        def both(name: str, scale: float, form: str, row: dict[Hashable, Any] = row) -> str:
            ours, theirs = row[f"cell_{name}"] * scale, row[f"lte_{name}"] * scale
            return f"{ours:{form}} / {theirs:{form}}"

        cells = (
            row["case"],
            str(row["slice"]),
            both("thp_dl", 1e-6, ".3f"),
            f"{row['throughput_error'] * 100:.1f} %",
            both("prb_share", 1, ".3f"),
            both("cqi", 1, ".2f"),
            both("delay_e2e", 1e3, ".1f") + saturated,
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
