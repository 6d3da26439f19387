"""The cell model against the LTE stack: what differs, by configuration and slice.

    table = compare("3-full", read_run(cell_folder), read_run(lte_folder))

Figures of a slice are means over the cells and the intervals but the first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.store_reader import Run

if TYPE_CHECKING:
    import pandas as pd

# A slice is backlogged where it loses more than the first share of its packets, and keeps up with
# its load where it loses less than the second.
BACKLOGGED_LOSS = 0.3
UNSATURATED_LOSS = 0.01
UNSATURATED_DELAY_S = 0.05
DELAY_FLOOR_S = 2e-3
DELAY_TOLERANCE = 0.25
QUANTITIES = ("thp_dl", "prb_share", "cqi", "delay_e2e", "loss")


def figures(run: Run) -> pd.DataFrame:
    """Means of a run by slice: throughput per user, share of the carrier, CQI, delay, loss."""
    steps = run.steps[run.steps["step"] > run.steps["step"].min()]
    prbs = run.description["context"]["prbs"]
    means = steps.assign(prb_share=steps["prb_used_dl"] / prbs).groupby("slice")
    table: pd.DataFrame = means[list(QUANTITIES)].mean().astype(float)
    return table


def compare(name: str, cell: Run, lte: Run) -> pd.DataFrame:
    """Compares two runs of one configuration.

    Returns:
        One row a slice: ``case``, ``slice``, each quantity of both stacks (``cell_*``, ``lte_*``),
        ``throughput_error`` (relative), ``prb_error`` (of the carrier), ``cqi_error``,
        ``delay_error`` (see ``delay_error``; NaN where the slice is saturated) and
        ``ceiling_error`` (of the cell model, see ``ceiling_errors``).
    """
    ours, theirs = figures(cell), figures(lte)
    table = ours.add_prefix("cell_").join(theirs.add_prefix("lte_"))
    table["throughput_error"] = (ours["thp_dl"] - theirs["thp_dl"]).abs() / theirs["thp_dl"]
    table["prb_error"] = (ours["prb_share"] - theirs["prb_share"]).abs()
    table["cqi_error"] = (ours["cqi"] - theirs["cqi"]).abs()
    table["delay_error"] = [
        delay_error(ours.loc[i, "delay_e2e"], theirs.loc[i, "delay_e2e"])
        if theirs.loc[i, "loss"] < UNSATURATED_LOSS
        and theirs.loc[i, "delay_e2e"] < UNSATURATED_DELAY_S
        else np.nan
        for i in table.index
    ]
    table["ceiling_error"] = ceiling_errors(cell).reindex(table.index)
    table.insert(0, "case", name)
    return table.reset_index()


def delay_error(ours_s: float, theirs_s: float) -> float:
    """Relative error of a delay, or its difference in units of 2 ms times 25 %, if that is less.

    So "within 25 % or 2 ms" is "at most 0.25".
    """
    difference_s = abs(ours_s - theirs_s)
    return min(difference_s / theirs_s, difference_s / DELAY_FLOOR_S * DELAY_TOLERANCE)


def ceiling_errors(run: Run) -> pd.Series:
    """Largest relative distance of the PRBs used from the ceiling, by slice.

    Above the ceiling every cell and interval counts. Below it, only where the slice is backlogged
    and the cell is alone: among other cells there are resource block groups that no UE of a slice
    can hear, and these stay empty.
    """
    steps = run.steps[run.steps["step"] > run.steps["step"].min()]
    steps = steps[steps["prb_max"] > 0]
    ceiling = steps["prb_max"].astype(float) * run.description["context"]["prbs"]
    error = (steps["prb_used_dl"].astype(float) - ceiling) / ceiling
    alone = len(run.description["context"]["cells"]) == 1
    short = (steps["loss"] > BACKLOGGED_LOSS) & alone
    counted = error.where(~short, error.abs()).clip(lower=0)
    largest: pd.Series = counted.groupby(steps["slice"]).max()
    return largest
