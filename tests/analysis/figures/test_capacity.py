"""Figures of `capacity`: their numbers, by hand, from a small store of each use case."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.container import BarContainer

from analysis.comparison import compare
from analysis.drawing import draw_results
from analysis.figures import capacity
from analysis.figures.capacity_cost import errors, formula
from analysis.store_reader import read_run
from analysis.style import style
from tests.analysis.stores import capacity_run, cell_steps, transport_steps

Tables = dict[str, pd.DataFrame]


def drawn(store: Path) -> Tables:
    (found,) = draw_results(store, store / "out")
    assert found.left_out == {}
    for path in found.files:
        assert path.stat().st_size > (5000 if path.suffix != ".csv" else 40)
    return {path.stem: pd.read_csv(path) for path in found.files if path.suffix == ".csv"}


@pytest.fixture(scope="module")
def transport(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """The CSV files of two allocators, one of them with two seeds."""
    store = tmp_path_factory.mktemp("transport")
    capacity_run(store / "a", "transport", seed=1)
    capacity_run(store / "b", "transport", transport_steps(6.0), seed=2)
    capacity_run(store / "c", "transport", transport_steps(9.0), allocator="traffic")
    return drawn(store)


@pytest.fixture(scope="module")
def cell(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """The CSV files of an allocator that rejects slice 2 in the end, and of one that never does."""
    store = tmp_path_factory.mktemp("cell")
    capacity_run(store / "a", "cell")
    all_in = cell_steps().assign(admitted=1.0)
    last = (all_in["step"] == 2) & (all_in["slice"] == 2)
    all_in.loc[last, ["offered", "delivered", "revenue", "cost"]] = 3e6, 3e6, 0.04, -0.04
    capacity_run(store / "b", "cell", all_in, allocator="traffic")
    return drawn(store)


def of(table: pd.DataFrame, **wanted: object) -> list[float]:
    for column, value in wanted.items():
        table = table[table[column] == value]
    return [float(value) for value in table["mean"]]


def test_every_figure_is_there(transport: Tables, cell: Tables) -> None:
    both = {"topology", "reservation", "cost", "cost-formula", "mos", "mos-cdf", "runs"}
    assert set(transport) == both
    assert set(cell) == {*both, "admission"}


def test_what_services_reserve_and_get(transport: Tables) -> None:
    table = transport["reservation"]
    assert of(table, allocator="equal", slice=1, quantity="reserved [Mbit/s]") == [7, 7]
    assert of(table, allocator="equal", slice=1, quantity="delivered [Mbit/s]") == [5, 7]
    assert of(table, allocator="traffic", slice=2, quantity="reserved [Mbit/s]") == [3, 3]
    offered = table[table["quantity"] == "offered [Mbit/s]"]
    assert set(offered["allocator"]) == {"all"}
    assert of(offered, slice=1) == [5, 10]
    assert "used [share of PRBs]" not in set(table["quantity"])
    # Intervals 12 and 13 of the week, of 5 minutes each: their middles.
    assert sorted(set(table["time_h"])) == pytest.approx([12.5 / 12, 13.5 / 12], rel=1e-5)


def test_what_slices_of_a_cell_reserve_and_get(cell: Tables) -> None:
    table = cell["reservation"]
    # PRBs that delivered 5 Mbit/s, and others worth 1 Mbit/s that were not used.
    assert of(table, allocator="equal", slice=1, quantity="reserved [Mbit/s]") == [6, 9]
    assert of(table, allocator="equal", slice=2, quantity="reserved [Mbit/s]") == [2, 0]
    assert of(table, allocator="equal", slice=1, quantity="used [share of PRBs]") == [0.4, 0.5]
    assert of(table, allocator="equal", slice=2, quantity="reserved [share of PRBs]") == [0.2, 0]
    # The load is that of the allocator that admits the slice.
    assert of(table, slice=2, quantity="offered [Mbit/s]") == [2, 3]


def test_costs_by_part(transport: Tables, cell: Tables) -> None:
    table = transport["cost"]
    # Over-provisioned 0.3 and 0.1 peaks in the first of two intervals; a fee of 2 in the second.
    assert of(table, allocator="equal", slice=1, quantity="over-provisioning") == [0.1]
    assert of(table, allocator="equal", slice=1, quantity="SLA") == [1]
    assert of(table, allocator="equal", slice=1, quantity="cost") == pytest.approx([1.1])
    one = table[(table["allocator"] == "equal") & (table["slice"] == 1)].set_index("quantity")
    assert list(one.loc["cost", ["low", "high"]]) == pytest.approx([1.05, 1.15])
    together = table[table["slice"].isna()]
    assert of(together, allocator="equal", quantity="cost") == pytest.approx([(1.1 + 0.25) / 2])
    assert "revenue" not in set(table["quantity"])
    table = cell["cost"]
    assert of(table, allocator="equal", slice=1, quantity="revenue") == [0.1]
    assert of(table, allocator="equal", slice=1, quantity="cost") == pytest.approx([-0.02])
    assert of(table, allocator="equal", slice=2, quantity="cost") == pytest.approx([-0.02])


def test_bars_add_up(tmp_path: Path) -> None:
    (comparison,) = compare([read_run(capacity_run(tmp_path / "a", "cell"))])
    (costs,) = (figure for figure in capacity.figures_of(comparison) if figure.name == "cost")
    with style() as plt:
        figure, _ = costs.draw(plt, comparison)
        (axis,) = figure.axes
        sla, over, revenue = (bars for bars in axis.containers if isinstance(bars, BarContainer))
        tops = [bar.get_y() + bar.get_height() for bar in over]
        assert [bar.get_y() for bar in over] == [bar.get_height() for bar in sla]
        assert tops == pytest.approx([0.08, 0, 0.04])
        assert [bar.get_height() for bar in revenue] == pytest.approx([-0.1, -0.02, -0.06])
        plt.close(figure)


def test_measured_costs_beside_the_formula(transport: Tables, cell: Tables) -> None:
    table = transport["cost-formula"]
    one = table[(table["allocator"] == "equal") & (table["seed"] == 1)].sort_values("step")
    # Of slice 1: 8 of 5 and of 10 Mbit/s at a peak of 10; of slice 2: 3 of 2 at one of 4.
    assert one[one["slice"] == 1]["error"].tolist() == pytest.approx([0.3, -0.2])
    assert one[one["slice"] == 1]["cost"].tolist() == pytest.approx([0.3, 2])
    assert one[one["slice"] == 2]["error"].tolist() == [0.25, 0.25]
    assert one["formula"].tolist() == pytest.approx(one["cost"].tolist())
    table = cell["cost-formula"].set_index(["allocator", "slice", "step"]).loc["equal"]
    assert len(table) == 3  # slice 2 was rejected in the second interval
    assert table["error"].to_dict() == pytest.approx({(1, 1): 0.1, (1, 2): -0.1, (2, 1): 0})
    # In revenues of the slice.
    assert table["cost"].to_dict() == pytest.approx({(1, 1): 0, (1, 2): -0.4, (2, 1): -1})


def test_the_formulas_are_the_papers() -> None:
    at = np.array([-0.2, 0, 0.02, 0.06, 0.1, 0.5])
    service = {"use_case": "transport", "violation_fee": 1.5}
    assert formula(service, at).tolist() == [1.5, 0, 0.02, 0.06, 0.1, 0.5]
    expected = [2, -1, -1, -0.5, 0, 5]  # spec of paper 000, section 1, over R
    # The tanh is 0.7 % short of its limit at no error, less beyond.
    found = formula({"use_case": "cell", "qoe_penalty": 3.0}, at)
    assert found.tolist() == pytest.approx(expected, abs=0.01)
    # Half of K is lost where -60 e = 3.
    half = formula({"use_case": "cell", "qoe_penalty": 3.0}, np.array([-0.05]))
    assert half.tolist() == pytest.approx([0.5])


def test_a_slice_of_no_peak_counts_in_the_largest(tmp_path: Path) -> None:
    slices = [{"id": 1, "peak_bps": 10e6}, {"id": 2, "peak_bps": 0.0}]
    run = read_run(capacity_run(tmp_path / "a", "transport", context={"slices": slices}))
    table = errors(run)
    assert table[table["slice"] == 2]["error"].tolist() == pytest.approx([0.1, 0.1])


def test_opinions(transport: Tables, cell: Tables) -> None:
    assert of(transport["mos"], allocator="equal", slice=1) == [4.2, 3.4]
    table = transport["mos-cdf"]
    for _, curve in table.groupby(["allocator", "slice"]):
        assert curve["mos"].tolist() == pytest.approx(np.linspace(0, 5, 26))
        assert curve["mean"].is_monotonic_increasing
    curve = table[(table["allocator"] == "equal") & (table["slice"] == 1)].set_index("mos")["mean"]
    assert [curve[mos] for mos in (3.2, 3.4, 4.0, 4.2)] == [0, 0.5, 0.5, 1]
    # Who is not admitted asks for nothing, and has no opinion.
    assert of(cell["mos"], allocator="equal", slice=2) == [4.2]
    assert of(cell["mos"], allocator="traffic", slice=2) == [4.2, 4.2]


def test_admission(cell: Tables, tmp_path: Path) -> None:
    assert of(cell["admission"], allocator="equal", slice=2) == [1, 0]
    assert of(cell["admission"], allocator="traffic", slice=2) == [1, 1]
    (comparison,) = compare([read_run(capacity_run(tmp_path / "a", "cell"))])
    with style() as plt:
        figure, _ = capacity.admission(plt, comparison)
        axis = figure.axes[0]
        assert axis.get_title() == "equal: 75.0% of slices and intervals"
        (mesh,) = axis.collections
        assert mesh.get_array().tolist() == [[1, 1], [1, 0]]
        left, right = axis.get_xlim()
        assert (left, right) == pytest.approx((1, 1 + 1 / 6))
        assert "from Monday, 0:00" in axis.get_xlabel()
        plt.close(figure)


def test_only_the_profile_knows_the_week(tmp_path: Path) -> None:
    capacity_run(tmp_path / "a", "transport", context={"mask": "constant"})
    (comparison,) = compare([read_run(tmp_path / "a")])
    with style() as plt:
        figure, table = capacity.opinions(plt, comparison)
        assert figure.axes[-1].get_xlabel() == "time [h; an interval stands for 5 min]"
        plt.close(figure)
    assert sorted(set(table["time_h"])) == pytest.approx([0.5 / 12, 1.5 / 12])


def test_a_run_in_which_nothing_is_admitted_is_drawn(tmp_path: Path) -> None:
    none = cell_steps()
    for column in none.columns.difference(["step", "slice", "t_sim_s", "mos"]):
        none[column] = 0.0
    (comparison,) = compare([read_run(capacity_run(tmp_path / "a", "cell", none))])
    tables = {}
    with style() as plt:
        for entry in capacity.figures_of(comparison):
            figure, tables[entry.name] = entry.draw(plt, comparison)
            figure.canvas.draw()
            plt.close(figure)
    assert len(tables["cost-formula"]) == len(tables["mos"]) == len(tables["mos-cdf"]) == 0
    assert tables["cost"]["mean"].tolist() == [0] * 4 * 3  # parts of slices 1, 2 and of all
