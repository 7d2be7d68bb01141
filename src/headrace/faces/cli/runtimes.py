"""`headrace runtimes`: print what runs functions on this machine, or fetch what is missing."""

import argparse
import asyncio
import sys

from headrace.core.functions.runtimes import IMAGE
from headrace.faces.cli import up
from headrace.ports.sandbox import RuntimeFound
from headrace.shell.app import look_at_machine
from headrace.shell.fetching import FETCHABLE, FetchFailed, fetch_runtime

#: What serves a runtime whose packages bring their own program.
OWN_PROGRAM = "the package's own bootstrap"
#: What serves container images.
OWN_ROOT = "each image's own program"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add a flag for each setting, and one for what is to be fetched."""
    up.add_arguments(parser)
    parser.add_argument(
        "--fetch",
        choices=FETCHABLE,
        metavar="LANGUAGE",
        help="download what functions in this language need beside an interpreter: "
        f"{', '.join(FETCHABLE)}",
    )


def run(arguments: argparse.Namespace) -> int:
    """Fetch what is asked for, and print what was found; return the exit status."""
    config = up.resolve_arguments(arguments).config
    if arguments.fetch:
        try:
            lines = fetch_runtime(config, arguments.fetch)
        except FetchFailed as error:
            print(f"headrace: {error}", file=sys.stderr)
            return 1
        print(*lines, sep="\n")
    level, runtimes = asyncio.run(look_at_machine(config))
    for line in describe(level, runtimes):
        print(line)
    return 0


def describe(level: str, runtimes: list[RuntimeFound]) -> list[str]:
    """Return the lines to print."""
    lines = [f"sandbox level: {level}"]
    lines += [
        f"{found.runtime:16} {found.version:10} {found.path or _own(found)}"
        + (" (cannot be used yet)" if found.missing else "")
        for found in runtimes
    ]
    lines += dict.fromkeys(found.missing for found in runtimes if found.missing)
    return lines if runtimes else [*lines, "no interpreter was found"]


def _own(found: RuntimeFound) -> str:
    return OWN_ROOT if found.runtime == IMAGE else OWN_PROGRAM
