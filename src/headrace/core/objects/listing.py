"""Pages of keys, with what has the same beginning rolled up."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

#: Greater than every character that a key can hold: behind all that begins the same.
_BEHIND = "\U0010ffff"


class Page(NamedTuple):
    """Part of a list, in ascending order."""

    keys: list[str]
    prefixes: list[str]  #: What was rolled up, each ending in the delimiter.
    last: str  #: The greatest entry, a key or a rolled-up beginning; empty: the page is.
    more: bool


def page_of(
    keys: Sequence[str],
    prefix: str,
    delimiter: str,
    after: str,
    at_most: int,
    *,
    skips_rolled: bool = True,
) -> Page:
    """Return the entries behind `after`; costs a bisection for each of them.

    Args:
        keys: All keys, ascending.
        prefix: What an entry begins with.
        delimiter: Keys that share what stands before it behind `prefix` are one entry; empty:
            none do.
        after: The entry, or any text, behind which to begin.
        at_most: Entries, of either kind, in the page.
        skips_rolled: Whether `after` may be something rolled up, and not only a key.
    """
    found: list[str] = []
    rolled: list[str] = []
    last = ""
    at = bisect_left(keys, prefix)
    if after:
        at = max(at, _behind(keys, after, prefix, delimiter if skips_rolled else ""))
    while at < len(keys) and keys[at].startswith(prefix):
        if len(found) + len(rolled) >= at_most:
            return Page(found, rolled, last, more=at_most > 0)
        key = keys[at]
        end = key.find(delimiter, len(prefix)) if delimiter else -1
        if end < 0:
            last = key
            found.append(key)
            at += 1
        else:
            last = key[: end + len(delimiter)]
            rolled.append(last)
            at = bisect_left(keys, last + _BEHIND, at)
    return Page(found, rolled, last, more=False)


def _behind(keys: Sequence[str], after: str, prefix: str, delimiter: str) -> int:
    """Return where the entries behind `after` begin."""
    is_rolled = delimiter and after.startswith(prefix) and after.endswith(delimiter)
    if is_rolled and after.find(delimiter, len(prefix)) == len(after) - len(delimiter):
        return bisect_left(keys, after + _BEHIND)
    at = bisect_left(keys, after)
    return at + (at < len(keys) and keys[at] == after)
