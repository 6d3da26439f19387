"""``slicebed bench exchange``: steps by channel and size, resets, branches, many at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import pandas as pd

    from pyctl.measures import Measure

DEFAULT_OUT = Path("results/bench-exchange")
SMALL, LARGE = 13, 10_000  # elements of the observation


def exchange(
    out: Annotated[Path, typer.Option(help="Tables and figures go here.")] = DEFAULT_OUT,
    quick: Annotated[bool, typer.Option("--quick", help="Short turns, two sizes.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit status 1 on a miss.")] = False,
) -> None:
    """Steps of each channel against what the machine allows; resets, branches, many at once."""
    import pandas as pd

    from pyctl.cli.report import report
    from pyctl.studies import exchange as study
    from pyctl.studies.branching import BRANCH_TURNS, QUICK_BRANCH_TURNS, measure_branching
    from pyctl.studies.parallel import parallel_speedup

    sizes = study.QUICK_SIZES if quick else study.SIZES
    turns = study.QUICK_TURNS if quick else study.TURNS
    turn_s = study.QUICK_TURN_S if quick else study.TURN_S
    table = pd.DataFrame(
        [
            asdict(timing)
            for one_core in (False, True)
            for timing in study.time_steps(sizes, turns, turn_s, one_core)
        ]
    )
    files = _write(table, out)
    report(
        [
            *measures(table),
            *measure_branching(QUICK_BRANCH_TURNS if quick else BRANCH_TURNS),
            *parallel_speedup(quick),
        ],
        title="exchange: steps of the loopback, 13 float32 there and 2 back; cells",
        command=f"slicebed bench exchange --out {out}" + " --quick" * quick,
        extra={"timings": table.to_dict(orient="records"), "files": list(map(str, files))},
        as_json=as_json,
        strict=strict,
    )


def measures(table: pd.DataFrame) -> list[Measure]:
    """Makes the measures of DESIGN.md, section 9, and the bounds of the same run beside them.

    Args:
        table: one row a timing, see ``pyctl.studies.exchange.Timing``.
    """
    from pyctl.cli.bench import arrange
    from pyctl.measures import Measure
    from pyctl.studies.speed import ratios

    most = int(table["cores"].max())

    def us(case: str, elements: int = SMALL, cores: int = most) -> list[float]:
        found = table[
            (table["case"] == case) & (table["elements"] == elements) & (table["cores"] == cores)
        ]
        return [float(value) for value in found.sort_values("turn")["us"]]

    return [
        _median("shm_channel_us", us("shm-channel"), "<= 2.5"),
        _median("shm_env_us", us("shm-env"), "<= 6"),
        _median("shm_channel_us_one_core", us("shm-channel", cores=1), "<= 6"),
        _median("shm_env_us_one_core", us("shm-env", cores=1), "<= 10"),
        _median("shm_10k_us", us("shm-env", LARGE), "<= 25"),
        Measure(
            "exchange.zmq_vs_raw",
            *arrange(ratios(us("tcp-channel"), us("raw-zmq"))),
            target="<= 1.25",
        ),
        Measure("exchange.shm_vs_spin", *arrange(ratios(us("shm-channel"), us("raw-spin")))),
        _median("zmq_channel_us", us("tcp-channel")),
        _median("zmq_env_us", us("tcp-env")),
        _median("zmq_channel_us_one_core", us("tcp-channel", cores=1)),
        _median("raw_spin_us", us("raw-spin")),
        _median("raw_futex_us", us("raw-futex")),
        _median("raw_futex_us_one_core", us("raw-futex", cores=1)),
        _median("raw_zmq_us", us("raw-zmq")),
        _median("raw_zmq_us_one_core", us("raw-zmq", cores=1)),
    ]


def _median(name: str, values: Sequence[float], target: str | None = None) -> Measure:
    import statistics

    from pyctl.measures import Measure

    middle = statistics.median(values)
    return Measure(f"exchange.{name}", middle, "us", min(values), max(values), target)


def _write(table: pd.DataFrame, out: Path) -> list[Path]:
    from analysis.figures import exchange as figures
    from analysis.style import save, style

    out.mkdir(parents=True, exist_ok=True)
    timings = out / "timings.csv"
    table.to_csv(timings, index=False, float_format="%.6g", lineterminator="\n")
    with style() as plt:
        figure, behind = figures.step_times(plt, table)
        files = [timings, *save(figure, out, "step-times", behind)]
        plt.close("all")
    return files
