"""A store with all that a report has to show, and the parts of an HTML file."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from tests.analysis.stores import edge_run

HOSTILE = "<script>window.ran = 1</script><img src=x onerror='window.ran = 2'>&amp;"
VOID = {"meta", "img", "input", "br"}
# equal, traffic by seed.
REWARDS = {1: (-0.4, -0.38), 2: (-0.3, -0.27), 10: (-0.5, -0.46)}


def reported_store(results: Path) -> Path:
    """Three seeds of two allocators, and one run of each other state."""
    for seed, pair in REWARDS.items():
        for allocator, value in zip(("equal", "traffic"), pair, strict=True):
            folder = edge_run(
                results / f"{allocator}{seed}",
                allocator=allocator,
                seed=seed,
                parameters={"rate_hz": 5, "note": HOSTILE},
                summary={
                    "reward_mean": value,
                    "per_node": {"0": {"latency_mean": -value, "kind": "edge", "target": 1.0}},
                    "steps": 2,
                    "conservation": {"sent": 9, "received": 9, "dropped": {"timed_out": 0}},
                },
            )
            origin = {"command": f"slicebed run edge-cloud --seed {seed} --note '{HOSTILE}'"}
            origin |= {"git": {"commit": "c0ffee", "dirty": False}, "ns3": "3.44"}
            (folder / "provenance.json").write_text(json.dumps(origin))
    _failed(results / "bad.failed", {"error": HOSTILE, "kind": "SimulationCrashed"})
    _failed(results / "asleep.failed", {"error": "no border was passed", "kind": "Stalled"})
    _failed(results / "stopped.interrupted", {"error": "interrupted by the user"})
    _failed(results / ".going.1a2b3c4d.partial", None)
    damaged = edge_run(results / "damaged", seed=4)
    (damaged / "summary.json").write_text("{")
    (results / "figures").mkdir()  # no run
    return results


def _failed(folder: Path, error: dict[str, Any] | None) -> None:
    folder.mkdir()
    config = {"scenario": "edge-cloud", "allocator": "equal", "seed": 4}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "simulation.log").write_text("".join(f"line {i} {HOSTILE}\n" for i in range(40)))
    if error is not None:
        told = {"exit_status": 139, "steps_done": 3, **error}
        (folder / "error.json").write_text(json.dumps(told))


@dataclass
class Element:
    """An element with its text, and that of the elements in it."""

    tag: str
    attributes: dict[str, str]
    parents: tuple[str, ...]
    text: str = ""


@dataclass
class Page(HTMLParser):
    """All elements of a file, in their order; fails if they do not nest."""

    elements: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._open: list[Element] = []

    @classmethod
    def read(cls, text: str) -> Page:
        page = cls()
        page.feed(text)
        page.close()
        assert page._open == []
        return page

    def all(self, tag: str) -> list[Element]:
        return [element for element in self.elements if element.tag == tag]

    def by_id(self, name: str) -> Element:
        (found,) = (one for one in self.elements if one.attributes.get("id") == name)
        return found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {key: value or "" for key, value in attrs}
        element = Element(tag, named, tuple(parent.tag for parent in self._open))
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data


def tables_of(page: Page) -> dict[str, list[list[Element]]]:
    """Rows of cells by the table's caption."""
    tables: dict[str, list[list[Element]]] = {}
    rows: list[list[Element]] = []
    for element in page.elements:
        if element.tag == "caption":
            rows = tables.setdefault(element.text, [])
        elif element.tag == "tr":
            rows.append([])
        elif element.tag in ("th", "td"):
            rows[-1].append(element)
    return tables
