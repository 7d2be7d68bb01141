"""Terms of unstructured messages: `ERROR`, `"two words"`, `-not`, `?either`.

A term is a part of the message, letter by letter; all must be there. Terms with a question mark
count only where there are no others: of them one must be there.
"""

import re

import msgspec

from headrace.core.logs.errors import InvalidParameter

_TERM = re.compile(
    r'\s*(?P<mark>[-?]?)(?:"(?P<phrase>(?:\\.|[^"\\])*)"|(?P<word>[^\s"]+))(?=\s|$)', re.DOTALL
)
_WORD = re.compile(r"\w+")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


class Terms(msgspec.Struct, frozen=True):
    """The terms of a pattern."""

    required: tuple[str, ...]
    excluded: tuple[str, ...]
    either: tuple[str, ...]

    def match(self, message: str) -> bool:
        """Tell whether a message passes."""
        if self.required or self.excluded:
            return all(term in message for term in self.required) and not any(
                term in message for term in self.excluded
            )
        return any(term in message for term in self.either)


def read_terms(text: str) -> Terms:
    """Return the terms of a pattern.

    Raises:
        InvalidParameter: A term has other characters than letters, digits and underscores, and
            no quotes around it; or quotes do not end.
    """
    wanted: dict[str, list[str]] = {"": [], "-": [], "?": []}
    at = 0
    while at < len(text):
        match = _TERM.match(text, at)
        if match is None:
            raise invalid_term(text[at:].strip())
        word = match["word"]
        if word is not None and _WORD.fullmatch(word) is None:
            raise invalid_term(word)
        term = word if word is not None else unescaped(match["phrase"])
        wanted[match["mark"]].append(term)
        at = match.end()
        while at < len(text) and text[at].isspace():
            at += 1
    return Terms(tuple(wanted[""]), tuple(wanted["-"]), tuple(wanted["?"]))


def unescaped(text: str) -> str:
    """Return what stands between quotes without its backslashes."""
    return _ESCAPE.sub(r"\1", text)


def invalid_term(term: str) -> InvalidParameter:
    """Return what is said of a term that cannot be read."""
    if len(term) > 2 and term.startswith("%") and term.endswith("%"):
        return no_expressions()
    return InvalidParameter(f"Invalid character(s) in term '{term}'")


def no_expressions() -> InvalidParameter:
    """Return what is said of a regular expression."""
    return InvalidParameter(
        "This server does not serve regular expressions (between percent signs) in filter patterns."
    )
