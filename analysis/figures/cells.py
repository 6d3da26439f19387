"""Figures of the `cells` scenario: topology, throughput, QoS satisfaction, PRB use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.errors import StoreReadError
from analysis.metrics import SATISFIED, active_rows
from analysis.statistics import bootstrap_mean
from analysis.store_reader import Run
from analysis.style import COLOURS, MARKERS, TWO_COLUMNS_INCH

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

MBPS = 1e6
SECTOR_ARROW_M = 90


def topology(plt: Any, run: Run) -> tuple[Figure, pd.DataFrame]:
    """Sites, sectors and UEs, coloured by slice, over the SINR map."""
    import pandas as pd

    if run.topology is None:
        raise StoreReadError(f"{run.folder} has no topology.json")
    figure, axis = plt.subplots(figsize=(TWO_COLUMNS_INCH, 5.8))
    grid = run.topology["sinr_map"]
    sinr = np.array(grid["sinr_db"]).reshape(grid["rows"], grid["columns"])
    x = grid["x0_m"] + grid["step_m"] * np.arange(grid["columns"])
    y = grid["y0_m"] + grid["step_m"] * np.arange(grid["rows"])
    mesh = axis.pcolormesh(x, y, sinr, cmap="Greys_r", vmin=-6, vmax=24, rasterized=True)
    figure.colorbar(mesh, ax=axis, label="mean SINR, all cells loaded [dB]", extend="both")
    ues = pd.DataFrame(run.topology["ues"])
    for i, entry in enumerate(run.slices):
        own = ues[ues["slice"] == entry["id"]]
        axis.scatter(
            own["x_m"],
            own["y_m"],
            s=16,
            color=COLOURS[i],
            marker=MARKERS[i],
            edgecolor="white",
            linewidth=0.4,
            label=f"UE of slice {entry['id']}",
        )
    for cell in run.topology["cells"]:
        angle = np.deg2rad(cell["bearing_deg"])
        tip = (
            cell["x_m"] + SECTOR_ARROW_M * np.cos(angle),
            cell["y_m"] + SECTOR_ARROW_M * np.sin(angle),
        )
        axis.annotate(
            "",
            tip,
            (cell["x_m"], cell["y_m"]),
            arrowprops={"arrowstyle": "-|>", "color": COLOURS[4], "lw": 1.6},
        )
    sites = pd.DataFrame(run.topology["sites"])
    axis.scatter(
        sites["x_m"], sites["y_m"], marker="*", s=130, color=COLOURS[4], ec="black", label="site"
    )
    axis.set(xlabel="x [m]", ylabel="y [m]", aspect="equal")
    axis.grid(visible=False)
    axis.set_xlim(x[0], x[-1])
    axis.set_ylim(y[0], y[-1])
    figure.legend(loc="outside upper center", ncols=len(run.slices) + 1)
    return figure, ues


def hours(run: Run, step: pd.Series) -> pd.Series:
    """Hours since Monday, 0:00, in the middle of the intervals (steps from 1)."""
    return (run.first_interval + step - 0.5) * run.interval_hours


def over_time(run: Run, column: str) -> pd.DataFrame:
    """Mean over the cells of a KPI with its 95 % interval, by slice and step."""
    import pandas as pd

    rows = []
    for (slice_id, step), group in active_rows(run.steps).groupby(["slice", "step"]):
        mean = bootstrap_mean(group[column].to_numpy())
        rows.append((run.label, slice_id, step, mean.mean, mean.low, mean.high))
    table = pd.DataFrame(rows, columns=["allocator", "slice", "step", "mean", "low", "high"])
    table["hour"] = hours(run, table["step"])
    return table


def _panels(plt: Any, run: Run) -> tuple[Figure, Any]:
    count = len(run.slices)
    figure, axes = plt.subplots(
        count, 1, figsize=(TWO_COLUMNS_INCH, 1.5 * count + 0.7), sharex=True, squeeze=False
    )
    axes[-1, 0].set_xlabel("time [hours from Monday, 0:00; an interval stands for 15 minutes]")
    return figure, axes[:, 0]


def _draw_bands(axis: Any, table: pd.DataFrame, colour: str, label: str, scale: float) -> None:
    axis.plot(table["hour"], table["mean"] / scale, color=colour, label=label)
    axis.fill_between(
        table["hour"], table["low"] / scale, table["high"] / scale, color=colour, alpha=0.2, lw=0
    )


def _legend(figure: Figure, axis: Any) -> None:
    handles, labels = axis.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(labels))


def throughput(plt: Any, runs: Sequence[Run]) -> tuple[Figure, pd.DataFrame]:
    """Throughput of a user against its target and the load it offers, per slice over time."""
    import pandas as pd

    figure, axes = _panels(plt, runs[0])
    tables = [over_time(run, "thp_dl") for run in runs]
    users = runs[0].description["context"]["ues_per_slice"]
    offered = over_time(runs[0], "offered").assign(allocator="offered")
    offered[["mean", "low", "high"]] /= users
    for axis, entry in zip(axes, runs[0].slices, strict=True):
        own = offered[offered["slice"] == entry["id"]]
        axis.plot(own["hour"], own["mean"] / MBPS, color="#777777", lw=0.9, label="offered")
        for i, (run, table) in enumerate(zip(runs, tables, strict=True)):
            _draw_bands(axis, table[table["slice"] == entry["id"]], COLOURS[i], run.label, MBPS)
        axis.axhline(entry["target_bps"] / MBPS, color="black", ls="--", lw=1, label="target")
        axis.set_ylabel(f"slice {entry['id']}\nMbit/s per user")
        axis.set_ylim(bottom=0)
    _legend(figure, axes[0])
    return figure, pd.concat([*tables, offered], ignore_index=True)


def prb_use(plt: Any, runs: Sequence[Run]) -> tuple[Figure, pd.DataFrame]:
    """PRBs that a slice uses of those it may use, over time."""
    import pandas as pd

    prbs = runs[0].description["context"]["prbs"]
    figure, axes = _panels(plt, runs[0])
    tables = []
    for i, run in enumerate(runs):
        used = over_time(run, "prb_used_dl").assign(quantity="used")
        ceiling = over_time(run, "prb_max").assign(quantity="ceiling")
        ceiling[["mean", "low", "high"]] *= prbs
        tables += [used, ceiling]
        for axis, entry in zip(axes, run.slices, strict=True):
            _draw_bands(
                axis, used[used["slice"] == entry["id"]], COLOURS[i], f"{run.label}: used", 1
            )
            own = ceiling[ceiling["slice"] == entry["id"]]
            axis.plot(
                own["hour"], own["mean"], color=COLOURS[i], ls=":", label=f"{run.label}: ceiling"
            )
    for axis, entry in zip(axes, runs[0].slices, strict=True):
        axis.set_ylabel(f"slice {entry['id']}\nPRBs per slot")
        axis.set_ylim(bottom=0)
    _legend(figure, axes[0])
    return figure, pd.concat(tables, ignore_index=True)


def satisfaction(plt: Any, runs: Sequence[Run]) -> tuple[Figure, pd.DataFrame]:
    """Distribution of QoS satisfaction r over cells, slices and intervals."""
    import pandas as pd

    figure, axis = plt.subplots(figsize=(TWO_COLUMNS_INCH * 0.62, 3.1))
    tables = []
    for i, run in enumerate(runs):
        r = np.sort(active_rows(run.steps)["r"].to_numpy().astype(float))
        share = np.arange(1, r.size + 1) / r.size
        satisfied = float((r >= SATISFIED).mean())
        axis.step(
            np.concatenate([[0], r]),
            np.concatenate([[0], share]),
            where="post",
            color=COLOURS[i],
            ls=("-", "--", "-.", ":")[i % 4],
            label=f"{run.label}: P(r = 1) = {satisfied:.3f}",
        )
        tables.append(pd.DataFrame({"allocator": run.label, "r": r, "cdf": share}))
    axis.set(
        xlabel="QoS satisfaction r of a slice in a cell and interval",
        ylabel="cumulative share",
        xlim=(0, 1.02),
        ylim=(0, 1.02),
    )
    figure.legend(loc="outside upper center", ncols=len(runs))
    return figure, pd.concat(tables, ignore_index=True)
