"""Small stores of runs with numbers that can be followed by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

INTERVAL_S = 10.0


def write_run(
    folder: Path,
    scenario: str,
    steps: pd.DataFrame,
    context: dict[str, Any],
    *,
    allocator: str = "equal",
    settings: dict[str, Any] | None = None,
    seed: int = 1,
    parameters: dict[str, Any] | None = None,
    rewards: tuple[float, ...] = (),
    histograms: pd.DataFrame | None = None,
    topology: dict[str, Any] | None = None,
    summary: dict[str, Any] | None = None,
    observation: tuple[dict[str, Any], ...] = (),
) -> Path:
    """Writes a run's folder as the runner does."""
    folder.mkdir(parents=True)
    steps.to_parquet(folder / "steps.parquet", index=False)
    borders = steps[["step", "t_sim_s"]].drop_duplicates()
    borders.assign(reward=rewards or 0.0).to_parquet(folder / "intervals.parquet", index=False)
    if histograms is not None:
        histograms.to_parquet(folder / "histograms.parquet", index=False)
    documents = {
        "config": {
            "scenario": scenario,
            "allocator": allocator,
            "allocator_settings": settings or {},
            "seed": seed,
            "parameters": parameters or {},
            "mask_sha256": None,
        },
        "description": {
            "scenario": scenario,
            "context": {"interval_s": INTERVAL_S, **context},
            "observation": list(observation),
        },
        "summary": summary or {"steps": int(steps["step"].max())},
        **({"topology": topology} if topology else {}),
    }
    for name, value in documents.items():
        (folder / f"{name}.json").write_text(json.dumps(value))
    return folder


E2E_CONTEXT = {
    "slices": [
        {"id": 1, "target_bps": 4e6, "max_degradation": 0.1},
        {"id": 2, "target_bps": 4e6, "max_degradation": 0.1},
    ],
    "slot_s": 5.0,
    "rate_max_mbps": 50.0,
    "cpu_max_millicores": 4000.0,
}


def e2e_steps(q_mbps: float = 6.0) -> pd.DataFrame:
    """Two intervals of two slots; slice 2 has no viewers in the very last slot."""
    rows = []
    for step in (1, 2):
        for slice_id in (1, 2):
            for slot in (0, 1):
                alone = (step, slice_id, slot) == (2, 2, 1)
                rows.append(
                    {
                        "step": step,
                        "t_sim_s": INTERVAL_S * step,
                        "slice": slice_id,
                        "slot": slot,
                        "rate": 10.0 * slice_id,
                        "rate_used": 1e6 * (slice_id + step),
                        "cpu": 1000.0,
                        "cpu_used": 100.0 * step,
                        "degradation": 0.5 / step,
                        "users": 0.0 if alone else 2.0,
                        "q_dl": 0.0 if alone else 1e6 * (q_mbps + slot),
                    }
                )
    return pd.DataFrame(rows)


E2E_TOPOLOGY = {
    "nodes": [
        {"name": "video server", "kind": "server", "x": 0, "y": 0},
        {"name": "gNB", "kind": "gnb", "x": 1, "y": 0, "x_m": 0, "y_m": 0},
        {"name": "UE 0", "kind": "ue", "x": 2, "y": 0.5, "slice": 1, "x_m": 40, "y_m": 5},
        {"name": "UE 1", "kind": "ue", "x": 2, "y": -0.5, "slice": 2, "x_m": -30, "y_m": 20},
    ],
    "wires": [{"from": "video server", "to": "gNB", "rate_bps": 2.5e9, "delay_s": 0.0015}],
    "airs": [
        {"from": "gNB", "to": "UE 0", "bandwidth_hz": 2e7},
        {"from": "gNB", "to": "UE 1", "bandwidth_hz": 2e7},
    ],
}

EDGE_CONTEXT = {
    "nodes": [
        {"id": 0, "kind": "edge"},
        {"id": 1, "kind": "edge"},
        {"id": 2, "kind": "cloud"},
    ],
}


def edge_steps(latency_s: float = 0.1) -> pd.DataFrame:
    """Two intervals; edge 1 has three times the requests of edge 0, and twice its latency."""
    rows = []
    for step in (1, 2):
        for node in (0, 1, 2):
            edge = node < 2
            rows.append(
                {
                    "step": step,
                    "t_sim_s": INTERVAL_S * step,
                    "node": node,
                    "offered": (10.0, 30.0, 0.0)[node] * step,
                    "processed": (10.0, 20.0, 10.0)[node] * step,
                    "latency": latency_s * (node + 1) if edge else 0.0,
                    "share": (0.2, 0.3, 0.25)[node],
                    "utilisation": 0.1 * (node + step),
                    "power": 100.0 * (node + 1) * step,
                }
            )
    return pd.DataFrame(rows)


