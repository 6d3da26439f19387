"""``slicebed list``: what there is to run."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from pyctl.cli.output import make_table, print_json, print_tables


def list_all(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """List scenarios, allocators and environments."""
    found = {
        "scenarios": _scenarios(),
        "allocators": _allocators(),
        "environments": _environments(),
    }
    if as_json:
        print_json(found)
        return
    print_tables(
        make_table("Scenarios", ("name", "summary"), _rows(found["scenarios"])),
        make_table("Allocators", ("name", "summary"), _rows(found["allocators"])),
        make_table(
            "Environments (gymnasium.make)",
            ("id", "summary"),
            _rows(found["environments"]),
        ),
    )


def _rows(entries: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(entry["name"], entry["fault"] or entry["summary"]) for entry in entries]


def _scenarios() -> list[dict[str, Any]]:
    from pyctl.errors import SlicebedError
    from pyctl.launch.scenarios import describe, list_scenarios

    entries = []
    for name in list_scenarios():
        try:
            entries.append({"name": name, "summary": describe(name).raw["summary"], "fault": ""})
        except SlicebedError as error:
            entries.append({"name": name, "summary": "", "fault": str(error)})
    return entries


def _allocators() -> list[dict[str, Any]]:
    from pyctl.campaign.registry import list_allocators

    return [
        {
            "name": entry.name,
            "summary": entry.allocator.summary if entry.allocator else "",
            "fault": f"cannot be loaded: {entry.fault}" if entry.fault else "",
        }
        for entry in list_allocators()
    ]


def _environments() -> list[dict[str, Any]]:
    from pyctl.env.registration import ENVIRONMENTS

    return [
        {"name": name, "summary": summary, "fault": ""} for name, summary in ENVIRONMENTS.items()
    ]
