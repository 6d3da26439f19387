"""Models that many episodes use: loaded once, and evaluated in one shape."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakValueDictionary

if TYPE_CHECKING:
    from torch import Tensor

MOST_UNUSED = 4  # models that are kept although no episode uses them
Model = TypeVar("Model")

_loaded: WeakValueDictionary[tuple[Any, ...], Any] = WeakValueDictionary()
_recent: deque[Any] = deque(maxlen=MOST_UNUSED)


def load_once(path: Path, device: str, load: Callable[[Path, str], Model]) -> Model:
    """Loads a model, or returns the one that this process has of the same file and device.

    Whoever gets it must not change it: others use it too.

    Args:
        path: of the file; one that was written anew is loaded anew.
        device: that the model lives on.
        load: reads the file to the device.

    Raises:
        OSError: the file cannot be read.
    """
    status = os.stat(path)
    key = (*(path.absolute(), status.st_mtime_ns, status.st_size, status.st_ino), device, load)
    model = _loaded.get(key)
    if model is None:
        model = _loaded[key] = load(path, device)
    _recent.append(model)
    return model


def in_fixed_shape(function: Callable[[Tensor], Tensor], rows: Tensor, rows_at_once: int) -> Tensor:
    """Applies a function of rows to always the same number of them, the last ones padded by zeros.

    Libraries choose how they multiply matrices, and so how they round, by their shapes. With one
    shape a row's result does not depend on how many others are computed along; where many threads
    share a wide matrix it may still depend on the row's place (docs/batches.md has measurements).

    Args:
        function: from rows [rows_at_once, ...] to rows [rows_at_once, ...], each for itself.
        rows: [N, ...], N at least 1.
        rows_at_once: number of rows that the function gets.

    Returns:
        Rows [N, ...].
    """
    import torch

    missing = -len(rows) % rows_at_once
    padded = torch.cat([rows, rows.new_zeros(missing, *rows.shape[1:])])
    done = [function(chunk) for chunk in torch.split(padded, rows_at_once)]
    return torch.cat(done)[: len(rows)]
