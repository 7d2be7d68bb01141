"""Advice as a document for programs, and as text for people."""

from typing import Any

import msgspec

from headrace.base.terminal import harmless
from headrace.core.advice.advise import Advice


def document_of(advice: Advice) -> dict[str, Any]:
    """Return advice as it is answered and printed with --json."""
    document: dict[str, Any] = msgspec.to_builtins(advice)
    return {"worst": advice.worst if advice.findings else "none", **document}


def text_of(document: dict[str, Any]) -> str:
    """Return advice as lines."""
    lines = []
    for one in document["findings"]:
        lines.append(f"{one['rule']} {one['severity']}: {one['subject']}: {one['meaning']}")
        lines.append(f"     fix: {one['fix']}")
    lines += [
        f"{one['rule']} not judged: {one['title']}: needs {one['needs']}"
        for one in document["unjudged"]
    ]
    counts = [
        f"{sum(one['severity'] == severity for one in document['findings'])} {severity}"
        for severity in ("error", "warning", "info")
    ]
    lines.append(f"{document['mappings']} mappings looked at: {', '.join(counts)}")
    return "\n".join(map(harmless, lines)) + "\n"
