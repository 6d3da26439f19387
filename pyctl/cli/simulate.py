"""``slicebed simulate``: a scenario alone, for an agent that runs elsewhere."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from pyctl.seeds import MAX_SEED


def simulate(
    scenario: Annotated[str, typer.Argument(help="Name, as in `slicebed list`.")],
    agent: Annotated[
        str,
        typer.Option(help="Where the agent listens: tcp://HOST:PORT, or ipc://PATH."),
    ],
    sets: Annotated[
        list[str] | None,
        typer.Option("--set", help="Parameter of the scenario, key=value; repeatable."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=MAX_SEED, help="Picks the random streams.")] = 1,
    curve_key: Annotated[
        str | None, typer.Option(help="The agent's public key: what is said is encrypted.")
    ] = None,
    connect_timeout: Annotated[
        float, typer.Option(help="How long to wait for the agent [s].")
    ] = 60.0,
) -> None:
    """Run a simulation for an agent elsewhere (`slicebed run --listen`, or any ns3-gym agent)."""
    from pyctl.campaign.settings import parse_assignments
    from pyctl.exchange.address import require_agent
    from pyctl.launch.installed import scenario_binary
    from pyctl.launch.scenarios import check_parameters, parameter_arguments

    parameters = parse_assignments(sets or [], "--set")
    check_parameters(scenario, parameters)
    require_agent("--agent", agent)
    binary = str(scenario_binary(scenario))
    arguments = [
        binary,
        *parameter_arguments(parameters),
        f"--RngRun={seed}",
        f"--endpoint={agent}",
        f"--connect_timeout_s={connect_timeout:g}",
    ]
    if curve_key is not None:
        arguments.append(f"--curve_key={curve_key}")
    os.execv(binary, arguments)  # noqa: S606 - the program becomes the simulation
