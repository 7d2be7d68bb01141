"""All languages that the sandbox knows."""

from collections.abc import Mapping

from headrace.core.functions.runtimes import language_of
from headrace.sandbox.languages.image import Image
from headrace.sandbox.languages.java import Java
from headrace.sandbox.languages.language import Interpreter, Language
from headrace.sandbox.languages.nodejs import NodeJs
from headrace.sandbox.languages.provided import Provided
from headrace.sandbox.languages.python import Python
from headrace.sandbox.languages.ruby import Ruby

PYTHON = Python()
#: In the order in which their runtimes are shown.
LANGUAGES: tuple[Language, ...] = (PYTHON, NodeJs(), Ruby(), Java(), Provided(), Image())


def language_for(runtime: str) -> Language:
    """Return the language of a runtime that was found.

    Raises:
        LookupError: It is none of ours.
    """
    name = language_of(runtime)
    for language in LANGUAGES:
        if language.name == name:
            return language
    raise LookupError(f"no language serves {runtime}")


def find_interpreters(variables: Mapping[str, str]) -> list[Interpreter]:
    """Return what there is for all languages; within one, newest last."""
    return [found for language in LANGUAGES for found in language.find(variables)]
