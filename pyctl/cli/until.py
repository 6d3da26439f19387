"""How far the stopping rule of a plan is: a row for each cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyctl.cli.output import make_table

if TYPE_CHECKING:
    from rich.table import Table

    from pyctl.campaign.stopping import StoppingRule

WORDS = {"reached": "reached", "open": "runs are missing", "max_seeds": "not reached: max_seeds"}
DIGITS = 4


def until_entries(rule: StoppingRule) -> list[dict[str, Any]]:
    """Makes what ``--json`` prints of a rule."""
    from pyctl.campaign.planned import varying

    judged = rule.judgements()
    names = varying(one.run for one in judged)
    return [
        {
            "scenario": one.run.request.scenario,
            "allocator": one.run.request.allocator,
            "settings": dict(one.run.request.settings),
            "parameters": {name: one.run.config["parameters"].get(name) for name in names},
            "seeds": one.seeds,
            "mean": one.mean,
            "half_width": one.half_width,
            "required": one.required,
            "verdict": one.verdict,
        }
        for one in judged
    ]


def until_table(rule: StoppingRule) -> Table:
    """Makes a table of a rule."""
    entries = until_entries(rule)
    names = list(entries[0]["parameters"])
    columns = ("scenario", "allocator", "settings", *names)
    numbers = ("seeds", "mean", "half-width", "required")
    return make_table(
        f"until: {rule.title()}",
        (*columns, *numbers, "verdict"),
        [
            (
                entry["scenario"],
                entry["allocator"],
                ", ".join(f"{key}={value}" for key, value in entry["settings"].items()),
                *(str(entry["parameters"][name]) for name in names),
                str(entry["seeds"]),
                *(_number(entry[name]) for name in ("mean", "half_width", "required")),
                WORDS[entry["verdict"]],
            )
            for entry in entries
        ],
    )


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.{DIGITS}g}"
