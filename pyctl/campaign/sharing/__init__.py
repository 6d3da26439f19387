"""One process that decides for all simulations of a batch, so that they share models."""
