"""A simulation in a few lines, with a description, for tests of what surrounds it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

CELLS, SLICES = 2, 2
KPIS = (
    *("thp_dl", "delay_dl", "delay_e2e", "delay_e2e_p95", "prb_used_dl", "active_ue", "cqi"),
    *("offered", "loss", "buffer", "r"),
)
OFFERED = [[1e6, 3e6], [2e6, 2e6]]


def field(name: str, high: float = 1.0, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "dtype": "float32",
        "shape": [CELLS, SLICES],
        "axes": ["cell", "slice"],
        "low": 0.0,
        "high": high,
        "unit": "1",
        "meaning": name,
        "standard": "",
        **more,
    }


def description(steps: int = 3) -> dict[str, Any]:
    return {
        "slicebed": 1,
        "scenario": "tiny",
        "summary": "two cells, two slices",
        "topology": "o--o\n",
        "parameters": [
            {"name": "steps", "type": "int", "default": 3, "value": steps, "unit": "intervals",
             "help": "length", "low": 1, "high": 100},
            {"name": "mask_file", "type": "string", "default": "", "value": "", "unit": "",
             "help": "traffic", "low": None, "high": None},
        ],
        "observation": [
            field(name, 1e9) for name in (*KPIS, "prb_max", "slice_active", "slice_present")
        ],
        "action": [field("prb_max", sum_axis="slice", sum_max=1.0)],
        "context": {
            "interval_s": 2.0,
            "steps": steps,
            "interval_real_s": 900,
            "cells": [{"id": 0}, {"id": 1}],
            "slices": [
                {"id": 1, "target_bps": 2e6, "delay_bound_s": 0.1},
                {"id": 4, "target_bps": 1e6, "delay_bound_s": 0.1},
            ],
        },
        "provenance": {"ns3": "3.44", "slicebed": "0.1.0", "build": "Release"},
    }  # fmt: skip


class TinySimulation:
    """Throughput is the share in force times the step, in Mbit/s; the reward is their mean."""

    def __init__(
        self,
        steps: int = 3,
        offered: Any = OFFERED,
        on_step: Callable[[int], object] = id,
    ) -> None:
        self.steps = steps
        self.offered = offered
        self.on_step = on_step
        self.step_count = 0
        self.actions: list[dict[str, Any]] = []
        self.closed = False

    def reset(self, *, seed: int | None = None) -> tuple[Any, dict[str, Any]]:
        self.seed = seed
        return self._fields(np.zeros((CELLS, SLICES))), self._info()

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        self.step_count += 1
        self.on_step(self.step_count)
        self.actions.append(action)
        throughput = action["prb_max"] * self.step_count * 1e6
        ended = self.step_count == self.steps
        return self._fields(throughput), float(throughput.mean()), False, ended, self._info()

    def close(self) -> None:
        self.closed = True

    def _fields(self, throughput: Any) -> dict[str, Any]:
        ones = np.ones((CELLS, SLICES), np.float32)
        return {
            **dict.fromkeys(KPIS, ones / 100),
            "thp_dl": np.asarray(throughput, np.float32),
            "r": ones / 2,
            "prb_max": ones / 2,
            "slice_active": ones,
            "slice_present": ones,
        }

    def _info(self) -> dict[str, Any]:
        info: dict[str, Any] = {"step": self.step_count, "t_sim_s": 2.0 * self.step_count}
        if self.step_count < self.steps:
            return {**info, "future": {"offered": self.offered}}
        packets = {"sent": 10, "received": 7, "in_flight": 1, "dropped": {"queue": 2}}
        return {**info, "conservation": packets}
