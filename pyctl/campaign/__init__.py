"""Runs: which allocator, under which guard, with which record left behind."""
