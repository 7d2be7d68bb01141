"""A filter pattern made ready once: which messages it lets through.

Source: spec/lambda.md 5.4 and "Filter pattern syntax" in AWS's guide. What is not served is
refused: regular expressions between percent signs.
"""

from collections.abc import Callable

import msgspec

from headrace.core.logs.patterns.documents import document_pattern
from headrace.core.logs.patterns.fields import fields_pattern
from headrace.core.logs.patterns.terms import read_terms


class Pattern(msgspec.Struct, frozen=True):
    """A pattern made ready."""

    matches: Callable[[str], bool]  #: Tells whether a message passes.
    needles: tuple[bytes, ...] = ()  #: What surely is in a message that passes, without line ends.
    conditions: int = 1  #: How many conditions a message is held against, about.


def compile_pattern(text: str) -> Pattern | None:
    """Return what a pattern lets through; None: everything.

    Raises:
        InvalidParameter: It cannot be read, or is not served.
    """
    text = text.strip()
    if not text:
        return None
    if text.startswith("{") and text.endswith("}"):
        return Pattern(document_pattern(text[1:-1]), conditions=_conditions_of(text))
    if text.startswith("[") and text.endswith("]"):
        return Pattern(fields_pattern(text[1:-1]), conditions=_conditions_of(text))
    terms = read_terms(text)
    needles = tuple(term.encode() for term in terms.required if term and "\n" not in term)
    return Pattern(terms.match, needles)


def _conditions_of(text: str) -> int:
    return 1 + text.count("&&") + text.count("||")
