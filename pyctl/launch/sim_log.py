"""What ns-3 is to log, as its variable ``NS_LOG`` says it: ``Component=level|level:...``."""

from __future__ import annotations

from pyctl.errors import UnknownName
from pyctl.launch.scenarios import log_components

ALL_COMPONENTS = frozenset(("*", "***"))
# Of ns-3's manual, "Logging": one kind of message, or (level_) that and all more urgent ones.
KINDS = ("error", "warn", "debug", "info", "function", "logic", "all")
PREFIXES = ("func", "time", "node", "level")
LEVELS = frozenset(
    (
        *("none", "*", "**"),
        *KINDS,
        *(f"level_{kind}" for kind in KINDS),
        *PREFIXES,
        *(f"prefix_{prefix}" for prefix in (*PREFIXES, "all")),
    )
)


def check_sim_log(scenario: str, sim_log: str) -> None:
    """Checks components and levels, at which ns-3 would abort.

    Args:
        scenario: that will log.
        sim_log: a value of ``NS_LOG``.

    Raises:
        UnknownName: there is no such component or level; names the nearest.
        SimulationError: the scenario does not tell what it can log by.
    """
    components = log_components(scenario)
    for entry in sim_log.split(":"):
        component, _, levels = entry.partition("=")
        if component not in ALL_COMPONENTS and component not in components:
            raise UnknownName(f"log component of scenario {scenario}", component, components)
        for level in levels.split("|") if levels else ():
            if level not in LEVELS:
                raise UnknownName(f"log level of {component}", level, LEVELS)