def edge_histograms(counts: tuple[int, ...]) -> pd.DataFrame:
    """Latencies counted in bins of 10 to 20, 20 to 40 and 40 to 80 ms, in the second interval."""
    low_s = (0.01, 0.02, 0.04)
    return pd.DataFrame(
        [
            {
                "field": "latency_histogram",
                "step": 2,
                "t_sim_s": 2 * INTERVAL_S,
                "node": 0,
                "bin": i,
                "low_s": low_s[i],
                "high_s": 2 * low_s[i],
                "count": count,
            }
            for i, count in enumerate(counts)
            if count
        ]
    )


def edge_run(folder: Path, counts: tuple[int, ...] = (2, 0, 2), **more: Any) -> Path:
    """Writes a run of two edges and a cloud that lost 5 of 100 requests."""
    dropped = {"rejected": 2, "timed_out": 3}
    summary = {"conservation": {"sent": 100, "received": 95, "dropped": dropped}}
    return write_run(
        folder,
        "edge-cloud",
        more.pop("steps", edge_steps()),
        EDGE_CONTEXT,
        histograms=edge_histograms(counts),
        **{"summary": summary, **more},
    )


def e2e_run(folder: Path, q_mbps: float = 6.0, **more: Any) -> Path:
    """Writes a run of two slices."""
    return write_run(
        folder,
        "e2e-slice",
        e2e_steps(q_mbps),
        E2E_CONTEXT,
        topology=E2E_TOPOLOGY,
        **{"rewards": (-1.5, -0.75), **more},
    )


# 8 of an interval's 10 s are measured: as many bit/s as bytes.
CAPACITY_CONTEXT = {
    "slices": [{"id": 1, "peak_bps": 10e6}, {"id": 2, "peak_bps": 4e6}],
    "warmup_s": 2.0,
    "interval_real_s": 300,
    "mask": "profile",
}
CAPACITY_USES: dict[str, dict[str, Any]] = {
    "transport": {"use_case": "transport", "violation_fee": 2.0},
    "cell": {"use_case": "cell", "qoe_penalty": 3.0, "prbs": 50.0},
}


def transport_steps(reserved_mbps: float = 8.0) -> pd.DataFrame:
    """Two intervals; service 1 asks for 5, then 10 Mbit/s, service 2 for 2 of its 3."""
    columns = ["step", "slice", "offered", "delivered", "reserved", "mos", "cost_sla", "cost_over"]
    r = reserved_mbps
    rows = [
        (1, 1, 5e6, 5e6, r, 4.2, 0.0, (r - 5) / 10),
        (1, 2, 2e6, 2e6, 3.0, 4.2, 0.0, 0.25),
        (2, 1, 10e6, r * 1e6, r, 3.4, 2.0, 0.0),
        (2, 2, 2e6, 2e6, 3.0, 4.2, 0.0, 0.25),
    ]
    table = pd.DataFrame(rows, columns=columns).assign(admitted=1.0)
    table["t_sim_s"] = INTERVAL_S * table["step"]
    table["over_provisioned"] = table["reserved"] * 1e6 - table["delivered"]
    return table.assign(cost=table["cost_sla"] + table["cost_over"])


def cell_steps() -> pd.DataFrame:
    """Two intervals; slice 1 has too much, then too little; slice 2 is admitted in the first."""
    kpis = ["offered", "delivered", "over_provisioned", "reserved", "prb_used_dl", "mos"]
    judged = ["cost_sla", "cost_over", "revenue", "admitted"]
    rows = [
        (1, 1, 5e6, 5e6, 1e6, 0.5, 20.0, 4.2, 0.0, 0.1, 0.1, 1.0),
        (1, 2, 2e6, 2e6, 0.0, 0.2, 10.0, 4.2, 0.0, 0.0, 0.04, 1.0),
        (2, 1, 10e6, 9e6, 0.0, 0.5, 25.0, 3.8, 0.06, 0.0, 0.1, 1.0),
        (2, 2, 0.0, 0.0, 0.0, 0.0, 0.0, 4.2, 0.0, 0.0, 0.0, 0.0),
    ]
    table = pd.DataFrame(rows, columns=["step", "slice", *kpis, *judged])
    table["t_sim_s"] = INTERVAL_S * table["step"]
    return table.assign(cost=table["cost_sla"] + table["cost_over"] - table["revenue"])


def capacity_run(folder: Path, use: str, steps: pd.DataFrame | None = None, **more: Any) -> Path:
    """Writes a run of two slices, from Monday 1:00 on."""
    usual = transport_steps() if use == "transport" else cell_steps()
    return write_run(
        folder,
        "capacity",
        usual if steps is None else steps,
        {**CAPACITY_CONTEXT, **CAPACITY_USES[use], **more.pop("context", {})},
        topology=E2E_TOPOLOGY,
        parameters={"use_case": use, "first_interval": 12},
        **more,
    )
