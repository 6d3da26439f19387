"""Files of fitted networks: tensors and plain values only, no code.

save(path, network, normaliser, {"seed": 1})
network, normaliser, about = load_distributed(path)
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from agents.ddnn.data import Normaliser
from agents.ddnn.network import DistributedLstm, build
from agents.errors import AllocatorError
from agents.whole import whole_file

FORMAT = "slicebed-ddnn"
VERSION = 1


def save(path: Path, network: nn.Module, normaliser: Normaliser, about: Mapping[str, Any]) -> None:
    """Writes a network; the file appears whole or not at all.

    Args:
        path: of the file.
        network: to write.
        normaliser: of the demands that it was fitted on.
        about: plain values, such as how it was fitted; ``layout`` is needed to load a
            distributed one.
    """
    content = {
        "format": FORMAT,
        "version": VERSION,
        "kind": type(network).__name__,
        "about": dict(about),
        "low": torch.from_numpy(normaliser.low),
        "high": torch.from_numpy(normaliser.high),
        "weights": {name: value.cpu() for name, value in network.state_dict().items()},
    }
    with whole_file(path) as partial:
        torch.save(content, partial)


def load(path: Path, kind: str) -> dict[str, Any]:
    """Reads what ``save`` wrote; runs no code of the file.

    Raises:
        AllocatorError: the file is missing or damaged, or holds another kind of network.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        reason = " ".join(str(error).split())[:200]
        raise AllocatorError(f"cannot read the network in {path}: {reason}") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise AllocatorError(f"{path} holds no network of {FORMAT}")
    if content["version"] != VERSION:
        raise AllocatorError(f"{path} is of version {content['version']}; {VERSION} is required")
    if content["kind"] != kind:
        raise AllocatorError(f"{path} holds a {content['kind']}; a {kind} is required")
    return content


def load_into(path: Path, network: nn.Module) -> dict[str, Any]:
    """Reads weights into a network of the same kind, leaves it in evaluation mode.

    Returns:
        What ``about`` said.

    Raises:
        AllocatorError: the file does not fit.
    """
    content = load(path, type(network).__name__)
    try:
        network.load_state_dict(content["weights"])
    except RuntimeError as error:
        raise AllocatorError(f"{path} does not fit: {' '.join(str(error).split())}") from error
    network.eval()
    about: dict[str, Any] = content["about"]
    return about


def load_distributed(path: Path) -> tuple[DistributedLstm, Normaliser, dict[str, Any]]:
    """Reads a two-exit network with its normaliser and what ``about`` said.

    Raises:
        AllocatorError: the file does not fit.
    """
    content = load(path, DistributedLstm.__name__)
    network = build(content["about"]["layout"])
    about = load_into(path, network)
    return network, Normaliser(content["low"].numpy(), content["high"].numpy()), about
