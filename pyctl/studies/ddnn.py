"""The distributed LSTM by the paper's formula: trains, evaluates all policies, draws Figs. 3 and 4.

    python -m pyctl.studies.ddnn --trace milano_internet.parquet --out results/ddnn

Every network and its evaluation is a file in the folder and is made once: a study that was ended
goes on where it was. The folder belongs to one trace and one training: another is refused there.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agents.ddnn import data, offload
from agents.ddnn.data import Parts
from agents.ddnn.network import LAYOUTS, DistributedLstm
from agents.ddnn.training import Training
from agents.errors import AllocatorError
from agents.threads import one_thread
from pyctl.campaign.atomic import write_text
from pyctl.campaign.provenance import git_state, machine
from pyctl.errors import SlicebedError, UsageError
from pyctl.measures import Measure, rows
from pyctl.studies import ddnn_curves, ddnn_link, ddnn_measures, ddnn_train
from pyctl.studies.at_once import do_at_once
from pyctl.studies.ddnn_data import Demands, load_demands
from pyctl.studies.ddnn_train import Plan

if TYPE_CHECKING:
    import pandas as pd

SEEDS = 5
SHOWN_SLOTS = 288  # two days of the test part in Fig. 4
SHOWN_STATION = 0
FIGURES = ("trade-off-formula", "allocations-formula")
TABLES = ("facts", "link")
ABOUT = "study.json"


@dataclass(frozen=True)
class Study:
    """What is done.

    Attributes:
        trace: Milan data.
        out: folder of all files.
        seeds: of each network, from 1.
        corner: south-west square of the block; None for the first one.
        layouts: of the two-exit networks.
        training: of all networks.
        learning: of classifiers and regressions.
        device: that trains them, ``cpu`` or ``cuda``.
    """

    trace: Path
    out: Path
    seeds: int = SEEDS
    corner: int | None = None
    layouts: tuple[str, ...] = ("stations",)
    training: Training = ddnn_train.TRAINING
    learning: Training = offload.LEARNING
    device: str = "cpu"

    @property
    def networks(self) -> Path:
        """Folder of the trained networks."""
        return self.out / "networks"

    def plans(self) -> list[Plan]:
        """Lists the networks."""
        chosen = [layout for layout in LAYOUTS if layout in self.layouts]
        return list(ddnn_train.plans(range(1, self.seeds + 1), chosen))


def short_study(trace: Path, out: Path, seeds: int, epochs: int) -> Study:
    """Makes a study that shows that all works: its networks have hardly learnt."""
    short = Training(batch=32, epochs=epochs)
    return Study(trace, out, seeds, training=short, learning=Training(epochs=epochs))


@dataclass(frozen=True, eq=False)
class Found:
    """What a study found.

    Attributes:
        demands: of the trace.
        parts: of these.
        tables: of all networks.
    """

    demands: Demands
    parts: Parts
    tables: ddnn_measures.Tables


def find(study: Study, workers: int = 1) -> Found:
    """Trains and evaluates what is missing.

    Args:
        study: what is done.
        workers: networks at once; it changes none of them.

    Raises:
        UsageError: the trace cannot be read or holds no such block, or the folder has networks of
            another trace or training.
        AllocatorError: its demands do not fit.
        SlicebedError: a process that trains was ended.
    """
    demands, parts = _read(study)
    _claim(study, demands)
    missing = [plan for plan in study.plans() if not _path(plan, study).exists()]
    do_at_once(partial(_find_one, study), missing, workers)
    evaluated = [json.loads(_path(plan, study).read_text()) for plan in study.plans()]
    return Found(demands, parts, ddnn_measures.tables(evaluated))


def run(study: Study) -> dict[str, Any]:
    """Runs a study.

    Returns:
        The object that ``--json`` prints: measures, files, where the results come from.

    Raises:
        UsageError: the trace cannot be read or holds no such block, or the folder has networks of
            another trace or training.
        AllocatorError: its demands do not fit.
    """
    found = find(study, len(os.sched_getaffinity(0)) if study.device == "cpu" else 1)
    measures = ddnn_measures.measures(found.tables)
    files = draw(found, study, study.out)
    return {
        "measures": [measure.to_json() for measure in measures],
        "files": [str(path) for path in files],
        "provenance": {
            "mode": "formula",
            "trace_sha256": found.demands.sha256,
            "squares": found.demands.squares,
            "git": git_state(Path(__file__).resolve().parents[2]),
            "machine": machine(),
        },
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the study as a program."""
    options = _parser().parse_args(arguments)
    study = Study(
        options.trace,
        options.out,
        options.seeds,
        options.corner,
        layouts=LAYOUTS if options.time_layout else LAYOUTS[:1],
        device=options.device,
    )
    try:
        result = run(study)
    except (SlicebedError, AllocatorError) as error:
        print(f"ddnn: error: {error}", file=sys.stderr)
        sys.exit(getattr(error, "exit_status", 2))
    if options.json:
        print(json.dumps(result, indent=1))
        return
    for row in rows([_measure(entry) for entry in result["measures"]]):
        print("  ".join(f"{cell:<38}" for cell in row).rstrip())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m pyctl.studies.ddnn", description=__doc__)
    parser.add_argument("--trace", type=Path, required=True, help="Milan data")
    parser.add_argument(
        "--out", type=Path, default=Path("results/ddnn"), help="folder of all files"
    )
    parser.add_argument("--seeds", type=int, default=SEEDS, help="networks of each kind")
    parser.add_argument("--corner", type=int, help="south-west square of the 4 x 4 block")
    parser.add_argument("--time-layout", action="store_true", help="the second layout too")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="trains")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def _measure(entry: dict[str, Any]) -> Measure:
    return Measure(**{key: value for key, value in entry.items() if key != "ok"})


