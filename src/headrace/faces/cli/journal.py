"""`headrace journal verify` and `salvage`: check a store, or save what is readable."""

import argparse
from pathlib import Path

from headrace.shell import inspection
from headrace.shell.entropy import SystemEntropy


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the words and folders of this command."""
    words = command.add_subparsers(dest="word", metavar="WORD", required=True)
    checking = words.add_parser("verify", help="Say what is damaged, per block and machine.")
    checking.add_argument(
        "store",
        help="The data folder, in which no server may work; or the postgresql:// URL of a"
        " database, which is looked at as it is at one instant.",
    )
    saving = words.add_parser("salvage", help="Write all that is readable to a new folder.")
    saving.add_argument("store", help="The damaged data folder or database; it stays as it is.")
    saving.add_argument("new", type=Path, help="The new data folder, missing or empty.")


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked; return the exit status."""
    if arguments.word == "verify":
        return verify(arguments.store)
    return salvage(arguments.store, arguments.new)


def verify(store: str) -> int:
    """Print what is damaged; return 0 if nothing is, else 1.

    Raises:
        JournalError: The folder is in use, the database cannot be reached, or there is no readable
            journal; the text says which.
    """
    return inspection.verify(store, print)


def salvage(store: str, new: Path) -> int:
    """Save what is readable to a new folder and print what is lost; return 0 when it is done.

    Raises:
        JournalError: The old folder is in use, the database cannot be reached, there is no readable
            journal, or the new folder is not empty; the text says which.
    """
    return inspection.salvage(store, new, SystemEntropy(), print)
