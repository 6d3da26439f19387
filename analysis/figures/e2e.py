"""Figures of the end-to-end study: the simulated network beside the testbed's medians."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analysis.style import COLOURS, MARKERS, TWO_COLUMNS_INCH

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

ALLOWED = 0.10


def agreement(plt: Any, table: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Throughput of a user, simulated over measured, and the distribution of errors."""
    figure, axes = plt.subplots(1, 2, figsize=(TWO_COLUMNS_INCH, 3.0))
    most = 1.08 * max(table["qos"].max(), table["simulated"].max())
    axes[0].fill_between(
        [0, most],
        [0, most * (1 - ALLOWED)],
        [0, most * (1 + ALLOWED)],
        color="black",
        alpha=0.1,
        lw=0,
        label="± 10 %",
    )
    for i, (users, rows) in enumerate(table.groupby("n_users")):
        label = f"{users:.0f} user{'s' if users != 1 else ''}"
        axes[0].scatter(
            rows["qos"], rows["simulated"], s=10, color=COLOURS[i], marker=MARKERS[i], label=label
        )
        errors = rows["error"].abs().sort_values().to_numpy() * 100
        share = [(k + 1) / len(errors) for k in range(len(errors))]
        axes[1].step(errors, share, where="post", color=COLOURS[i], label=label)
    axes[0].set(
        xlim=(0, most),
        ylim=(0, most),
        xlabel="testbed: median throughput of a user [Mbit/s]",
        ylabel="simulated: the same [Mbit/s]",
    )
    axes[0].legend()
    axes[1].axvline(ALLOWED * 100, color="black", lw=0.8, ls="--")
    axes[1].set(xlabel="relative error [%]", ylabel="share of grants", xlim=(0, 40), ylim=(0, 1))
    axes[1].legend(loc="lower right")
    return figure, table


def min_law(plt: Any, table: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Total throughput over each grant: points measured, lines simulated."""
    figure, axes = plt.subplots(1, 2, figsize=(TWO_COLUMNS_INCH, 3.0), sharey=True)
    panels = (
        ("bw", "cpu", "transport rate [Mbit/s]", "{:.0f} millicores"),
        ("cpu", "bw", "CPU [millicores]", "{:.0f} Mbit/s"),
    )
    users = table["n_users"].max()
    own = table[table["n_users"] == users]
    for axis, (x, other, label, form) in zip(axes, panels, strict=True):
        for i, (value, rows) in enumerate(own.groupby(other)):
            rows = rows.sort_values(x)
            axis.plot(
                rows[x], rows["simulated"] * users, color=COLOURS[i], label=form.format(value)
            )
            axis.plot(rows[x], rows["qos"] * users, MARKERS[i], ms=4, color=COLOURS[i])
        axis.set(xlabel=label, ylim=(0, None))
        axis.legend(fontsize=7)
    axes[0].set(ylabel=f"throughput of {users:.0f} users [Mbit/s]")
    figure.suptitle("lines: simulated; points: medians of the testbed", fontsize=9)
    return figure, own
