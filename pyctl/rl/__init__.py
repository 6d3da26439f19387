"""Allocators that learn by reinforcement, with stable-baselines3 (the extra ``rl``)."""
