"""`headrace runtimes`: print the sandbox level and the interpreters that this machine has."""

import argparse
import asyncio

from headrace.faces.cli.up import add_arguments, resolve_arguments
from headrace.ports.sandbox import RuntimeFound
from headrace.shell.app import look_at_machine

#: What serves a runtime whose packages bring their own program.
OWN_PROGRAM = "the package's own bootstrap"

__all__ = ["add_arguments", "run"]


def run(arguments: argparse.Namespace) -> int:
    """Print what was found; return the exit status."""
    level, runtimes = asyncio.run(look_at_machine(resolve_arguments(arguments).config))
    for line in describe(level, runtimes):
        print(line)
    return 0


def describe(level: str, runtimes: list[RuntimeFound]) -> list[str]:
    """Return the lines to print."""
    lines = [f"sandbox level: {level}"]
    lines += [
        f"{found.runtime:16} {found.version:10} {found.path or OWN_PROGRAM}" for found in runtimes
    ]
    return lines if runtimes else [*lines, "no interpreter was found"]
