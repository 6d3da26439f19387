"""Tables of figures: each scenario's own columns, in its own units."""

from __future__ import annotations

from typing import Any

import pytest

from pyctl.cli.summary import cells_of, headings


def of_slices(**figures: Any) -> dict[str, Any]:
    return {"per_slice": {"1": figures}}


@pytest.mark.parametrize(
    ("summary", "expected"),
    [
        (of_slices(r_mean=1, offered_mean=2e6, thp_dl_mean=1e6), ["r", "throughput/user Mbit/s"]),
        (
            of_slices(offered_mean=2e6, delivered_mean=1e6, unused_mean=0.5, cost_mean=1),
            ["offered Mbit/s", "delivered Mbit/s", "over-provisioned %", "cost"],
        ),
        ({"per_node": {"0": {"offered_mean": 75.0, "share_mean": 1.0}}}, ["offered", "share"]),
        (
            {
                "per_site": {
                    "0": {"offered_mean": 2e6, "delivered_mean": 2e6, "allocated_mean": 3e6}
                }
            },
            ["offered Mbit/s", "delivered Mbit/s", "allocated Mbit/s"],
        ),
    ],
)
def test_columns(summary: dict[str, Any], expected: list[str]) -> None:
    assert headings(summary) == expected


def test_cells_are_in_the_headings_units() -> None:
    figures = of_slices(offered_mean=2.5e6, delivered_mean=1e6, sla_violated_mean=0.25)
    assert cells_of(figures) == [("1", "2.50", "1.00", "25.0")]
    assert cells_of(of_slices(mos_mean=None)) == [("1", "-")]
