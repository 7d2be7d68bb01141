"""Read percent-encoded text and query strings, strictly."""

import re
from binascii import a2b_qp

from headrace.wire.errors import MalformedQueryString
from headrace.wire.limits import QUERY_PARAMETERS_MAX

_BAD_ESCAPE = re.compile("%(?![0-9a-fA-F]{2})")


def decode_percent(text: str) -> str:
    """Return percent-encoded text, decoded.

    Raises:
        MalformedQueryString: A "%" without two hex digits, or bytes that are not UTF-8.
    """
    if "%" not in text:
        return text
    try:
        if _BAD_ESCAPE.search(text) is None:
            # Quoted-printable with another sign: the standard library decodes it in C, and percent
            # signs in Python, which takes half a second for a megabyte of Cyrillic.
            quoted = text.encode().replace(b"=", b"=3D").replace(b"%", b"=")
            return a2b_qp(quoted).decode()
    except UnicodeError:
        pass
    raise MalformedQueryString("The query string contains a syntax error.")


def parse_pairs(text: str) -> list[tuple[str, str]]:
    """Return the pairs of a query string or form body, in order; nameless ones are left out.

    Raises:
        MalformedQueryString: It cannot be read, or has more than QUERY_PARAMETERS_MAX pairs.
    """
    if text.count("&") >= QUERY_PARAMETERS_MAX:
        raise MalformedQueryString("The query string has too many parameters.")
    pairs = []
    for pair in text.split("&"):
        name, _, value = pair.partition("=")
        if name:
            name, value = name.replace("+", " "), value.replace("+", " ")
            pairs.append((decode_percent(name), decode_percent(value)))
    return pairs
