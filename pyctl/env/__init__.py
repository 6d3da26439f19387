"""Gymnasium environments over simulations; importing this package registers their ids."""

from pyctl.env.registration import register_envs

register_envs()
