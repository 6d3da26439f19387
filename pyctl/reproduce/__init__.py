"""Reproductions of papers: what is run, what is measured of it, and how claims fare."""
