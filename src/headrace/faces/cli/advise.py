"""`headrace advise`: advice on a running server, a SAM or CloudFormation template, a plan."""

import argparse
import codecs
import json
import sys
from pathlib import Path
from typing import Any

import msgspec

from headrace.api.advice import cloudformation, terraform
from headrace.api.advice.intrinsics import TooLarge
from headrace.api.advice.telling import document_of, text_of
from headrace.core.advice.advise import advise
from headrace.core.advice.rule import ERROR, WARNING
from headrace.faces.cli import asking

PATH = "/_headrace/advise"
#: Exit status by the worst finding; 0 for notes and nothing. 1 and 2 are mistakes, as everywhere.
STATUS = {ERROR: 20, WARNING: 10}


class NotReadable(Exception):
    """A file is no template or plan; the text says why in one sentence."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the file, and where the server is."""
    parser.add_argument(
        "file",
        metavar="FILE",
        nargs="?",
        help="a SAM or CloudFormation template, or what `terraform show -json PLAN` prints; "
        "without it, the running server is looked at",
    )
    asking.add_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print what the rules find; return the exit status."""
    try:
        if arguments.file:
            document = read(arguments.file)
        else:
            document = asking.Server(arguments).ask(PATH, {})
    except (NotReadable, asking.AskFailed) as error:
        print(f"headrace: {error}", file=sys.stderr)
        return 1
    if arguments.json:
        print(msgspec.json.format(msgspec.json.encode(document)).decode())
    else:
        print(text_of(document), end="")
    return STATUS.get(document["worst"], 0)


def read(name: str) -> dict[str, Any]:
    """Return the advice on a file.

    Raises:
        NotReadable: It is no template or plan.
    """
    try:
        text = _text_of(Path(name).read_bytes())
    except (OSError, UnicodeDecodeError) as error:
        raise NotReadable(f"{name} cannot be read: {error}") from None
    try:
        found = _parsed(name, text)
        if terraform.is_plan(found):
            return document_of(advise(terraform.setup_of(found)))
        if cloudformation.is_template(found):
            return document_of(advise(cloudformation.setup_of(found)))
    except RecursionError:
        raise NotReadable(f"{name} is nested too deeply, or within itself") from None
    except TooLarge:
        raise NotReadable(f"{name} comes to too much, once its references are followed") from None
    raise NotReadable(f"{name} is neither a template with Resources nor a plan as JSON")


def _text_of(data: bytes) -> str:
    """Return a file's text; PowerShell redirects output as UTF-16, or with a mark before UTF-8."""
    is_wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return data.decode("utf-16" if is_wide else "utf-8-sig")


def _parsed(name: str, text: str) -> Any:
    """Return what a file says, as JSON or else as YAML."""
    try:
        return json.loads(text)
    except ValueError as error:
        if name.endswith(".json"):
            raise NotReadable(f"{name} is no JSON: {error}") from None
    try:
        from headrace.faces.cli import yamls  # noqa: PLC0415 - needs an extra
    except ImportError:
        raise NotReadable(
            f"{name} is no JSON, and YAML needs a package: pip install 'headrace[yaml]'"
        ) from None
    try:
        return yamls.load(text)
    except yamls.YAMLError as error:
        raise NotReadable(f"{name} is no YAML: {' '.join(str(error).split())}") from None
