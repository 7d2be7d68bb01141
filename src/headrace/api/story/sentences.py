"""Events as sentences for people."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from headrace.api.story.event import Event
from headrace.base.instant import MS_PER_S, Instant

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_S = 86_400
_LAST_MS = 253_402_300_799_999


class Names(msgspec.Struct):
    """What machines are called."""

    queue: Callable[[int], str]
    mapping: Callable[[int], str]


def time_of(instant: Instant) -> str:
    """Return an instant as people read it: 2026-11-28T16:20:40.123Z; damaged ones end in 9999."""
    at = _EPOCH + timedelta(milliseconds=min(instant, _LAST_MS))
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def length_of(milliseconds: int) -> str:
    """Return a duration as people read it: 90 s, 2 days."""
    seconds, rest = divmod(milliseconds, MS_PER_S)
    if not rest and seconds >= 2 * _DAY_S and seconds % _DAY_S == 0:
        return f"{seconds // _DAY_S} days"
    return f"{seconds} s" if not rest else f"{milliseconds / MS_PER_S:g} s"


def sentence_of(event: Event, names: Names) -> str:
    """Return what happened; queues and functions go by their names, not their ARNs."""
    short = Names(lambda queue: short_name(names.queue(queue)), names.mapping)
    return _SENTENCES[event.what](event, event.details, short)


def short_name(arn: str) -> str:
    """Return the name of a queue, or of a function with its qualifier."""
    return arn.partition(":function:")[2] or arn.rpartition(":")[2]


def _sent(event: Event, known: dict[str, Any], names: Names) -> str:
    text = f"sent to {names.queue(event.queue)}"
    if known.get("sender"):
        text += f" by {known['sender']}"
    if "size" in known:
        text += f", a body of {known['size']} bytes"
    if "group" in known:
        text += f", group {known['group']!r}"
    if "visible_at" in known:
        text += f", delayed until {time_of(known['visible_at'])}"
    return text


def _visible(event: Event, known: dict[str, Any], names: Names) -> str:
    if known["why"] == "delay":
        return "visible: its delay was over"
    return "visible again: nobody had deleted it within its visibility timeout"


def _received(event: Event, known: dict[str, Any], names: Names) -> str:
    by = names.mapping(event.mapping) if event.mapping else "a client"
    text = f"received from {names.queue(event.queue)} by {by}, receive {known['receive']} there"
    if known["visible_at"] <= event.at:
        return f"{text}, and visible again at once"
    return f"{text}, in flight until {time_of(known['visible_at'])}"


def _undone(event: Event, known: dict[str, Any], names: Names) -> str:
    return "given back, and the receive not counted: whoever received it had gone"


def _visibility(event: Event, known: dict[str, Any], names: Names) -> str:
    if known["visible_at"] <= event.at:
        return "given back by a client: its visibility timeout was set to 0"
    return f"its visibility timeout was changed: in flight until {time_of(known['visible_at'])}"


def _deleted(event: Event, known: dict[str, Any], names: Names) -> str:
    why = known.get("why")
    if why == "filter":
        return f"deleted by {names.mapping(event.mapping)}, as what passes no filter is"
    if why == "batch":
        return f"deleted by {names.mapping(event.mapping)}: it was handled"
    return "deleted by a client"


def _departed(event: Event, known: dict[str, Any], names: Names) -> str:
    return f"left {names.queue(event.queue)}, where it had been received {known['receives']} times"


def _arrived(event: Event, known: dict[str, Any], names: Names) -> str:
    if "source" in known:
        source, most = short_name(known["source"]), known.get("max_receive_count")
        text = f"dead-lettered to {names.queue(event.queue)} after {known['receives']} receives"
        if most is not None:
            text += f": the maxReceiveCount of {source} is {most}"
        return text
    text = f"moved to {names.queue(event.queue)} by a message move task"
    if "message_id" in known:
        text += f", as a new message with id {known['message_id']}"
    return text


def _purged(event: Event, known: dict[str, Any], names: Names) -> str:
    return f"gone: {names.queue(event.queue)} was purged"


def _queue_deleted(event: Event, known: dict[str, Any], names: Names) -> str:
    return f"gone: {names.queue(event.queue)} was deleted"


def _expired(event: Event, known: dict[str, Any], names: Names) -> str:
    return (
        f"expired: the retention of {names.queue(event.queue)}, {length_of(known['retention'])}, "
        "was over"
    )


def _filtered(event: Event, known: dict[str, Any], names: Names) -> str:
    return f"filtered out by {names.mapping(event.mapping)}: {known['reason']}"


def _handed(event: Event, known: dict[str, Any], names: Names) -> str:
    others = known["messages"] - 1
    with_others = f" with {others} other{'s' if others > 1 else ''}" if others else ""
    again = "" if known["attempt"] == 1 else f" again (attempt {known['attempt']})"
    return (
        f"handed{again} to {short_name(known['function'])} in batch {known['batch']}{with_others}"
    )


def _invoked(event: Event, known: dict[str, Any], names: Names) -> str:
    where = f"request {known['request_id']}"
    if "log_stream" in known:
        where += f", version {known['version']}, log stream {known['log_stream']}"
    if "error_type" not in known:
        return f"the function returned ({where})"
    text = f"{known['error_type']}: {known['error_message']}".removesuffix(": ")
    if "log_stream" not in known:
        return f"the function did not run: {text} ({where})"
    return f"the function failed: {text} ({where})"


def _ended(event: Event, known: dict[str, Any], names: Names) -> str:
    batch = f"batch {known['batch']}"
    if "retry_at" in known:
        return f"{batch} is tried again at {time_of(known['retry_at'])}"
    if not known["failed"]:
        return f"{batch} is done; this message was handled"
    if known["reported"]:
        return f"{batch} is done, but for what the function reported as failed, this one too"
    return f"{batch} failed: its messages come back when their visibility timeout is over"


def _let_go(event: Event, known: dict[str, Any], names: Names) -> str:
    return f"let go by {names.mapping(event.mapping)}: {known['reason']}"


def _restart(event: Event, known: dict[str, Any], names: Names) -> str:
    return f"the server (version {known['version']}) started; what functions had in hand was lost"


_SENTENCES: dict[str, Callable[[Event, dict[str, Any], Names], str]] = {
    "sent": _sent,
    "visible": _visible,
    "received": _received,
    "undone": _undone,
    "visibility": _visibility,
    "deleted": _deleted,
    "departed": _departed,
    "arrived": _arrived,
    "purged": _purged,
    "queue-deleted": _queue_deleted,
    "expired": _expired,
    "filtered": _filtered,
    "handed": _handed,
    "invoked": _invoked,
    "ended": _ended,
    "let-go": _let_go,
    "restart": _restart,
}
