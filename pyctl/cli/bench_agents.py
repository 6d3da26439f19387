"""``slicebed bench agents``: how long the allocators take to decide, and how much memory."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import pandas as pd

DEFAULT_OUT = Path("results/bench-agents")


class Device(StrEnum):
    """Where decisions are made."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"


def agents(
    out: Annotated[Path, typer.Option(help="Tables and figures go here.")] = DEFAULT_OUT,
    device: Annotated[Device, typer.Option(help="That decides for many cells.")] = Device.AUTO,
    quick: Annotated[bool, typer.Option("--quick", help="Up to 1000 cells.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit status 1 on a miss.")] = False,
) -> None:
    """Decisions of idla, 12 to 100,000 cells; blocks of the distributed LSTM."""
    from pyctl.cli.report import report
    from pyctl.studies import ddnn_speed
    from pyctl.studies.agents import measures_of, time_agents

    table, told = time_agents(device.value, quick)
    devices = ddnn_speed.DEVICES if told["device"] == "cuda" else ddnn_speed.DEVICES[:1]
    blocks = [timing for each in devices for timing in ddnn_speed.time_all(each, quick)]
    files = _write(table, out)
    report(
        [*measures_of(table, told["device"]), *ddnn_speed.measures(blocks)],
        title=f"agents: idla, 4 slices a cell, 5 starts; distributed LSTM; {told['device_name']}",
        command=f"slicebed bench agents --out {out} --device {device.value}" + " --quick" * quick,
        extra={
            **told,
            "timings": table.to_dict(orient="records"),
            "blocks": [asdict(timing) for timing in blocks],
            "files": list(map(str, files)),
        },
        as_json=as_json,
        strict=strict,
    )


def _write(table: pd.DataFrame, out: Path) -> list[Path]:
    from analysis.figures import agents as figures
    from analysis.style import save, style

    out.mkdir(parents=True, exist_ok=True)
    timings = out / "timings.csv"
    table.to_csv(timings, index=False, float_format="%.6g", lineterminator="\n")
    with style() as plt:
        figure, behind = figures.decision_times(plt, table)
        files = [timings, *save(figure, out, "decision-times", behind)]
        plt.close(figure)
    return files
