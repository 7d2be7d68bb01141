"""A filter pattern made ready once: which messages it lets through.

Source: spec/lambda.md 5.4 and "Filter pattern syntax" in AWS's guide. What is not served is
refused: regular expressions between percent signs.
"""

from collections.abc import Callable

from headrace.core.logs.patterns.documents import document_pattern
from headrace.core.logs.patterns.fields import fields_pattern
from headrace.core.logs.patterns.terms import terms_pattern

#: Tells whether a message passes.
Matcher = Callable[[str], bool]


def compile_pattern(text: str) -> Matcher | None:
    """Return what a pattern lets through; None: everything.

    Raises:
        InvalidParameter: It cannot be read, or is not served.
    """
    text = text.strip()
    if not text:
        return None
    if text.startswith("{") and text.endswith("}"):
        return document_pattern(text[1:-1])
    if text.startswith("[") and text.endswith("]"):
        return fields_pattern(text[1:-1])
    return terms_pattern(text)
