"""Finds, describes, starts and watches simulations."""
