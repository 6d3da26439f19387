"""Demands of the sites of a run: units of the training, the day before, the window of a decision.

    write(path, Demands(units_at_peak, history))
    window = Window(read(path), peak_bps)
    window.lags()                 # raw units, (16, 144): what the network was trained on
    window.add(offered_bps)       # an interval is over

Raw units are those of the trace. A site's mask of 1, its ``peak_bps``, stands for
``units_at_peak`` of them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from agents.ddnn.data import LAGS, STATIONS, Floats
from agents.errors import AllocatorError
from agents.whole import whole_file

FORMAT = "slicebed-ddnn-demands"
VERSION = 1


@dataclass(frozen=True, eq=False)
class Demands:
    """What an edge knows of demands before its first decision.

    Attributes:
        units_at_peak: raw demand of each site whose mask is 1, (stations,).
        history: raw demands of the day before the first interval, (lags, stations), oldest first;
            NaN where one is missing.
    """

    units_at_peak: Floats
    history: Floats

    def __post_init__(self) -> None:
        """Refuses what no run can begin with."""
        if self.units_at_peak.shape != (STATIONS,):
            raise AllocatorError(
                f"units_at_peak has shape {self.units_at_peak.shape}; one for each of {STATIONS} "
                "sites is required"
            )
        for site in np.flatnonzero(~(np.isfinite(self.units_at_peak) & (self.units_at_peak > 0))):
            raise AllocatorError(
                f"units_at_peak of site {site} is {self.units_at_peak[site]}; a finite number "
                "above 0 is required"
            )
        if self.history.shape != (LAGS, STATIONS):
            raise AllocatorError(
                f"history has shape {self.history.shape}; {(LAGS, STATIONS)} (slots, sites), the "
                "day before the first interval, is required"
            )
        for slot, site in np.argwhere(np.isinf(self.history) | (self.history < 0)):
            raise AllocatorError(
                f"history of site {site} is {self.history[slot, site]} in slot {slot}; a finite "
                "number of at least 0 is required"
            )


class Window:
    """The last day of each site, as measured; before the run as its file says.

    Args:
        demands: before the run.
        peak_bps: load of each site at mask 1 [bit/s], (stations,).
    """

    def __init__(self, demands: Demands, peak_bps: Floats) -> None:
        self._bps_of_unit = peak_bps / demands.units_at_peak
        self._lags = demands.history.copy()

    def add(self, offered_bps: npt.NDArray[np.floating]) -> None:
        """Takes the load that an interval offered [bit/s], (stations,)."""
        self._lags = np.vstack([self._lags[1:], self.to_units(offered_bps)])

    def lags(self) -> Floats:
        """Gives the last demands in raw units, (stations, lags), oldest first."""
        return self._lags.T.copy()

    def to_units(self, bps: npt.NDArray[np.floating]) -> Floats:
        """Makes raw units of bit/s."""
        return np.asarray(bps, dtype=np.float64) / self._bps_of_unit

    def to_bps(self, units: Floats) -> Floats:
        """Makes bit/s of raw units."""
        return units * self._bps_of_unit


def write(path: Path, demands: Demands) -> None:
    """Writes a file of demands; it appears whole or not at all."""
    content = {
        "format": FORMAT,
        "version": VERSION,
        "units_at_peak": demands.units_at_peak.tolist(),
        "history": [[None if v != v else v for v in row] for row in demands.history.tolist()],
    }
    with whole_file(path) as partial:
        partial.write_text(json.dumps(content) + "\n")


def read(path: Path) -> Demands:
    """Reads what ``write`` wrote.

    Raises:
        AllocatorError: the file is missing or damaged, or its demands do not fit.
    """
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise AllocatorError(f"cannot read the demands in {path}: {error}") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise AllocatorError(f"{path} holds no demands of {FORMAT}")
    if content.get("version") != VERSION:
        raise AllocatorError(
            f"{path} is of version {content.get('version')}; {VERSION} is required"
        )
    try:
        return Demands(_array(content, "units_at_peak"), _array(content, "history"))
    except AllocatorError as error:
        raise AllocatorError(f"{path}: {error}") from error


def _array(content: dict[str, Any], name: str) -> Floats:
    try:
        return np.array(content.get(name), dtype=np.float64)  # null is NaN
    except (TypeError, ValueError):
        raise AllocatorError(f"{name} is no table of numbers") from None
