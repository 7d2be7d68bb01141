"""Benchmarks: one run, one table; `python -m tools.bench`."""
