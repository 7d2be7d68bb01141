"""What happened to whom and when, told when a promise was broken."""

import time


class Violation(AssertionError):
    """The server broke a promise."""


class History:
    """Lines with their instants, of one message or of the whole server."""

    def __init__(self):
        self.lines = []  #: (instant, line)

    def note(self, line):
        """Remember that something has happened now."""
        self.lines.append((time.monotonic(), line))


def broken(promise, *histories):
    """Return the violation of a promise, with what is known of all that it is about."""
    lines = sorted({line for history in histories for line in history.lines})
    first = lines[0][0] if lines else 0.0
    told = [f"  {at - first:9.4f} s  {line}" for at, line in lines]
    return Violation("\n".join([promise, *told]))
