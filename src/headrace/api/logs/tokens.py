"""Where the next page begins, as texts that mean nothing to their holders."""

import base64
import binascii
import re

from headrace.core.logs.errors import InvalidParameter

#: Digits of an event's id: more than any has.
ID_DIGITS = 56

_EVENTS = re.compile(r"([fb])/(\d{56})/s", re.ASCII)


def event_token(direction: str, id: int) -> str:
    """Return a token of GetLogEvents: "f" goes on behind an event, "b" before it."""
    return f"{direction}/{max(0, id):0{ID_DIGITS}d}/s"


def read_event_token(token: str) -> tuple[str, int]:
    """Return direction and id of a token.

    Raises:
        InvalidParameter: It is none of ours.
    """
    match = _EVENTS.fullmatch(token)
    if match is None:
        raise invalid_token()
    return match[1], int(match[2])


def page_token(kind: str, text: str) -> str:
    """Return a token that holds a text for one kind of list."""
    return base64.urlsafe_b64encode(f"{kind}:{text}".encode()).decode()


def read_page_token(kind: str, token: str) -> str:
    """Return the text of a token.

    Raises:
        InvalidParameter: It is none of ours, or of another list.
    """
    try:
        found, colon, text = base64.urlsafe_b64decode(token).decode().partition(":")
    except (binascii.Error, ValueError):
        raise invalid_token() from None
    if not colon or found != kind:
        raise invalid_token()
    return text


def invalid_token() -> InvalidParameter:
    """Return what is said of a token that cannot be read."""
    return InvalidParameter("The specified nextToken is invalid.")
