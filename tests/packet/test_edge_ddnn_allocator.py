"""Co-simulations of `edge-ddnn` with its allocator: what the network says is what is in force."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import torch

from agents.ddnn import demands
from tests.agents.ddnn.files import NORMALISER, SITES, UNITS_AT_PEAK, lively, write_all
from tests.packet.commands import refused, run, steps_of, summary

SMALL = {"peak_mbps": 0.4, "most_mbps": 0.8, "wan_background": 0, "steps": 4}
PEAK_BPS = 4e5

Floats = npt.NDArray[np.float64]


def write_mask(path: Path, steps: int) -> None:
    shares = np.random.default_rng(2).uniform(0.2, 0.9, (steps, len(SITES)))
    header = "step," + ",".join(f"site_{site}" for site in SITES)
    rows = [f"{step}," + ",".join(map(repr, row)) for step, row in enumerate(shares.tolist())]
    path.write_text("\n".join([header, *rows]) + "\n")


def play(folder: Path, allocator: str, *settings_given: str, **params: Any) -> pd.DataFrame:
    """Runs in this process, the simulation in its own; returns a row for each step and site."""
    settings = write_all(folder)
    values = {**SMALL, "mask_file": folder / "mask.csv", **params}
    write_mask(folder / "mask.csv", values["steps"])
    options = [
        *(word for name, value in values.items() for word in ("--set", f"{name}={value}")),
        *(w for name, value in settings.items() for w in ("--allocator-set", f"{name}={value}")),
        *(w for text in settings_given for w in ("--allocator-set", text)),
    ]
    words = ("--allocator", allocator, *options, "--json")
    found = summary(run("edge-ddnn", *words, out=folder / "out"))
    assert sum(found["repairs"].values()) == 0
    return steps_of(found)


def table(steps: pd.DataFrame, column: str) -> npt.NDArray[np.float32]:
    """Values as [step, site]; what belongs to the edge is the same for all sites."""
    return steps.pivot(index="step", columns="site", values=column).to_numpy(np.float32)


def windows_of(folder: Path, offered: npt.NDArray[np.float32]) -> torch.Tensor:
    """Normalised windows before each step: the file's day, then what was offered."""
    units = offered.astype(np.float64) / (PEAK_BPS / UNITS_AT_PEAK)
    series = np.vstack([demands.read(folder / "demands.json").history, units])
    values = NORMALISER.normalise(series)
    lags = np.stack([values[step : step + 144].T for step in range(len(offered))])
    return torch.as_tensor(lags, dtype=torch.float32)


def in_bps(allocation: torch.Tensor) -> npt.NDArray[np.float32]:
    raw = NORMALISER.denormalise(allocation.numpy().astype(np.float64))
    # Nothing below 0 is ever allocated.
    return (raw.clip(min=0) * (PEAK_BPS / UNITS_AT_PEAK)).astype(np.float32)


def exits(folder: Path, steps: pd.DataFrame) -> tuple[npt.NDArray[np.float32], ...]:
    """Allocations of both exits of the whole network, window by window [bit/s]."""
    with torch.no_grad():
        whole = [lively()(window[None]) for window in windows_of(folder, table(steps, "offered"))]
    return tuple(
        np.concatenate([in_bps(getattr(each, name)) for each in whole])
        for name in ("local", "remote")
    )


def test_always_remote_has_the_whole_networks_output_in_force(tmp_path: Path) -> None:
    steps = play(tmp_path, "ddnn", "policy=always-remote")
    local, remote = exits(tmp_path, steps)
    assert np.ptp(remote) > 1e4
    assert (remote > 0).all()
    # Bit for bit: z and answer are float32 on the wire and in the message that the simulation
    # carries, and nothing is computed twice in another order.
    assert np.array_equal(table(steps, "allocated"), remote)
    assert np.array_equal(table(steps, "local_decided"), local)
    assert (table(steps, "answered") == 1).all()


def test_always_local_has_the_local_exits_and_asks_nobody(tmp_path: Path) -> None:
    steps = play(tmp_path, "ddnn", "policy=always-local")
    assert np.array_equal(table(steps, "allocated"), exits(tmp_path, steps)[0])
    assert (table(steps, "offloaded") == 0).all()


def test_the_oracle_asks_where_the_true_gain_says_so(tmp_path: Path) -> None:
    steps = play(tmp_path, "ddnn-oracle", "transmission_cost=140")
    local, remote = exits(tmp_path, steps)
    shares = pd.read_csv(tmp_path / "mask.csv").to_numpy()[:, 1:]
    span = (NORMALISER.high - NORMALISER.low) * (PEAK_BPS / UNITS_AT_PEAK)  # of 1 [bit/s]

    def cost(allocated: npt.NDArray[np.float32]) -> Floats:
        gap = (allocated - shares * PEAK_BPS) / span
        found: Floats = np.where(gap > 0, gap, 50 * gap**2).sum(axis=1)
        return found

    wished = cost(local) - cost(remote) > 140
    assert 0 < wished.sum() < len(wished)
    assert np.array_equal(table(steps, "offloaded")[:, 0], wished)


def test_wan_down_is_always_local_until_an_echo_comes(tmp_path: Path) -> None:
    steps = play(tmp_path, "ddnn", "policy=always-remote", failures="2-8", steps=11)
    asked = table(steps, "offload_decided")[:, 0]
    answered = table(steps, "answered")[:, 0]
    # Three questions without an answer in slots 2 to 4, then probes; that of slot 8 comes back.
    assert answered.tolist() == [1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1]
    assert asked.tolist() == [1, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1]
    assert table(steps, "lost")[2:8, 0].tolist() == [1] * 6
    local, remote = exits(tmp_path, steps)
    allocated = table(steps, "allocated")
    assert np.array_equal(allocated[2:9], local[2:9])
    assert np.array_equal(allocated[9:], remote[9:])


def test_same_seed_same_decisions(tmp_path: Path) -> None:
    words = ("policy=random", "probability=0.5")
    found = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        found.append(play(tmp_path / name, "ddnn", *words, steps=8))
    pd.testing.assert_frame_equal(*found)
    assert 0 < table(found[0], "offloaded")[:, 0].sum() < 8


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--set", "sites=15"), "decides local and remote of 16 sites"),
        (("--allocator-set", "policy=mll"), "policy is 'mll'; one of ml, gain, expected"),
        (("--allocator-set", "policy=ml"), "policy=ml needs the setting model"),
        (("--allocator-set", "eta=1"), "eta is 1.0, and policy=always-remote has none"),
    ],
)
def test_what_does_not_fit_is_refused(words: tuple[str, ...], said: str, tmp_path: Path) -> None:
    files = [f"{name}={value}" for name, value in write_all(tmp_path).items()]
    named = [word for text in files for word in ("--allocator-set", text)]
    out = tmp_path / "out"
    refused(run("edge-ddnn", "--allocator", "ddnn", *named, *words, out=out), said)
    assert not out.exists()
