"""Text of a function's log on its way: lines, of which some are one event together.

Each line is an event. Where an event has lines itself, they are joined by a byte that no text in
UTF-8 holds; where an event ends without a line's end, that byte stands before the line's end
(spec/lambda.md 3.5, L-A99).
"""

INNER_END = b"\xff"


def plain(lines: bytes) -> bytes:
    """Return lines as they are shown: each on a line of its own, whatever is one event."""
    if INNER_END not in lines:
        return lines
    return lines.replace(INNER_END + b"\n", b"\n").replace(INNER_END, b"\n")
