"""Figures: one module a study; each makes a matplotlib Figure and the table behind it."""