def _claim(study: Study, demands: Demands) -> None:
    """Notes in the folder whose networks it has: those of another study never pass for its own."""
    path = study.out / ABOUT
    about = {
        "trace_sha256": demands.sha256,
        "squares": list(demands.squares),
        "training": asdict(study.training),
        "learning": asdict(study.learning),
    }
    held: dict[str, Any] = {}
    if path.is_file():
        held = json.loads(path.read_text())
    elif not study.networks.exists():
        study.out.mkdir(parents=True, exist_ok=True)
        write_text(path, json.dumps(about, indent=1) + "\n")
        return
    for name, value in about.items():
        if held.get(name) != value:
            raise UsageError(
                f"{study.out} has networks of another study: {name} is {held.get(name)}, here "
                f"{value}; another --out is required"
            )


def _path(plan: Plan, study: Study) -> Path:
    """Names the file of what is found of a network."""
    return study.out / "evaluated" / f"{plan.name}.json"


def _find_one(study: Study, plan: Plan) -> None:
    """Trains and evaluates a network, on one thread: as many may be made as there are cores.

    With more threads sums are added up in another order, and nothing would be the same bit by bit.
    """
    _, parts = _read(study)
    path = _path(plan, study)
    with one_thread():
        ddnn_train.train(plan, parts, study.networks, study.training, study.device)
        print(f"{plan.name}: evaluation", file=sys.stderr)
        found = _evaluate(plan, parts, study)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, json.dumps(found) + "\n")


@cache
def _read(study: Study) -> tuple[Demands, Parts]:
    """Reads the demands, once a process."""
    demands = load_demands(study.trace, study.corner)
    return demands, data.prepare(demands.values)


def _evaluate(plan: Plan, parts: Parts, study: Study) -> dict[str, Any]:
    network = ddnn_train.load(plan, parts, study.networks)
    about = {
        "model": plan.model,
        "kind": plan.kind,
        "seed": plan.seed,
        "local_weight": plan.local_weight,
        "layout": plan.layout,
    }
    if not isinstance(network, DistributedLstm):
        return {**about, "facts": ddnn_curves.single_facts(network, parts.test)}
    table, facts = ddnn_curves.curves(network, parts, plan.seed, study.learning)
    headline = plan.model == ddnn_measures.HEADLINE
    return {
        **about,
        "facts": facts,
        "curves": table.to_dict(orient="list"),
        "link": ddnn_link.compare(network, parts, plan.seed, study.learning) if headline else [],
    }


def draw(found: Found, study: Study, out: Path) -> list[Path]:
    """Writes the study's tables and draws Figs. 3 and 4 into a folder."""
    from analysis.figures import ddnn as figures
    from analysis.style import save, style

    tables = found.tables
    files = []
    for name, table in zip(TABLES, (tables.facts, tables.link), strict=True):
        files.append(out / f"{name}.csv")
        table.to_csv(files[-1], index=False, float_format="%.6g", lineterminator="\n")
    with style() as plt:
        figure, behind = figures.trade_off(plt, tables.curves, tables.facts)
        files += save(figure, out, FIGURES[0], behind)
        with one_thread():
            shown = _shown(found.parts, study)
        figure, behind = figures.allocations(plt, shown)
        files += save(figure, out, FIGURES[1], behind)
        plt.close("all")
    return files


def _shown(parts: Parts, study: Study) -> pd.DataFrame:
    """Demand and both allocations of one station for the outer pairs of weights."""
    import pandas as pd

    shown = []
    for weight in (ddnn_train.LOCAL_WEIGHTS[0], ddnn_train.LOCAL_WEIGHTS[-1]):
        network = ddnn_train.load(Plan("ddnn", 1, weight), parts, study.networks)
        assert isinstance(network, DistributedLstm)  # noqa: S101 - of its kind
        part = ddnn_curves.Evaluated.of(network, parts.test)
        columns = {"demand": part.demand, "local": part.view.local, "remote": part.remote}
        values = {
            name: value[:SHOWN_SLOTS, SHOWN_STATION].numpy() for name, value in columns.items()
        }
        slots = parts.test.slots[:SHOWN_SLOTS]
        shown.append(pd.DataFrame({"local_weight": weight, "slot": slots, **values}))
    return pd.concat(shown)


if __name__ == "__main__":
    main()
