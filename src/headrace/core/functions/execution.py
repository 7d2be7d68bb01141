"""One invoke in hand: accepted, counted as concurrent, not answered yet."""

from headrace.core.functions import loglines
from headrace.core.functions.commands import EnvironmentStarted, Invoke, InvokeEnded
from headrace.core.functions.limits import LOG_TAIL_BYTES
from headrace.core.functions.outcomes import UNHANDLED, Ending, error_document, reported_type
from headrace.core.functions.outcomes import error_type as error_type_of
from headrace.core.functions.replies import Invoked
from headrace.core.functions.settings import Deployment


class Execution:
    """One invoke in hand, from its acceptance to its answer."""

    __slots__ = (
        "command",
        "init_log",
        "is_ahead",
        "is_unreserved",
        "ticket",
        "used_us",
        "was_lost",
    )

    def __init__(self, command: Invoke, ticket: int) -> None:
        """Begin without an environment."""
        self.command = command
        self.ticket = ticket
        #: What an init phase inside this invoke has taken of its time, and written.
        self.used_us = 0
        #: Whether an environment died before it got the event; a second time is told the caller.
        self.was_lost = False
        self.init_log = b""
        #: Whether it has its place among the environments that are ready ahead of need.
        self.is_ahead = False
        #: Whether it has its place in what no function of the account has reserved.
        self.is_unreserved = False

    def remaining_ms(self, timeout_s: int) -> int:
        """Return how long the handler may take; at least a millisecond."""
        return max(1, timeout_s * 1_000 - self.used_us // 1_000)


def conclude(
    execution: Execution,
    deployment: Deployment,
    init_us: int | None,
    end: InvokeEnded | EnvironmentStarted,
) -> tuple[bytes, Invoked]:
    """Return the last log lines of an invoke and its reply.

    Args:
        init_us: How long the environment's init took, if this invoke is to report it.
        end: How the invoke ended, or the init phase inside it that failed.
    """
    command = execution.command
    settings = deployment.settings
    duration_us = execution.used_us + end.duration_us
    if end.ending is Ending.TIMED_OUT:
        duration_us = settings.timeout_s * 1_000_000
    lines = loglines.report(
        command.request_id,
        duration_us,
        init_us,
        settings.memory_mb,
        settings.memory_mb if end.ending is Ending.OUT_OF_MEMORY else end.memory_peak_mb,
        end.ending,
        error_type_for_log(end),
        restored=deployment.has_template,
    )
    tail = None
    if command.log_tail:
        start = loglines.start(command.request_id, deployment.version)
        own = b"" if isinstance(end, EnvironmentStarted) else end.log
        tail = (execution.init_log + start + own + lines)[-LOG_TAIL_BYTES:]
    payload = end.payload
    if end.ending not in {Ending.ANSWERED, Ending.ERROR}:
        payload = error_document(
            end.ending,
            command.request_id,
            settings.timeout_s,
            end.exit_status,
            end.signal,
            fault_of(end),
        )
    reply = Invoked(
        request_id=command.request_id,
        executed_version=deployment.version,
        payload=payload,
        function_error=None if end.ending is Ending.ANSWERED else UNHANDLED,
        log_tail=tail,
    )
    return lines, reply


def fault_of(end: InvokeEnded | EnvironmentStarted) -> tuple[str, str]:
    """Return error type and sentence of a fault; two empty texts for every other ending."""
    if end.ending is Ending.FAULT:
        return end.error_type, end.payload.decode("utf-8", "replace")
    return "", ""


def error_type_for_log(end: InvokeEnded | EnvironmentStarted) -> str:
    """Return what REPORT or INIT_REPORT names as the error's type; empty for a sound runtime.

    A handler that raised is no fault of the runtime and is not named (spec/lambda.md T6); an init
    phase that failed is.
    """
    if end.ending in {Ending.OK, Ending.ANSWERED}:
        return ""
    if end.ending is Ending.ERROR:
        return reported_type(end.payload) if isinstance(end, EnvironmentStarted) else ""
    return fault_of(end)[0] or error_type_of(end.ending)
