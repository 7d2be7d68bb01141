r"""JSON with halves of characters, which is legal and refused by the fast reader.

A text that was cut inside an emoji, by a JavaScript handler for example, is written with one half
of a surrogate pair: `"\ud83d"`. Such a half says nothing by itself, so U+FFFD may stand for it.
"""

import re

#: An escape: of a whole pair, of a half (the group), or any other one.
_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)"
)


def without_halves(text: str) -> str | None:
    """Return a JSON text with U+FFFD for each half of a character; None: it has none."""
    found = _ESCAPE.sub(lambda match: "\ufffd" if match[1] else match[0], text)
    return None if found == text else found
