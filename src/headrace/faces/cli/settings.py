"""`headrace config`: print each setting, its value, and where the value came from."""

import argparse
import re

from headrace.faces.cli.up import add_arguments, resolve_arguments
from headrace.shell.config import SETTINGS

__all__ = ["add_arguments", "run"]


def run(arguments: argparse.Namespace) -> int:
    """Print a table of the configuration; return the exit status."""
    config, origins = resolve_arguments(arguments)
    rows = [
        (setting.name, format_value(getattr(config, setting.name)), origins[setting.name])
        for setting in SETTINGS
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    for name, value, origin in rows:
        print(f"{name:{widths[0]}}  {value:{widths[1]}}  {origin}")
    return 0


def format_value(value: object) -> str:
    """Return a value as headrace.toml would have it, but for passwords in URLs."""
    match value:
        case str() if "://" in value:
            return '"' + re.sub(r"(://[^:/@]*):[^@/]*@", r"\1:***@", value) + '"'
        case bool():
            return "true" if value else "false"
        case str():
            return f'"{value}"'
        case tuple():
            return f"[{', '.join(map(format_value, value))}]"
        case _:
            return str(value)
