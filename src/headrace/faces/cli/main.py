"""The command tree: `headrace up`, `why`, `advise`, `config`, `runtimes`, `journal`, `demo`."""

import argparse
import sys
from collections.abc import Sequence
from types import ModuleType

from headrace import __version__
from headrace.ports.journal import JournalError
from headrace.ports.sandbox import SandboxUnavailable
from headrace.shell.config import ConfigError

#: Word, and what it does.
COMMANDS = {
    "up": "Run the server in the foreground.",
    "why": "Tell what became of a message or an asynchronous invoke, and why.",
    "advise": "Say what is wrong with queues, functions and mappings, here or in a template.",
    "config": "Print each setting and where it came from.",
    "runtimes": "Print what this machine can run functions with, or fetch what it lacks.",
    "journal": "Check a data folder, or save what is readable.",
    "demo": "Do the main job on real webhook deliveries.",
}


def load(word: str) -> ModuleType:
    """Import the module of a word: it has `add_arguments` and `run`. The others cost nothing."""
    match word:
        case "up":
            from headrace.faces.cli import up  # noqa: PLC0415

            return up
        case "why":
            from headrace.faces.cli import why  # noqa: PLC0415

            return why
        case "advise":
            from headrace.faces.cli import advise  # noqa: PLC0415

            return advise
        case "config":
            from headrace.faces.cli import settings  # noqa: PLC0415

            return settings
        case "runtimes":
            from headrace.faces.cli import runtimes  # noqa: PLC0415

            return runtimes
        case "journal":
            from headrace.faces.cli import journal  # noqa: PLC0415

            return journal
        case _:
            from headrace.faces.cli import demo  # noqa: PLC0415

            return demo


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status.

    A user's mistake, and a machine that lacks something, are one sentence on stderr and status 1;
    an unknown word or flag is argparse's usage and status 2.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    parser = argparse.ArgumentParser(
        prog="headrace",
        description="Amazon SQS, AWS Lambda and the event source mapping between them, "
        "on your own machines.",
    )
    parser.add_argument("--version", action="version", version=f"headrace {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for word, meaning in COMMANDS.items():
        command = commands.add_parser(word, help=meaning, description=meaning)
        if words[:1] == [word]:
            module = load(word)
            module.add_arguments(command)
            command.set_defaults(run=module.run)
    parsed = parser.parse_args(words)
    try:
        return int(parsed.run(parsed))
    except KeyboardInterrupt:
        return 130
    except (ConfigError, JournalError, SandboxUnavailable) as error:
        print(f"headrace: {error}", file=sys.stderr)
        return 1
