"""Gymnasium environments over simulations; importing this package registers their ids."""

from typing import Any

from pyctl.env.registration import register_envs

__all__ = ["flat_box", "register_envs", "slicebed_parallel_env"]

register_envs()


def __getattr__(name: str) -> Any:
    """Imports what needs more than gymnasium when it is asked for."""
    if name == "slicebed_parallel_env":
        from pyctl.env.parallel import slicebed_parallel_env

        return slicebed_parallel_env
    if name == "flat_box":
        from pyctl.env.wrappers import flat_box

        return flat_box
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
