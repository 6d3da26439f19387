"""Reproduces paper 003: the study by formula, packet runs of `edge-ddnn`, tables and measures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agents.errors import AllocatorError
from analysis.ddnn import asked_while_down, facts
from analysis.figure_folder import FigureFolder
from analysis.style import SUFFIXES
from pyctl.campaign.planned import identify
from pyctl.errors import UsageError
from pyctl.reproduce import ddnn_measures
from pyctl.reproduce.ddnn_plan import (
    SCALES,
    TABLE_II_BLOCK,
    Cell,
    Scale,
    cells_of,
    request_of,
    unit_mbps,
)
from pyctl.reproduce.paper import Order, Work, scale_of

if TYPE_CHECKING:
    import pandas as pd

    from analysis.store_reader import Run
    from pyctl.measures import Measure
    from pyctl.studies.ddnn import Study

MADE_UP = "made-up-trace.parquet"
TABLES = ("table-1", "table-2", "packets")


class DdnnWork(Work):
    """The reproduction of paper 003.

    Attributes:
        cells: of the planned runs, in their order.
    """

    def __init__(self, order: Order) -> None:
        from pyctl.studies import ddnn, ddnn_files

        self.order = order
        self._scale = scale_of(order.scale, SCALES)
        self.seeds = self._scale.seeds
        self._study = _study(order, self._scale)
        try:
            self._found = ddnn.find(self._study, order.workers)
            files = ddnn_files.make(self._study, self._scale.slots, order.say)
        except AllocatorError as error:
            raise UsageError(f"paper ddnn: {error}") from error
        self.cells = cells_of(self._scale)
        self.planned = identify(request_of(cell, self._scale, files) for cell in self.cells)
        self._measured: _Measured | None = None

    def measure(self, runs: Sequence[Run]) -> list[Measure]:
        """Measures the study and the runs."""
        from pyctl.studies.ddnn_files import compute_ms, properties, remote_ms
        from pyctl.studies.ddnn_measures import measures

        pairs = list(zip(self.cells, runs, strict=True))
        rows, networks = _facts(pairs), properties(self._study)
        groups = dict(list(rows.groupby("group")))
        local_ms = compute_ms(TABLE_II_BLOCK)
        table_two = ddnn_measures.table_two(groups["share"], local_ms, remote_ms())
        self._measured = _Measured(pairs, rows, networks, table_two)
        two_exits = [row["training_s"] for row in networks if row["parameters_on_edge"]]
        _, begin, end = self._scale.outage
        return [
            *measures(self._found.tables),
            *ddnn_measures.of_times(groups["share"], table_two),
            *ddnn_measures.of_blocks(local_ms, remote_ms(), two_exits),
            *ddnn_measures.of_costs(groups["cost"], groups["half"]),
            *ddnn_measures.of_loads(groups["load"], compute_ms("always-remote"), remote_ms()),
            *ddnn_measures.of_outage(
                [asked_while_down(run, begin, end) for cell, run in pairs if cell.group == "outage"]
            ),
            ddnn_measures.of_repairs(runs),
        ]

    def draw(self, out: Path) -> list[Path]:
        """Writes Tables I and II, draws Figs. 3 and 4 by formula, and what packets say."""
        found = self._measured
        if found is None:
            raise RuntimeError("measure() comes before draw()")
        import pandas as pd

        from analysis.figures import ddnn_packets
        from pyctl.studies import ddnn

        figures = (*ddnn.FIGURES, *ddnn_packets.FIGURES)
        tables = [f"{name}.csv" for name in (*ddnn.TABLES, *TABLES)]
        names = [*(f"{name}{suffix}" for name in figures for suffix in SUFFIXES), *tables]
        folder = FigureFolder(out)
        folder.require_free(names)
        folder.claim(names)
        files = ddnn.draw(self._found, self._study, out)
        by_name = (pd.DataFrame(found.networks), found.table_two, found.rows)
        for name, table in zip(TABLES, by_name, strict=True):
            files.append(out / f"{name}.csv")
            table.to_csv(files[-1], index=False, float_format="%.6g", lineterminator="\n")
        drawing = ddnn_packets.Drawing(
            rows=found.rows,
            table_two=found.table_two,
            load=[(cell.policy, cell.x, run) for cell, run in found.runs if cell.group == "load"],
            outage=[(cell.policy, run) for cell, run in found.runs if cell.group == "outage"],
            down=self._scale.outage[1:],
        )
        return [*files, *ddnn_packets.draw_all(drawing, out)]


@dataclass(frozen=True, eq=False)
class _Measured:
    """What was measured, until it is drawn.

    Attributes:
        runs: what each is, and the run.
        rows: its facts, a row a run.
        networks: Table I.
        table_two: Table II.
    """

    runs: Sequence[tuple[Cell, Run]]
    rows: pd.DataFrame
    networks: Sequence[dict[str, Any]]
    table_two: pd.DataFrame


def _facts(pairs: Sequence[tuple[Cell, Run]]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(
        {
            "group": cell.group,
            "policy": cell.policy,
            "x": cell.x,
            "seed": cell.seed,
            "time_mode": run.context["time_mode"],
            **facts(run, unit_mbps(cell.group) * 1e6),
        }
        for cell, run in pairs
    )


def _study(order: Order, scale: Scale) -> Study:
    """Chooses trace, folder and training: networks of a short one never pass for others.

    The folder is absolute: it is part of the settings of the runs, and of their ids.
    """
    from pyctl.studies.ddnn import Study, short_study

    out = order.out.absolute()
    if scale.epochs is not None:
        trace = order.trace or _made_up(out, scale)
        return short_study(trace, out / "short", scale.seeds, scale.epochs)
    if order.trace is None:
        raise UsageError(
            f"paper ddnn at scale {order.scale} needs --trace with the Milan data; scale ci makes "
            "up its own"
        )
    return Study(order.trace, out, scale.seeds)


def _made_up(out: Path, scale: Scale) -> Path:
    from pyctl.studies.ddnn_data import write_made_up

    path = out / MADE_UP
    if not path.exists():
        out.mkdir(parents=True, exist_ok=True)
        write_made_up(path, scale.made_up_slots)
    return path
