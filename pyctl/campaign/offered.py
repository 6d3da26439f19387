"""Where a run's offered load comes from: the scenario itself, a file for it, or a public trace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pyctl.campaign.digest import file_sha256
from pyctl.errors import UsageError

# Parameters that say where files are, not what is simulated.
MASK_FILE = "mask_file"
ARRIVALS_FILE = "arrivals_file"
INTERVAL_REAL = "interval_real_s"


@dataclass(frozen=True)
class TraceChoice:
    """Which part of a data set drives the offered load.

    Attributes:
        path: file or folder in one of the formats of ``pyctl.traces``.
        squares: one of its series (square of the grid, VM) for each slice, site or edge; None lets
            the loader choose.
    """

    path: Path
    squares: tuple[int, ...] | None = None


@dataclass(frozen=True)
class OfferedLoad:
    """Files that the scenario reads.

    Attributes:
        mask_csv: traffic mask, or None.
        arrivals_csv: requests to replay, or None.
        data: digests and descriptions of the files that were read.
    """

    mask_csv: str | None = None
    arrivals_csv: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)

    def files(self) -> dict[str, str]:
        """Lists texts by the parameter that names their file."""
        texts = {MASK_FILE: self.mask_csv, ARRIVALS_FILE: self.arrivals_csv}
        return {name: text for name, text in texts.items() if text is not None}


def offered_load(
    trace: TraceChoice | None, parameters: Mapping[str, Any], description: Mapping[str, Any]
) -> OfferedLoad:
    """Reads what drives the load: a trace, or files as the scenario's own parameters name them.

    Args:
        trace: as asked for, or None.
        parameters: of the scenario, as asked for.
        description: of the scenario with these parameters.

    Raises:
        UsageError: a file is damaged, or the scenario takes nothing such.
    """
    given = [name for name in (MASK_FILE, ARRIVALS_FILE) if parameters.get(name)]
    if trace is None:
        texts = {name: _text(name, Path(parameters[name])) for name in given}
        data = {
            name.removesuffix("_file"): {
                "path": str(parameters[name]),
                "sha256": file_sha256(Path(parameters[name])),
            }
            for name in given
        }
        return OfferedLoad(texts.get(MASK_FILE), texts.get(ARRIVALS_FILE), data)
    if given:
        raise UsageError(
            f"--trace and --set {given[0]}={parameters[given[0]]} both give the traffic; drop one"
        )
    return _of_trace(trace, description)


def _text(name: str, path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{name}: cannot read {path}: {error}") from error


def _of_trace(trace: TraceChoice, description: Mapping[str, Any]) -> OfferedLoad:
    from pyctl.traces import detect

    names = {entry["name"]: entry["value"] for entry in description["parameters"]}
    if MASK_FILE not in names:
        raise UsageError(f"--trace: scenario {description['scenario']} takes no traffic trace")
    if detect(trace.path) != "genai":
        return _mask(trace, description["context"], names.get(INTERVAL_REAL))
    if ARRIVALS_FILE not in names:
        raise UsageError(
            f"--trace {trace.path}: scenario {description['scenario']} takes no log of requests"
        )
    if trace.squares is not None:
        raise UsageError(f"--trace-squares: {trace.path} is a log of requests, without series")
    return _arrivals(trace.path, description["context"])


def _mask(
    trace: TraceChoice, context: Mapping[str, Any], interval_real_s: float | None
) -> OfferedLoad:
    from pyctl.traces import load_masks, write_mask_csv

    if "slices" in context:
        prefix, ids = "slice_", [int(entry["id"]) for entry in context["slices"]]
    elif "sites" in context:
        prefix, ids = "site_", [int(entry["id"]) for entry in context["sites"]]
    else:
        prefix, ids = "edge_", list(range(int(context["edges"])))
    masks = load_masks(
        trace.path,
        int(context["steps"]),
        slice_count=len(ids),
        squares=trace.squares,
        interval_real_s=float(interval_real_s or context["interval_real_s"]),
    )
    with TemporaryDirectory() as folder:
        path = Path(folder, "mask.csv")
        write_mask_csv(masks, path, ids, prefix)
        text = path.read_text()
    data = {
        "path": str(trace.path),
        "sha256": masks.sha256,
        "squares": list(masks.squares),
        "description": masks.description,
    }
    return OfferedLoad(mask_csv=text, data={"trace": data})


def _arrivals(path: Path, context: Mapping[str, Any]) -> OfferedLoad:
    from pyctl.traces import arrivals_csv, load_arrivals

    arrivals = load_arrivals(
        path,
        edges=int(context["edges"]),
        rate_hz=float(context["rate_hz"]),
        cycles_mean=float(context["cycles_mean"]),
        steps=int(context["steps"]),
        interval_s=float(context["interval_s"]),
    )
    data = {
        "path": str(path),
        "sha256": arrivals.sha256,
        "requests": len(arrivals.times_s),
        "compression": arrivals.compression,
        "description": arrivals.description,
    }
    return OfferedLoad(arrivals_csv=arrivals_csv(arrivals), data={"trace": data})
