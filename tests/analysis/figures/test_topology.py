"""Pictures of networks: names, figures of links, places of users."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.comparison import compare
from analysis.figures import topology
from analysis.store_reader import read_run
from analysis.style import style
from tests.analysis.stores import e2e_run, edge_run


def texts(axis: Any) -> list[str]:
    return [text.get_text() for text in axis.texts]


def test_rates_and_delays_have_units() -> None:
    wire = {"rate_bps": 2e8, "delay_s": 0.020222}
    assert topology.wire_text(wire) == "200 Mbit/s\n20.22 ms"
    assert topology.wire_text({"rate_bps": 2.5e9, "delay_s": 0}) == "2.5 Gbit/s\n0 ms"
    assert topology.wire_text({"rate_bps": 64e3, "delay_s": 0.3}) == "64 kbit/s\n300 ms"
    assert topology.air_text({"bandwidth_hz": 1.4e6}) == "air\n1.4 MHz"


def test_names_links_and_places_are_drawn(tmp_path: Path) -> None:
    (comparison,) = compare([read_run(e2e_run(tmp_path / "a"))])
    with style() as plt:
        figure, table = topology.network(plt, comparison)
        drawing, places = figure.axes
        assert sorted(texts(drawing)) == sorted(
            [
                *("video server", "gNB", "2.5 Gbit/s\n1.5 ms"),
                *("air\n20 MHz", "UEs of slice 1", "UEs of slice 2"),
            ]
        )
        assert places.get_xlabel() == "x [m]"
        offsets = [tuple(points.get_offsets()[0]) for points in places.collections]
        assert offsets == [(40, 5), (-30, 20), (0, 0)]
        plt.close(figure)
    links = table[table["row"] == "link"]
    assert list(links["to"]) == ["gNB", "UE 0", "UE 1"]
    assert links["rate_bps"].iloc[0] == 2.5e9
    assert table[table["row"] == "node"]["x_m"].dropna().tolist() == [0, 40, -30]


def test_users_of_no_slice_are_named_above_their_column(tmp_path: Path) -> None:
    # As edge-cloud has them with cells as access.
    network = {
        "nodes": [
            {"name": "edge 0", "kind": "edge", "x": 1, "y": 0},
            {"name": "UE 0.0", "kind": "ue", "x": 0, "y": 0.2, "x_m": 5, "y_m": 6},
            {"name": "UE 0.1", "kind": "ue", "x": 0, "y": -0.2, "x_m": -5, "y_m": 7},
        ],
        "wires": [],
        "airs": [{"from": "edge 0", "to": f"UE 0.{i}", "bandwidth_hz": 2e7} for i in (0, 1)],
    }
    folder = edge_run(tmp_path / "a")
    (folder / "topology.json").write_text(json.dumps(network))
    (comparison,) = compare([read_run(folder)])
    with style() as plt:
        figure, _ = topology.network(plt, comparison)
        drawing, places = figure.axes
        assert sorted(texts(drawing)) == ["UEs", "air\n20 MHz", "edge 0"]
        label = next(text for text in drawing.texts if text.get_text() == "UEs")
        assert label.get_position() == (0, 0.5)
        assert [tuple(each) for each in places.collections[0].get_offsets()] == [(5, 6), (-5, 7)]
        plt.close(figure)


@pytest.mark.parametrize(("edges", "named"), [(6, 6), (100, 25)])
def test_names_do_not_cover_each_other(edges: int, named: int, tmp_path: Path) -> None:
    column = [
        {"name": f"edge {i}", "kind": "edge", "x": 0, "y": (edges - 1) / 2 - i}
        for i in range(edges)
    ]
    network = {
        "nodes": [*column, {"name": "cloud", "kind": "cloud", "x": 1, "y": 0}],
        "wires": [
            {"from": node["name"], "to": "cloud", "rate_bps": 1e9, "delay_s": 0.001}
            for node in column
        ],
        "airs": [],
    }
    (comparison,) = compare([read_run(edge_run(tmp_path / "a", topology=network))])
    with style() as plt:
        figure, _ = topology.network(plt, comparison)
        figure.canvas.draw()
        (axis,) = figure.axes
        assert texts(axis).count("1 Gbit/s\n1 ms") == 1
        boxes = [
            text.get_bbox_patch().get_window_extent()
            for text in axis.texts
            if text.get_text().startswith("edge")
        ]
        plt.close(figure)
    assert len(boxes) == named
    bottoms = np.array([box.y0 for box in boxes])
    tops = np.array([box.y1 for box in boxes])
    assert (bottoms[:-1] > tops[1:]).all()


def test_nodes_without_places_have_no_map(tmp_path: Path) -> None:
    network = {
        "nodes": [{"name": "cloud", "kind": "cloud", "x": 0, "y": 0}],
        "wires": [],
        "airs": [],
    }
    (comparison,) = compare([read_run(edge_run(tmp_path / "a", topology=network))])
    with style() as plt:
        figure, table = topology.network(plt, comparison)
        assert len(figure.axes) == 1
        plt.close(figure)
    assert isinstance(table, pd.DataFrame)
    assert table["name"].tolist() == ["cloud"]
