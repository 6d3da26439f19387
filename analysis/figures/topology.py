"""Pictures of a network: its nodes and links as built, and where its users are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.comparison import Comparison
from analysis.figures.panels import legend
from analysis.style import COLOURS, MARKERS, TWO_COLUMNS_INCH

if TYPE_CHECKING:
    from matplotlib import figure as mpl

Entry = Mapping[str, Any]

# From this rate [bit/s] on, rates are in the unit beside it.
RATE_UNITS = ((1e9, "Gbit/s"), (1e6, "Mbit/s"), (1e3, "kbit/s"), (1.0, "bit/s"))
KIND_COLOURS = {"users": "#F0F0F0", "cloud": "#F6D7BF", "edge": "#CFE3F1", "gnb": "#FBE6B8"}
OTHER_COLOUR = "#E4E4E4"
ROW_INCH, LEAST_INCH, MOST_INCH = 0.42, 1.5, 8.0  # of the drawing
NAME_INCH = 0.36  # height of a name with its box
MAP_INCH = 3.6
NO_SLICE = 0  # of UEs that are in none; slices count from 1
LINK_COLOUR = "#666666"


def network(plt: Any, comparison: Comparison) -> tuple[mpl.Figure, pd.DataFrame]:
    """Draws the nodes and links of the first run; and its users' positions where it has them."""
    topology = comparison.first.require_topology()
    nodes: list[Entry] = topology["nodes"]
    placed = [node for node in nodes if "x_m" in node]
    rows = len({node["y"] for node in nodes})
    most = MAP_INCH if placed else MOST_INCH
    height = min(max(ROW_INCH * rows, LEAST_INCH), most)
    heights = [height, MAP_INCH] if placed else [height]
    figure, axes = plt.subplots(
        len(heights),
        1,
        figsize=(TWO_COLUMNS_INCH, sum(heights)),
        squeeze=False,
        height_ratios=heights,
    )
    _draw_links(axes[0, 0], topology)
    _draw_nodes(axes[0, 0], nodes, height)
    _frame(axes[0, 0], nodes)
    if placed:
        _draw_map(axes[1, 0], placed)
        legend(figure, axes[1, 0], place="outside lower center")
    return figure, _table(topology)


def _draw_nodes(axis: Any, nodes: Sequence[Entry], height_inch: float) -> None:
    columns: dict[float, list[Entry]] = {}
    for node in sorted(nodes, key=lambda node: -node["y"]):
        if node["kind"] != "ue":
            columns.setdefault(node["x"], []).append(node)
    for members in columns.values():
        # Where there is no room for all names, every n-th node has its own.
        stride = max(1, round(len(members) * NAME_INCH / height_inch))
        for i, node in enumerate(members):
            _draw_node(axis, node, named=i % stride == 0)
    right = max(node["x"] for node in nodes)
    for slice_id, users in _by_slice(nodes).items():
        _draw_users(axis, users, _look(slice_id, nodes))
        if slice_id == NO_SLICE:
            top = max(node["y"] for node in users) + 0.3
            axis.text(users[0]["x"], top, "UEs", ha="center", fontsize=8)
            continue
        middle = sum(node["y"] for node in users) / len(users)
        axis.text(right + 0.08, middle, f"UEs of slice {slice_id}", va="center", fontsize=8)


def _draw_node(axis: Any, node: Entry, *, named: bool) -> None:
    colour = KIND_COLOURS.get(node["kind"], OTHER_COLOUR)
    if not named:
        axis.plot(node["x"], node["y"], "o", ms=3, mfc=colour, mec="black", mew=0.6, zorder=3)
        return
    axis.text(
        node["x"],
        node["y"],
        node["name"],
        ha="center",
        va="center",
        fontsize=8,
        bbox={"boxstyle": "round,pad=0.35", "fc": colour, "ec": "black", "lw": 0.8},
        zorder=5,
    )


def _draw_users(axis: Any, users: Sequence[Entry], look: Mapping[str, Any]) -> None:
    axis.scatter(
        [node["x"] for node in users], [node["y"] for node in users], s=22, zorder=5, **look
    )


