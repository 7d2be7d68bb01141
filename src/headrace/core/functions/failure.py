"""What went wrong with an invoke, in short: for the history, which tells why."""

from typing import Any

import msgspec

from headrace.base.errors import ServiceError
from headrace.core.functions.errors import TooManyRequests
from headrace.core.functions.limits import TOLD_ERROR_LENGTH_MAX
from headrace.core.functions.replies import Invoked


class _Report(msgspec.Struct, gc=False):
    """The members of a runtime's error document that are told."""

    error_type: Any = msgspec.field(name="errorType", default="")
    error_message: Any = msgspec.field(name="errorMessage", default="")


_read_report = msgspec.json.Decoder(_Report).decode


def failure_of(value: Any) -> tuple[str, str]:
    """Return type and message of what a function failed with, or of why it did not run.

    Args:
        value: The reply or refusal of an invoke; a function that returned has not failed.

    Returns:
        Each at most `TOLD_ERROR_LENGTH_MAX` characters; empty where nothing is known.
    """
    kind = message = ""
    if isinstance(value, Invoked) and value.function_error is not None:
        try:
            report = _read_report(value.payload)
        except (msgspec.MsgspecError, UnicodeError):
            report = _Report("", value.payload[:TOLD_ERROR_LENGTH_MAX].decode(errors="replace"))
        kind, message = str(report.error_type), str(report.error_message)
    elif isinstance(value, TooManyRequests):
        kind, message = value.code, f"{value.message} ({value.members.get('Reason', '')})"
    elif isinstance(value, ServiceError):
        kind, message = value.code, value.message
    return kind[:TOLD_ERROR_LENGTH_MAX], message[:TOLD_ERROR_LENGTH_MAX]
