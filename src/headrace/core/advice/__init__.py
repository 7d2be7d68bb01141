"""Advice on queues, functions and mappings: the rules of spec/esm.md 8.2, each a pure function."""