def _frame(axis: Any, nodes: Sequence[Entry]) -> None:
    """Makes room for the names around the outer nodes."""
    xs, ys = ([node[key] for node in nodes] for key in ("x", "y"))
    margin = 0.6 if max(ys) > min(ys) else 1.0
    axis.set_xlim(min(xs) - 0.35, max(xs) + (0.75 if _by_slice(nodes) else 0.35))
    axis.set_ylim(min(ys) - margin, max(ys) + margin)
    axis.set_axis_off()


def _draw_links(axis: Any, topology: Mapping[str, Any]) -> None:
    """Draws wires and radios; of those with the same figures in a column the highest tells them."""
    nodes = {node["name"]: node for node in topology["nodes"]}
    links = [(wire, wire_text(wire), "-") for wire in topology["wires"]]
    links += [(air, air_text(air), ":") for air in topology["airs"]]
    told: dict[tuple[Any, ...], tuple[Entry, Entry]] = {}
    for link, text, style in links:
        one, other = nodes[link["from"]], nodes[link["to"]]
        axis.plot([one["x"], other["x"]], [one["y"], other["y"]], style, color=LINK_COLOUR, lw=0.9)
        place = (one["x"], other["x"], text)
        highest = told.get(place)
        if highest is None or one["y"] + other["y"] > highest[0]["y"] + highest[1]["y"]:
            told[place] = one, other
    for (_, _, text), (one, other) in told.items():
        axis.text(
            (one["x"] + other["x"]) / 2,
            (one["y"] + other["y"]) / 2,
            text,
            ha="center",
            va="center",
            fontsize=7,
            bbox={"boxstyle": "square,pad=0.15", "fc": "white", "ec": "none"},
            zorder=4,
        )


def _draw_map(axis: Any, placed: Sequence[Entry]) -> None:
    for slice_id, members in _by_slice(placed).items():
        axis.scatter(
            [node["x_m"] for node in members],
            [node["y_m"] for node in members],
            s=22,
            label="UE" if slice_id == NO_SLICE else f"UE of slice {slice_id}",
            **_look(slice_id, placed),
        )
    masts = [node for node in placed if node["kind"] != "ue"]
    axis.scatter(
        [node["x_m"] for node in masts],
        [node["y_m"] for node in masts],
        marker="*",
        s=130,
        color=COLOURS[4],
        ec="black",
        label=" and ".join(dict.fromkeys(node["name"] for node in masts)),
    )
    axis.set(xlabel="x [m]", ylabel="y [m]")
    axis.margins(0.1)
    axis.set_aspect("equal", adjustable="datalim")


def _by_slice(nodes: Sequence[Entry]) -> dict[int, list[Entry]]:
    groups: dict[int, list[Entry]] = {}
    for node in nodes:
        if node["kind"] == "ue":
            groups.setdefault(node.get("slice", NO_SLICE), []).append(node)
    return groups


def _look(slice_id: int, nodes: Sequence[Entry]) -> dict[str, Any]:
    i = sorted(_by_slice(nodes)).index(slice_id)
    return {
        "color": COLOURS[i % len(COLOURS)],
        "marker": MARKERS[(i + i // len(COLOURS)) % len(MARKERS)],
        "ec": "white",
        "lw": 0.4,
    }


def wire_text(wire: Entry) -> str:
    """Writes the rate and the delay of a wire."""
    rate = wire["rate_bps"]
    least, unit = next((unit for unit in RATE_UNITS if rate >= unit[0]), RATE_UNITS[-1])
    return f"{rate / least:.4g} {unit}\n{wire['delay_s'] * 1e3:.4g} ms"


def air_text(air: Entry) -> str:
    """Writes the bandwidth of a radio."""
    return f"air\n{air['bandwidth_hz'] / 1e6:.4g} MHz"


def _table(topology: Mapping[str, Any]) -> pd.DataFrame:
    nodes = pd.DataFrame(topology["nodes"]).assign(row="node")
    links = pd.DataFrame([*topology["wires"], *topology["airs"]]).assign(row="link")
    table = pd.concat([nodes, links], ignore_index=True)
    return table[["row", *(column for column in table.columns if column != "row")]]
