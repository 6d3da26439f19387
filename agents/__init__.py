"""Allocators: the protocol they follow, and the baselines every other one is compared with."""
