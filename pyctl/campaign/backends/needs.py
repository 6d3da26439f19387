"""What runs occupy, so that cores and GPUs are not given away twice."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from pyctl.campaign.backends.backend import Needs
from pyctl.campaign.planned import PlannedRun

DEVICE = "device"  # setting of allocators that compute with torch: auto, cpu, cuda or cuda:N


def needs_of(runs: Iterable[PlannedRun], gpu_share: float) -> Needs:
    """Says what a worker needs that may get any of these runs.

    Args:
        runs: with their allocators' settings.
        gpu_share: of a GPU, that a run takes whose allocator uses cuda.
    """
    devices = {str(run.config["allocator_settings"].get(DEVICE, "cpu")) for run in runs}
    uses_cuda = any(device.startswith("cuda") for device in devices)
    if uses_cuda or ("auto" in devices and gpus_here()):
        return Needs(gpus=gpu_share)
    return Needs()


def most_workers(needs: Needs) -> int:
    """Says how many workers this machine's GPUs have room for."""
    gpus = gpus_here() if needs.gpus else 0
    return max(int(gpus / needs.gpus + 1e-9), 1) if gpus else sys.maxsize


def gpus_here() -> int:
    """Counts this machine's GPUs."""
    import torch

    return torch.cuda.device_count()
