"""How often a chain of events has gone through a function: the Lineage of a trace header.

The header `Root=1-...;Parent=...;Sampled=0;Lineage=a87bd80c:0|68fd508a:5` goes to the function
(`_X_AMZN_TRACE_ID`), AWS's SDKs send it along with what the function asks for (X-Amzn-Trace-Id), a
queue keeps it with the message (AWSTraceHeader), and so it comes back with the next event of the
chain. Each entry names a function and how often it had been run in this chain before. Source:
spec/esm.md 5.5, spec/lambda.md A9, 2.1. How AWS makes the names is not known; ours are hashes.
"""

import functools
import hashlib

from headrace.base.instant import Instant
from headrace.core.functions.limits import LINEAGE_ENTRIES_MAX

_LINEAGE = "Lineage"
_FIELDS = ("Root", "Parent", "Sampled")


def turns_of(trace_header: str, function_arn: str) -> int:
    """Return how often a function has been run in the chain that a trace header tells of."""
    name = _name_of(function_arn)
    counts = [count for entry, count in _entries(_fields(trace_header)) if entry == name]
    return max(counts) + 1 if counts else 0


def continued(trace_header: str, function_arn: str, request_id: str, now: Instant) -> str:
    """Return the header that a function gets which is run with an event of this chain.

    Args:
        trace_header: That of the event; empty: a chain begins.
        function_arn: With or without qualifier: versions of a function are the same function.
        request_id: Of the invoke; the header's new ids derive from it.
        now: The instant of the invoke.
    """
    root, parent = _ids(request_id, now)
    name = _name_of(function_arn)
    if not trace_header:
        return f"Root={root};Parent={parent};Sampled=0;{_LINEAGE}={name}:0"
    fields = _fields(trace_header)
    others = [(entry, count) for entry, count in _entries(fields) if entry != name]
    entries = [*others[-(LINEAGE_ENTRIES_MAX - 1) :], (name, turns_of(trace_header, function_arn))]
    lineage = "|".join(f"{entry}:{count}" for entry, count in entries)
    made = {
        "Root": fields.get("Root") or root,
        "Parent": parent,
        "Sampled": fields.get("Sampled", "0"),
        **{key: value for key, value in fields.items() if key not in _FIELDS},
        _LINEAGE: lineage,
    }
    return ";".join(f"{key}={value}" for key, value in made.items())


def begun(request_id: str, now: Instant) -> str:
    """Return the header that a function gets which is run by a call without one.

    Such a call counts for no loop: no lineage begins (spec/lambda.md 1.23).
    """
    root, parent = _ids(request_id, now)
    return f"Root={root};Parent={parent};Sampled=0"


def _ids(request_id: str, now: Instant) -> tuple[str, str]:
    """Return a root and a parent that no other request has."""
    digest = hashlib.blake2b(request_id.encode(), digest_size=20, person=b"trace").hexdigest()
    return f"1-{now // 1_000:08x}-{digest[:24]}", digest[24:]


@functools.lru_cache(maxsize=1_024)
def _name_of(function_arn: str) -> str:
    """Return the eight digits that name a function, whatever the version."""
    arn = ":".join(function_arn.split(":")[:7])
    return hashlib.blake2b(arn.encode(), digest_size=4, person=b"lineage").hexdigest()


def _fields(trace_header: str) -> dict[str, str]:
    """Return the fields of a header; what has no name is left out."""
    pairs = (part.strip().partition("=") for part in trace_header.split(";"))
    return {name: value for name, separator, value in pairs if name and separator}


def _entries(fields: dict[str, str]) -> list[tuple[str, int]]:
    """Return (name, count) of each entry of a lineage; what is none is left out."""
    entries = []
    for text in fields.get(_LINEAGE, "").split("|"):
        name, _, count = text.rpartition(":")
        if name and count.isascii() and count.isdecimal() and len(count) < 10:
            entries.append((name, int(count)))
    return entries
