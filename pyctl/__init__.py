"""Slicebed's control plane: exchange with simulations, environments, launch, campaigns, commands."""
