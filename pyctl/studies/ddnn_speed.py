"""Times the blocks of the distributed LSTM on one core and, where there is one, on a GPU.

    python -m pyctl.studies.ddnn_speed --json
    python -m pyctl.studies.ddnn_speed --device cuda --profile profile.json

It needs numpy and torch only. Times of a decision are wall-clock at batch 1, from values in the
memory of the CPU to values in the memory of the CPU; a scenario that injects them as compute
times reads them from the profile.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from agents.ddnn import confidence, deepcog, message, network, offload
from agents.ddnn.data import LAGS, STATIONS, check_window
from agents.ddnn.expected import ExpectedCosts
from agents.ddnn.message import Kind, Message
from agents.ddnn.training import Loss, Weights, joint_loss, single_loss
from agents.ddnn.view import View
from pyctl.campaign.provenance import machine
from pyctl.measures import Measure, rows

WARM_UPS, QUICK_WARM_UPS = 50, 1
DECISIONS, QUICK_DECISIONS = 1000, 20
STEPS, QUICK_STEPS = 20, 2  # of training
BATCH = 64
INFERENCE_BATCH = 512
PROFILE_FORMAT = "slicebed-ddnn-profile"
PROFILE_VERSION = 1
DEVICES = ("cpu", "cuda")

Block = Callable[[], object]


@dataclass(frozen=True)
class Timing:
    """Wall-clock times of a block.

    Attributes:
        block: its name.
        device: ``cpu`` (one thread) or ``cuda``.
        median_ms: of all repeats.
        p95_ms: 95th percentile.
        least_ms: the least.
        repeats: how many.
    """

    block: str
    device: str
    median_ms: float
    p95_ms: float
    least_ms: float
    repeats: int


def time_all(device: str, quick: bool = False) -> list[Timing]:
    """Times all blocks on a device; on CPUs with one thread.

    Args:
        device: ``cpu`` or ``cuda``.
        quick: a few repeats.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        decisions = (QUICK_WARM_UPS, QUICK_DECISIONS) if quick else (WARM_UPS, DECISIONS)
        steps = (QUICK_WARM_UPS, QUICK_STEPS if quick else STEPS)
        return [
            *(_time(name, block, device, *decisions) for name, block in _decisions(device)),
            *(_time(name, block, device, *steps) for name, block in _batches(device)),
        ]
    finally:
        torch.set_num_threads(threads)


def measures(timings: Sequence[Timing]) -> list[Measure]:
    """Makes the measures ``ddnn.*``; bounds are those of one core."""
    by_device = {
        device: {timing.block: timing for timing in timings if timing.device == device}
        for device in DEVICES
    }
    found = []
    for device, blocks in by_device.items():
        suffix = "" if device == "cpu" else f"_{device}"
        bounds = {"local": "<= 1", "remote": "<= 10"} if device == "cpu" else {}
        found += [
            Measure(
                f"ddnn.{name}_ms{suffix}",
                timing.median_ms,
                "ms",
                timing.least_ms,
                timing.p95_ms,
                bounds.get(name),
            )
            for name, timing in blocks.items()
        ]
    for name, timing in by_device["cuda"].items():
        beside = by_device["cpu"].get(name)
        if beside is not None:
            ratio = beside.median_ms / timing.median_ms
            found.append(Measure(f"ddnn.{name}_cpu_over_cuda", ratio, "1"))
    return found


