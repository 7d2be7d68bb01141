"""What happened to an asynchronous invoke, and what it waits for, as sentences for people."""

from collections.abc import Callable
from typing import Any

from headrace.api.story.event import Event
from headrace.api.story.sentences import short_name, time_of
from headrace.core.functions.errors import ACCOUNT_IS_BUSY, FUNCTION_IS_BUSY
from headrace.core.functions.eventbody import (
    EVENT_AGE_EXCEEDED,
    RETRIES_EXHAUSTED,
    SUCCESS,
    ZERO_RESERVED_CONCURRENCY,
)
from headrace.core.functions.eventhand import FAULT, IN_HAND, STARTS

_OBSTACLES = {
    ACCOUNT_IS_BUSY: "the concurrency of the account was used up",
    FUNCTION_IS_BUSY: "the reserved concurrency of the function was used up",
    "FunctionInvocationRateLimitExceeded": "the function was invoked as fast as it may be",
    "ReservedFunctionInvocationRateLimitExceeded": "the function was invoked as fast as it may be",
    STARTS: "environments were still starting for others of the function's events",
    IN_HAND: "as many of the function's events were under way as may be",
    FAULT: "the server could not run it",
}

_CONDITIONS = {
    RETRIES_EXHAUSTED: "no retry was left",
    EVENT_AGE_EXCEEDED: "it was too old to be tried again",
    ZERO_RESERVED_CONCURRENCY: "the reserved concurrency of the function is 0",
}

_TIMED_OUT = "Sandbox.Timedout"
_THROTTLED = "TooManyRequestsException"


def sentence_of(event: Event, function_arn: str) -> str:
    """Return what happened; functions and queues go by their names, not their ARNs."""
    return _SENTENCES[event.what](event.details, short_name(function_arn))


def obstacle_of(word: str) -> str:
    """Return what a word of `replies.EventSeen.waits_for` says, in the past."""
    return _OBSTACLES.get(word, word)


def times_of(count: int) -> str:
    """Return how often, as people say it."""
    return "once" if count == 1 else f"{count} times"


def _accepted(known: dict[str, Any], function: str) -> str:
    return f"accepted for {function}"


def _handed(known: dict[str, Any], function: str) -> str:
    again = "" if known["attempt"] == 1 else f" again (attempt {known['attempt']})"
    text = f"handed{again} to {function}"
    if "waited_for" in known:
        text += f"; it had waited because {obstacle_of(known['waited_for'])}"
    return text


def _invoked(known: dict[str, Any], function: str) -> str:
    where = ""
    if "log_stream" in known:
        where = f" (version {known['version']}, log stream {known['log_stream']})"
    if "error_type" not in known:
        return f"the function returned{where}"
    text = f"{known['error_type']}: {known['error_message']}".removesuffix(": ")
    if known["error_type"] == _THROTTLED:
        return f"throttled: {known['error_message']}"
    if "log_stream" not in known:
        return f"the function did not run: {text}"
    if known["error_type"] == _TIMED_OUT:
        return f"the function timed out: {text}{where}"
    return f"the function failed: {text}{where}"


def _failed(known: dict[str, Any], function: str) -> str:
    return f"failed {times_of(known['failures'])}: tried again at {time_of(known['retry_at'])}"


def _concluded(known: dict[str, Any], function: str) -> str:
    condition, attempts = known["condition"], known["attempts"]
    if condition == SUCCESS:
        text = "done"
    elif condition not in _CONDITIONS:
        return "given up: the version or alias that was invoked is gone"
    else:
        ran = f"run {times_of(attempts)}" if attempts else "never run"
        text = f"given up, {ran}: {_CONDITIONS[condition]} ({condition})"
        if "waited_for" in known:
            text += f", and it had waited because {obstacle_of(known['waited_for'])}"
    if known["targets"]:
        text += f"; what came of it goes to {' and '.join(map(short_name, known['targets']))}"
    elif condition != SUCCESS:
        text += "; nothing is sent: there is no destination for it and no dead-letter queue"
    return text


def _content(known: dict[str, Any]) -> tuple[str, str]:
    """Return what is sent, and to what."""
    name = short_name(known["target"])
    if known["dead_letter"]:
        return "the event", f"the dead-letter queue {name}"
    return "the invocation record", f"the destination {name}"


def _sent(known: dict[str, Any], function: str) -> str:
    what, target = _content(known)
    text = f"{what} was sent to {target}"
    if "message_id" in known:
        return f"{text} as message {known['message_id']}"
    return f"{text} as request {known['request_id']}" if "request_id" in known else text


def _not_sent(known: dict[str, Any], function: str) -> str:
    what, target = _content(known)
    then = "it is sent again" if known["again"] else "it is not sent again"
    return f"{what} was not taken by {target}: {known['error_message']}; {then}"


def _settled(known: dict[str, Any], function: str) -> str:
    what, target = _content(known)
    return f"{what} was given to {target}; the answer is not kept"


def _function_deleted(known: dict[str, Any], function: str) -> str:
    return "gone: the function was deleted"


def _restart(known: dict[str, Any], function: str) -> str:
    return f"the server (version {known['version']}) started; what functions had in hand was lost"


_SENTENCES: dict[str, Callable[[dict[str, Any], str], str]] = {
    "accepted": _accepted,
    "handed": _handed,
    "invoked": _invoked,
    "failed": _failed,
    "concluded": _concluded,
    "sent": _sent,
    "not-sent": _not_sent,
    "settled": _settled,
    "function-deleted": _function_deleted,
    "restart": _restart,
}
