"""What the functions answer."""

import msgspec

from headrace.core.functions.function import FunctionView


class Done(msgspec.Struct, frozen=True, gc=False):
    """It is done; there is nothing to say."""


class FunctionShown(msgspec.Struct, frozen=True):
    """A function as it is, or as a change leaves it."""

    view: FunctionView
    qualifier: str | None = None  #: As the caller gave it: the ARN in the answer ends in it.
    code_link: str = ""  #: Path and query on this server under which the archive can be fetched.


class FunctionsListed(msgspec.Struct, frozen=True):
    """Functions in ascending order of their names; `more` tells whether others follow."""

    views: tuple[FunctionView, ...]
    more: bool


class Invoked(msgspec.Struct, frozen=True, gc=False):
    """A function has run; whether well or badly is `function_error`."""

    request_id: str
    executed_version: str
    payload: bytes  #: What the runtime posted, unchanged, or the error document.
    function_error: str | None = None  #: "Unhandled" for every kind of failure.
    log_tail: bytes | None = None  #: The last 4 KB from START to REPORT, if asked for.
