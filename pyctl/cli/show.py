"""``slicebed show``: all about one scenario, from its own description."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from pyctl.cli.output import make_table, print_json, print_tables


def show(
    scenario: Annotated[str, typer.Argument(help="Name, as in `slicebed list`.")],
    sets: Annotated[
        list[str] | None, typer.Option("--set", help="Parameter, key=value; repeatable.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show a scenario's parameters, fields and topology."""
    from pyctl.campaign.settings import parse_assignments
    from pyctl.launch.scenarios import check_parameters, describe

    parameters = parse_assignments(sets or [], "--set")
    check_parameters(scenario, parameters)
    description = describe(scenario, parameters).raw
    if as_json:
        print_json(description)
        return
    print(f"{description['scenario']}: {description['summary']}\n")
    print(description["topology"])
    print_tables(
        make_table(
            "Parameters (--set key=value)",
            ("key", "type", "value", "unit", "range", "meaning"),
            [_parameter_row(entry) for entry in description["parameters"]],
        ),
        _fields_table("Observation", description["observation"]),
        _fields_table("Action", description["action"]),
        make_table("Context", ("key", "value"), _context_rows(description["context"])),
    )


def _parameter_row(entry: Mapping[str, Any]) -> tuple[str, ...]:
    value = _text(entry["value"])
    if entry["value"] != entry["default"]:
        value += f" (default {_text(entry['default'])})"
    return (
        entry["name"],
        entry["type"],
        value,
        entry["unit"],
        _range(entry.get("low"), entry.get("high")),
        entry["help"],
    )


def _fields_table(title: str, entries: list[Mapping[str, Any]]) -> Any:
    rows = []
    for entry in entries:
        axes = " x ".join(
            f"{axis} {length}" for axis, length in zip(entry["axes"], entry["shape"], strict=True)
        )
        meaning = entry["meaning"]
        if entry.get("sum_axis"):
            meaning += f"; at most {_text(entry['sum_max'])} over the {entry['sum_axis']}s together"
        low, high = _extreme(entry["low"], min), _extreme(entry["high"], max)
        rows.append(
            (entry["name"], axes, entry["unit"], _range(low, high), entry["standard"], meaning)
        )
    return make_table(title, ("field", "shape", "unit", "range", "3GPP name", "meaning"), rows)


def _extreme(bound: Any, choose: Any) -> Any:
    return choose(bound) if isinstance(bound, list) else bound


def _range(low: Any, high: Any) -> str:
    if low is None and high is None:
        return ""
    return f"{_text(low)} .. {_text(high)}"


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.8g}"
    return "" if value is None else str(value)


def _context_rows(context: Mapping[str, Any]) -> list[tuple[str, str]]:
    """One row for each key, and for each entry of a list of objects."""
    rows = []
    for key, value in context.items():
        if isinstance(value, list) and all(isinstance(entry, dict) for entry in value):
            for entry in value:
                facts = ", ".join(f"{k} {_text(v)}" for k, v in entry.items() if k != "id")
                rows.append((f"{key}[id {entry.get('id')}]", facts))
        else:
            rows.append((key, _text(value)))
    return rows
