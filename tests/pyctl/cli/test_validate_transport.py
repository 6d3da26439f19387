"""``slicebed validate transport``: its quick form for real, against what theory says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest


def validate(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pyctl.cli", "validate", "transport", *words],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The quick form, once."""
    out = tmp_path_factory.mktemp("transport")
    done = validate("--quick", "--json", "--strict", "--out", str(out))
    assert done.returncode == 0, done.stdout + done.stderr
    measures = json.loads(done.stdout)["measures"]
    return out, {entry["name"]: entry for entry in measures}


def test_every_bound_holds(study: tuple[Path, dict[str, Any]]) -> None:
    measures = study[1]
    bounds = {name: measures[f"transport.{name}"]["target"] for name in BOUNDS}
    assert bounds == BOUNDS
    assert all(measures[f"transport.{name}"]["ok"] for name in BOUNDS)


BOUNDS = {
    "rate_error_max": "<= 0.01",
    "change_buckets_max": "<= 1",
    "isolation_error_max": "<= 0.05",
    "rtt_error": "<= 0.01",
}


def test_the_unloaded_round_trip_is_that_of_a_ping(study: tuple[Path, dict[str, Any]]) -> None:
    # Propagation 1 + 20.222 ms, and 86 bytes at 1 Gbit/s and 100 Mbit/s, each way.
    expected = 2 * (21.222 + 86 * 8 / 1e6 + 86 * 8 / 1e5)
    assert study[1]["transport.rtt_unloaded_ms"]["value"] == pytest.approx(expected, abs=1e-5)
    assert expected == pytest.approx(42.46, rel=0.01)


def test_rates_are_right_to_a_few_packets(study: tuple[Path, dict[str, Any]]) -> None:
    table = pd.read_csv(study[0] / "rates.csv")
    assert table["set_bps"].tolist() == [1e6, 2e6, 5e6, 1e7, 2e7, 5e7, 1e8]
    # Counted over 5 s: one packet more or less.
    packets = (table["measured_bps"] - table["set_bps"]) * 5 / 12_000
    assert packets.abs().max() <= 1


def test_overload_of_b_costs_a_no_more_than_packets_on_the_wire(
    study: tuple[Path, dict[str, Any]],
) -> None:
    table = pd.read_csv(study[0] / "isolation.csv").set_index("load_b")
    # At its rate instead of half of it, B has the wire (100 Mbit/s) for 5 % of the time more; then
    # A waits for half a packet of 1502 bytes. Overload beyond that changes nothing.
    packet_s = 1502 * 8 / 100e6
    more_s = table["mean_delay_a_s"][3.0] - table["mean_delay_a_s"][0.5]
    assert more_s == pytest.approx(0.05 * packet_s / 2, rel=0.2)
    assert table["mean_delay_a_s"][3.0] == pytest.approx(table["mean_delay_a_s"][1.0], rel=0.005)


def test_round_trips_grow_with_load(study: tuple[Path, dict[str, Any]]) -> None:
    table = pd.read_csv(study[0] / "round-trips.csv")
    for percent in ("p50_ms", "p95_ms", "p99_ms"):
        assert table[percent].is_monotonic_increasing
    # The queue of 1000 packets of 1250 bytes at 100 Mbit/s holds 100 ms.
    assert table["p99_ms"].max() < 42.46 + 110


def test_figures_and_tables_are_there(study: tuple[Path, dict[str, Any]]) -> None:
    for name in ("rates", "changes", "isolation", "round-trips"):
        for suffix in (".png", ".pdf", ".svg", ".csv"):
            assert (study[0] / f"{name}{suffix}").stat().st_size > 100


def test_a_bad_seed_is_refused(tmp_path: Path) -> None:
    done = validate("--seed", "-1", "--out", str(tmp_path))
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
