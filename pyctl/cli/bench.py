"""``slicebed bench``: how fast things are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pyctl.cli.bench_agents import agents
from pyctl.cli.bench_batch import batch
from pyctl.cli.bench_exchange import exchange
from pyctl.seeds import MAX_SEED

if TYPE_CHECKING:
    import pandas as pd

    from pyctl.measures import Measure
    from pyctl.studies.speed import Timing

app = typer.Typer(help="Measure speed.", no_args_is_help=True)
DEFAULT_OUT = Path("results/bench-cells")
SCALE_SECONDS = 4.0


@app.callback()
def _group() -> None:
    """Measure speed."""


@app.command()
def cells(
    out: Annotated[Path, typer.Option(help="Tables and figures go here.")] = DEFAULT_OUT,
    quick: Annotated[bool, typer.Option("--quick", help="Short runs, no scaling.")] = False,
    seed: Annotated[int, typer.Option(min=1, max=MAX_SEED, help="Of all runs.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit status 1 on a miss.")] = False,
) -> None:
    """The cell model against ns-3's LTE stack and two point-to-point hops; its scaling."""
    import pandas as pd

    from pyctl.cli.report import report
    from pyctl.studies import speed

    seconds = speed.QUICK_SECONDS if quick else speed.SECONDS
    repeats = 1 if quick else speed.REPEATS
    models = speed.compare_models(seconds, repeats, seed)
    sizes = speed.compare_sizes(
        min(seconds["cell"], speed.SIZE_SECONDS), 1 if quick else speed.SIZE_REPEATS, seed
    )
    scaled = [] if quick else speed.scale(SCALE_SECONDS, seed)
    table = pd.DataFrame(
        [
            {"varied": varied, **timing.raw}
            for varied, timing in (
                *(("model", timing) for timing in models),
                *(("size", timing) for timing in sizes),
                *scaled,
            )
        ]
    )
    files = _write(table, out)
    report(
        _measures(models, sizes),
        title="speed: 12 cells x 8 UEs x 1 Mbit/s, three models in one run; 57 cells against 12",
        command=f"slicebed bench cells --out {out} --seed {seed}" + " --quick" * quick,
        extra={
            "timings": table.to_dict(orient="records"),
            "files": list(map(str, files)),
        },
        as_json=as_json,
        strict=strict,
    )


@app.command("edge-cloud")
def edge_cloud(
    quick: Annotated[bool, typer.Option("--quick", help="A tenth of the time.")] = False,
    seed: Annotated[int, typer.Option(min=1, max=MAX_SEED, help="Of all runs.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit status 1 on a miss.")] = False,
) -> None:
    """The scenario edge-cloud at 1500 requests/s: wall time of a simulated second."""
    from pyctl.cli.report import report
    from pyctl.measures import Measure
    from pyctl.studies.speed import time_edge_cloud

    simulated_s = 30 if quick else 300
    wall_s = time_edge_cloud(simulated_s, seed)
    report(
        [
            Measure("edge_cloud.wall_per_sim_s", wall_s / simulated_s, "s", target="<= 1.0"),
            Measure("edge_cloud.wall_s", wall_s, "s"),
        ],
        title=f"speed: edge-cloud, 1500 requests/s, {simulated_s} simulated seconds",
        command=f"slicebed bench edge-cloud --seed {seed}" + " --quick" * quick,
        extra={"simulated_s": simulated_s},
        as_json=as_json,
        strict=strict,
    )


app.command()(exchange)
app.command()(batch)
app.command()(agents)


def _measures(models: Sequence[Timing], sizes: Sequence[Timing]) -> list[Measure]:
    from pyctl.measures import Measure
    from pyctl.studies.speed import least_ratio, ratios

    def of(model: str) -> list[Timing]:
        return [timing for timing in models if timing.raw["model"] == model]

    per_second = {name: [t.wall_per_sim_s for t in of(name)] for name in ("cell", "lte", "p2p")}
    per_packet = {name: [t.wall_per_packet_us for t in of(name)] for name in per_second}
    per_cell = {
        count: [t.wall_per_sim_s / count for t in sizes if t.raw["cells"] == count]
        for count in (12, 57)
    }
    speedup = ratios(per_second["lte"], per_second["cell"])
    floor = ratios(per_packet["cell"], per_packet["p2p"])
    growth = least_ratio(per_cell[57], per_cell[12])
    return [
        Measure("cells.speedup_vs_lte", *arrange(speedup), target=">= 60"),
        Measure("cells.per_packet_vs_p2p", *arrange(floor), target="<= 1.0"),
        Measure("cells.cost_57_over_12", *arrange(growth), target="<= 1.15"),
        *(
            Measure(f"cells.wall_per_sim_s_{name}", _median(values), "s", min(values), max(values))
            for name, values in per_second.items()
        ),
        *(
            Measure(
                f"cells.wall_per_packet_{name}", _median(values), "us", min(values), max(values)
            )
            for name, values in per_packet.items()
        ),
    ]


def arrange(ratio: tuple[float, float, float]) -> tuple[float, str, float, float]:
    """Arranges a ratio, and its least and largest of a turn, as a measure wants them."""
    middle, low, high = ratio
    return middle, "1", low, high


def _median(values: Sequence[float]) -> float:
    import statistics

    return statistics.median(values)


def _write(table: pd.DataFrame, out: Path) -> list[Path]:
    from analysis.figures import speed as figures
    from analysis.style import save, style

    out.mkdir(parents=True, exist_ok=True)
    files = [out / "timings.csv"]
    table.to_csv(files[0], index=False, float_format="%.6g", lineterminator="\n")
    with style() as plt:
        figure, behind = figures.models(plt, table)
        files += save(figure, out, "models", behind)
        if table["varied"].isin(["cells"]).any():
            figure, behind = figures.scaling(plt, table)
            files += save(figure, out, "scaling", behind)
        plt.close("all")
    return files