def profile(timings: Sequence[Timing]) -> dict[str, Any]:
    """Makes the profile that a scenario injects: milliseconds of each block, and where measured."""
    return {
        "format": PROFILE_FORMAT,
        "version": PROFILE_VERSION,
        "measured": {**machine(), "gpu": _gpu(), "threads": 1, "torch": torch.__version__},
        "blocks": [asdict(timing) for timing in timings],
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the study as a program."""
    options = _parser().parse_args(arguments)
    if options.device == "cuda" and not torch.cuda.is_available():
        _parser().error("--device cuda: torch sees no GPU here; cpu is right")
    devices = DEVICES if options.device == "cuda" else ("cpu",)
    timings = [timing for device in devices for timing in time_all(device, options.quick)]
    if options.profile is not None:
        options.profile.write_text(json.dumps(profile(timings), indent=1) + "\n")
    found = measures(timings)
    if options.json:
        about = profile(timings)["measured"]
        listed = [measure.to_json() for measure in found]
        print(json.dumps({"measures": listed, "provenance": {"machine": about}}, indent=1))
        return
    for row in rows(found):
        print("  ".join(f"{cell:<24}" for cell in row).rstrip())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m pyctl.studies.ddnn_speed",
        description="Time the blocks of the distributed LSTM.",
    )
    parser.add_argument("--device", choices=DEVICES, default="cpu", help="cuda: both, compared")
    parser.add_argument("--quick", action="store_true", help="a few repeats")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--profile", type=Path, help="write the times of all blocks here")
    return parser


def _decisions(device: str) -> list[tuple[str, Block]]:
    """Lists what edge and cloud do for one decision."""
    net = network.build(seed=1).eval().to(device)
    classifier = offload.Classifier(STATIONS * LAGS).eval().to(device)
    gain = offload.Regression(View.features_of(STATIONS)).eval().to(device)
    expected = ExpectedCosts(STATIONS).eval().to(device)
    window = np.random.default_rng(1).random((STATIONS, LAGS))
    signal = message.pack(Message(Kind.SIGNAL, 1, np.zeros(STATIONS, np.float32)))

    def head() -> tuple[Tensor, Tensor, Tensor]:
        inputs = torch.as_tensor(check_window(window), dtype=torch.float32)[None].to(device)
        z, local = net.head(inputs)
        return inputs, z, local

    def local() -> object:
        inputs, z, allocation = head()
        stays = bool(classifier.probability(inputs) >= 0.5)
        sent = message.pack(Message(Kind.SIGNAL, 1, z.flatten().cpu().numpy()))
        return stays, sent, allocation.cpu()

    def by_gain() -> object:
        inputs, z, allocation = head()
        view = View(inputs, z, allocation, allocation)
        return bool(gain.predict(view.features())[0, 0] <= 0), allocation.cpu()

    def by_expected_gain() -> object:
        inputs, z, allocation = head()
        view = View(inputs, z, allocation, allocation)
        return bool(expected.gain(view) <= 0), allocation.cpu()

    def by_confidence() -> object:
        _, z, allocation = head()
        return bool(confidence.uncertainty(z, net.head.exit, seed=1) < 0.1), allocation.cpu()

    def remote() -> bytes:
        z = torch.from_numpy(message.unpack(signal, STATIONS).values).reshape(1, STATIONS, 1)
        allocation = net.tail(z.to(device)).flatten().cpu().numpy()
        return message.pack(Message(Kind.ALLOCATION, 1, allocation))

    return [
        ("head", lambda: head()[2].cpu()),
        ("local", local),
        ("local_gain", by_gain),
        ("local_expected", by_expected_gain),
        ("local_confidence", by_confidence),
        ("remote", remote),
    ]


def _batches(device: str) -> list[tuple[str, Block]]:
    """Lists steps of training and inference of many samples."""
    draws = torch.Generator().manual_seed(1)
    many = torch.rand((INFERENCE_BATCH, STATIONS, LAGS), generator=draws).to(device)
    grid = np.arange(STATIONS).reshape(4, 4)
    models: Mapping[str, tuple[nn.Module, Loss]] = {
        "ddnn": (network.build(seed=1), joint_loss(Weights(0.9, 0.1))),
        "deepcog": (deepcog.build(grid, seed=1), single_loss()),
    }
    blocks: list[tuple[str, Block]] = []
    for name, (model, loss) in models.items():
        model.to(device)
        step = _training_step(model, loss, many[:BATCH], many[:BATCH, :, -1])
        blocks += [(f"{name}_train_step", step), (f"{name}_infer_512", _inference(model, many))]
    return blocks


def _training_step(model: nn.Module, loss: Loss, windows: Tensor, demand: Tensor) -> Block:
    optimiser = torch.optim.Adam(model.parameters())

    def step() -> None:
        model.train()
        optimiser.zero_grad()
        loss(model, windows, demand).backward()  # type: ignore[no-untyped-call]
        optimiser.step()

    return step


def _inference(model: nn.Module, windows: Tensor) -> Block:
    def infer() -> object:
        model.eval()
        return model(windows)

    return infer


def _time(name: str, block: Block, device: str, warm_ups: int, repeats: int) -> Timing:
    print(f"{device}: {name}", file=sys.stderr)
    training = name.endswith("train_step")
    with torch.set_grad_enabled(training):
        times = [_once(block, device) for _ in range(warm_ups + repeats)][warm_ups:]
    return Timing(
        name,
        device,
        statistics.median(times),
        float(np.quantile(times, 0.95)),
        min(times),
        repeats,
    )


def _once(block: Block, device: str) -> float:
    """Runs a block to its end; returns wall time [ms]."""
    start = time.perf_counter()
    block()
    if device == "cuda":
        torch.cuda.synchronize()
    return (time.perf_counter() - start) * 1e3


def _gpu() -> str | None:
    return torch.cuda.get_device_name() if torch.cuda.is_available() else None


if __name__ == "__main__":
    main()
