"""Execution environments: sandboxed processes that run functions."""
