"""`headrace up`: run the server in the foreground."""

import argparse
import sys
from typing import Any

from headrace.shell.config import SETTINGS, Resolved, resolve
from headrace.shell.lifecycle import run as run_server


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add a flag for each setting, and one for the file."""
    parser.add_argument("--config", metavar="FILE", help="read this file, not ./headrace.toml")
    for setting in SETTINGS:
        options: dict[str, Any] = {"metavar": setting.unit.split()[-1].upper()}
        if setting.unit == "yes or no":
            options = {"action": "store_const", "const": "yes"}
        elif setting.unit == "names":
            options = {"metavar": "NAME", "action": "append"}
        options["dest"] = setting.name
        parser.add_argument(setting.flag, help=setting.meaning.replace("%", "%%"), **options)


def resolve_arguments(arguments: argparse.Namespace) -> Resolved:
    """Return the configuration that these arguments, the variables and the file make.

    Raises:
        ConfigError: A setting is unknown or its value cannot be used.
    """
    flags = {setting.name: getattr(arguments, setting.name) for setting in SETTINGS}
    return resolve(flags, file=arguments.config)


def say(line: str) -> None:
    """Print a line at once, also into a pipe."""
    print(line, flush=True)


def run(arguments: argparse.Namespace) -> int:
    """Run the server until it is told to stop; return the exit status."""
    config = resolve_arguments(arguments).config

    def complain(sentence: str) -> None:
        print(f"headrace: {sentence}", file=sys.stderr, flush=True)

    return run_server(config, say, complain)
