"""The command tree: `headrace up`, `config`, `runtimes`, `journal`, `demo`."""

import argparse
import importlib
import sys
from collections.abc import Sequence

from headrace import __version__
from headrace.ports.journal import JournalError
from headrace.ports.sandbox import SandboxUnavailable
from headrace.shell.config import ConfigError

#: Word, the module that has `add_arguments` and `run`, and what the word does. Modules are imported
#: when they are needed: the demo wants boto3, the server wants everything else.
COMMANDS = (
    ("up", "headrace.faces.cli.up", "Run the server in the foreground."),
    ("config", "headrace.faces.cli.settings", "Print each setting and where it came from."),
    ("runtimes", "headrace.faces.cli.runtimes", "Print what this machine can run functions with."),
    ("journal", "headrace.faces.cli.journal", "Check a data folder, or save what is readable."),
    ("demo", "headrace.faces.cli.demo", "Do the main job on real webhook deliveries."),
)


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
    for word, module, meaning in COMMANDS:
        command = commands.add_parser(word, help=meaning, description=meaning)
        if words[:1] == [word]:
            importlib.import_module(module).add_arguments(command)
            command.set_defaults(run=importlib.import_module(module).run)
    parsed = parser.parse_args(words)
    try:
        return int(parsed.run(parsed))
    except KeyboardInterrupt:
        return 130
    except (ConfigError, JournalError, SandboxUnavailable) as error:
        print(f"headrace: {error}", file=sys.stderr)
        return 1
