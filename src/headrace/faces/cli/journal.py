"""`headrace journal verify` and `salvage`: check a data folder, or save what is readable."""

import argparse
from pathlib import Path

from headrace.shell import inspection
from headrace.shell.entropy import SystemEntropy


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the words and folders of this command."""
    words = command.add_subparsers(dest="word", metavar="WORD", required=True)
    checking = words.add_parser("verify", help="Say what is damaged, per block and machine.")
    checking.add_argument("folder", type=Path, help="The data folder; no server may work in it.")
    saving = words.add_parser("salvage", help="Write all that is readable to a new folder.")
    saving.add_argument("folder", type=Path, help="The damaged data folder; it stays as it is.")
    saving.add_argument("new", type=Path, help="The new data folder, missing or empty.")


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked; return the exit status."""
    if arguments.word == "verify":
        return verify(arguments.folder)
    return salvage(arguments.folder, arguments.new)


def verify(folder: Path) -> int:
    """Print what is damaged; return 0 if nothing is, else 1.

    Raises:
        JournalError: The folder is in use, or holds no readable journal; the text says which.
    """
    return inspection.verify(folder, print)


def salvage(folder: Path, new: Path) -> int:
    """Save what is readable to a new folder and print what is lost; return 0 when it is done.

    Raises:
        JournalError: The old folder is in use or holds no readable journal, or the new folder is
            not empty; the text says which.
    """
    return inspection.salvage(folder, new, SystemEntropy(), print)
