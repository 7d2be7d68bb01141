"""Text of strangers on a terminal: it must not move the cursor, nor look like lines of ours."""

import unicodedata

#: Control and format characters, line and paragraph ends, lone surrogates.
_ACTING = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs"})


def harmless(text: str) -> str:
    """Return text on one line, with escapes in the place of characters that a terminal obeys."""
    if text.isprintable():
        return text
    return "".join(
        character.encode("unicode_escape").decode()
        if unicodedata.category(character) in _ACTING
        else character
        for character in text
    )
