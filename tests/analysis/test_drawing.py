"""Folders of figures: what is drawn, what is left alone, any scenario at all."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pytest

from analysis.comparison import compare
from analysis.drawing import draw_results, draw_runs
from analysis.errors import FileInTheWay, StoreReadError
from analysis.figures import edge_cloud
from analysis.figures.panels import LEGEND_INCH_A_ROW
from analysis.store_reader import read_store
from analysis.style import ONE_COLUMN_INCH, TWO_COLUMNS_INCH, style
from tests.analysis.stores import capacity_run, edge_run, write_run

FIELDS = (
    {"name": "hot_air", "unit": "K", "meaning": "of the room"},
    {"name": "counter", "unit": "1", "meaning": "borders passed"},
)


def other_run(folder: Path) -> Path:
    steps = pd.DataFrame(
        {
            "step": [1, 1, 2, 2],
            "t_sim_s": [10.0, 10.0, 20.0, 20.0],
            "cell": [0, 1, 0, 1],
            "hot_air": [1.0, 3.0, 5.0, 9.0],
            "counter": [1.0, 1.0, 2.0, 2.0],
        }
    )
    return write_run(folder, "other", steps, {}, observation=FIELDS)


def test_a_scenario_without_figures_of_its_own_gets_its_fields(tmp_path: Path) -> None:
    (drawn,) = draw_results(other_run(tmp_path / "a"), tmp_path / "out")
    assert sorted(path.name for path in drawn.files) == [
        *("counter.csv", "counter.pdf", "counter.png", "counter.svg"),
        *("hot-air.csv", "hot-air.pdf", "hot-air.png", "hot-air.svg", "runs.csv"),
    ]
    table = pd.read_csv(tmp_path / "out" / "other" / "hot-air.csv")
    assert table[["mean", "min", "max"]].to_numpy().tolist() == [[2, 1, 3], [7, 5, 9]]


def test_drawing_again_is_the_same_and_clears_what_is_out_of_date(tmp_path: Path) -> None:
    folder = other_run(tmp_path / "a")
    (first,) = draw_results(folder, tmp_path / "out")
    before = {path: path.read_bytes() for path in first.files}
    note = first.folder / "notes.txt"
    note.write_text("mine")
    (second,) = draw_results(folder, tmp_path / "out")
    assert {path: path.read_bytes() for path in second.files} == before
    description = json.loads((folder / "description.json").read_text())
    description["observation"].pop()
    (folder / "description.json").write_text(json.dumps(description))
    draw_results(folder, tmp_path / "out")
    left = {path.name for path in first.folder.iterdir()}
    assert left == {
        *("hot-air.csv", "hot-air.pdf", "hot-air.png", "hot-air.svg"),
        *("runs.csv", "notes.txt", "figures.json"),
    }
    assert note.read_text() == "mine"


def test_figures_are_as_wide_as_columns_of_a_paper(tmp_path: Path) -> None:
    edge_run(tmp_path / "store" / "a")
    capacity_run(tmp_path / "store" / "b", "transport")
    widths = {}
    for drawn in draw_results(tmp_path / "store", tmp_path / "out"):
        for path in drawn.files:
            if path.suffix == ".svg":
                width_pt = float(re.findall(r'<svg .*?width="([\d.]+)pt"', path.read_text())[0])
                widths[path.stem] = round(width_pt / 72, 3)
    assert set(widths.values()) == {ONE_COLUMN_INCH, TWO_COLUMNS_INCH}
    one_column = {name for name, width in widths.items() if width == ONE_COLUMN_INCH}
    assert one_column == {"cost-formula", "energy-latency", "latency-cdf", "losses"}


def test_a_narrow_figure_grows_by_the_rows_of_its_legend(tmp_path: Path) -> None:
    heights = []
    for count in (1, 4):
        for i in range(count):
            edge_run(tmp_path / str(count) / str(i), settings={"share": 0.1 + i / 1024})
        (comparison,) = compare(read_store(tmp_path / str(count)))
        with style() as plt:
            figure, _ = edge_cloud.latency_cdf(plt, comparison)
            heights.append(figure.get_figheight())
            plt.close(figure)
    assert heights[1] - heights[0] == pytest.approx(3 * LEGEND_INCH_A_ROW)


def test_files_of_others_are_not_overwritten(tmp_path: Path) -> None:
    store = tmp_path / "store"
    edge_run(store / "a")
    other_run(store / "b")
    mine = tmp_path / "out" / "other" / "counter.csv"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    with pytest.raises(FileInTheWay, match=r"other/counter\.csv is in the way"):
        draw_results(store, tmp_path / "out")
    assert mine.read_text() == "mine"
    assert not (tmp_path / "out" / "edge-cloud").exists()


@pytest.mark.parametrize("text", ["{", "[]", '{"figures": 1}'])
def test_a_damaged_list_of_figures_is_told(text: str, tmp_path: Path) -> None:
    folder = edge_run(tmp_path / "a")
    (tmp_path / "out" / "edge-cloud").mkdir(parents=True)
    (tmp_path / "out" / "edge-cloud" / "figures.json").write_text(text)
    with pytest.raises(FileInTheWay, match=r"figures\.json is in the way: it lists no figures"):
        draw_results(folder, tmp_path / "out")


def test_a_list_of_figures_cannot_reach_out_of_its_folder(tmp_path: Path) -> None:
    folder = other_run(tmp_path / "a")
    (tmp_path / "out" / "other").mkdir(parents=True)
    precious = tmp_path / "out" / "precious.csv"
    precious.write_text("mine")
    (tmp_path / "out" / "other" / "figures.json").write_text(
        json.dumps({"files": ["../precious.csv"]})
    )
    draw_results(folder, tmp_path / "out")
    assert precious.read_text() == "mine"


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    folder = edge_run(tmp_path / "a")
    (tmp_path / "out").write_text("a file")
    with pytest.raises(FileInTheWay, match="cannot write figures to"):
        draw_results(folder, tmp_path / "out")


def test_runs_that_do_not_belong_together(tmp_path: Path) -> None:
    folders = [edge_run(tmp_path / "a"), other_run(tmp_path / "b")]
    with pytest.raises(StoreReadError, match="one scenario with the same parameters are required"):
        draw_runs(folders, tmp_path / "out")
